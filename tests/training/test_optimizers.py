"""The optimizers are PyTorch's: the same bits as its classes give, whichever weights move."""

import pytest
import torch

from rnnlab.training.optimizers import SGD, Adam, RMSprop

SHAPES = (5, 3), (7,), (2, 4, 3)


def weights() -> list[torch.Tensor]:
    torch.manual_seed(1)
    return [torch.randn(shape) for shape in SHAPES]


def theirs(name, own):
    if name == "sgd":
        return torch.optim.SGD(own, 0.1)
    if name == "adam":
        return torch.optim.Adam(own, 0.1, fused=True)
    if name == "rmsprop":
        return torch.optim.RMSprop(own, 0.1)
    groups = [{"params": own[::2], "weight_decay": 0.3}, {"params": own[1:2], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, 0.1, fused=True)


def ours(name, own):
    if name == "sgd":
        return SGD(own, 0.1)
    if name == "rmsprop":
        return RMSprop(own, 0.1)
    return Adam(own, 0.1) if name == "adam" else Adam(own, 0.1, 0.3, spared=own[1:2])


def move(optimizer, own, steps):
    """Steps on gradients that are the same for both; the last weight has none in some."""
    for step in steps:
        noise = torch.Generator().manual_seed(step)
        for place, weight in enumerate(own):
            grad = torch.randn(weight.shape, generator=noise)
            weight.grad = None if step % 3 == 1 and place == 2 else grad
        optimizer.step()


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_it_moves_weights_as_pytorchs_does_to_the_bit(name):
    one, other = weights(), weights()
    move(ours(name, one), one, range(8))
    move(theirs(name, other), other, range(8))
    assert all(map(torch.equal, one, other))


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_restored_moments_go_on_to_the_same_bits(name):
    whole, parts = weights(), weights()
    move(ours(name, whole), whole, range(6))
    first = ours(name, parts)
    move(first, parts, range(4))
    kept = {key: value.clone() for key, value in first.moments().items()}
    second = ours(name, parts)
    second.restore(kept)
    move(second, parts, range(4, 6))
    assert all(map(torch.equal, whole, parts))


def test_a_share_of_the_rate_makes_a_step_so_much_smaller():
    (start, *_), whole, half = weights(), weights()[:1], weights()[:1]
    for own, share in ((whole, 1.0), (half, 0.5)):
        optimizer = SGD(own, 0.1)
        optimizer.share = share
        move(optimizer, own, [0])
    torch.testing.assert_close(start - half[0], (start - whole[0]) / 2)
