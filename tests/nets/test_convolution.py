"""The convolutional net sees every window of a sequence, and nothing of what is padded."""

import torch

from rnnlab.nets.convolution import Convolution
from rnnlab.training.batches import pad


def net(dimension: int = 4) -> Convolution:
    torch.manual_seed(1)
    return Convolution(torch.randn(20, dimension), widths=(1, 3), filters=5)


def test_it_is_kims_formula():
    made, ids = net(), [3, 7, 2, 9, 11]
    words = torch.cat([made.embedding.weight[ids], torch.zeros(2, 4)])
    features = []
    for layer in made.filters:
        (width,) = layer.kernel_size
        # A feature: max over windows of ReLU(w · window + b).
        windows = torch.stack([words[start : start + width] for start in range(len(ids))])
        scores = torch.einsum("twd,fdw->tf", windows, layer.weight) + layer.bias
        features.append(scores.relu().amax(0))
    expected = made.linear(torch.cat(features))
    torch.testing.assert_close(made(*pad([torch.tensor(ids).numpy()])), expected)


def test_padding_and_the_other_reviews_of_a_batch_do_not_count():
    made = net()
    reviews = [torch.randint(1, 20, (size,)).numpy() for size in (1, 2, 5, 9)]
    alone = torch.cat([made(*pad([each])) for each in reviews])
    torch.testing.assert_close(made(*pad(reviews)), alone)
