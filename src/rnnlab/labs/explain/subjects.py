"""What is explained: nets of the sentiment lab, and reviews drawn among those it tests on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rnnlab.errors import LabError
from rnnlab.labs.sentiment import data, train
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.settings import SentimentSettings, Shape, Training
from rnnlab.nets.classifier import Classifier
from rnnlab.runs.files import read_weights
from rnnlab.training.batches import Rows, by_length, pad
from rnnlab.training.machine import Machine
from rnnlab.training.seeding import generator

Ids = NDArray[np.int32]
BATCH = 256
"""Reviews that go through a net at once."""


def untrained(net: str, training: Training, seed: int, features: Path) -> Classifier:
    """The net of the name `net` as a training with `seed` finds it.

    features: the sentiment lab's folder, which has the word vectors.
    """
    shape = Shape.of(net)
    vectors = data.read_vectors(features, shape.dimension)
    return train.classifier(vectors, shape, training, seed)


def trained(
    net: str, lab: SentimentSettings, seed: int, features: Path, models: Path
) -> Classifier:
    """The net of the name `net` with the weights of its run with `seed`, as published.

    features, models: the sentiment lab's folders. Raises LabError if the net is not in the lab's
    grid or has no run.
    """
    found = untrained(net, lab.net(net), seed, features)
    read_weights(models / net / f"seed-{seed}", found)
    return found


def logits(net: torch.nn.Module, reviews: Sequence[Ids], where: Machine) -> NDArray[np.float64]:
    """(reviews,); net: (ids (time, batch), lengths) → logits (batch,)."""
    found = np.zeros(len(reviews))
    lengths = np.array([len(ids) for ids in reviews])
    net.to(where.device).eval()
    with torch.inference_mode(), where.autocast():
        for batch in by_length(lengths, BATCH, None):
            padded = pad([reviews[row] for row in batch])
            given = net(*(each.to(where.device) for each in padded))
            found[batch] = given.double().cpu().numpy()
    return found


def sample(corpus: Features, count: int, shortest: int, longest: int | None, seed: int) -> Rows:
    """At most `count` rows of test reviews, from `shortest` to `longest` tokens long, seeded.

    Raises LabError if there are not even two.
    """
    rows = corpus.rows("test")
    lengths = corpus.lengths(rows)
    fit = rows[(lengths >= shortest) & (lengths <= (longest or lengths.max()))]
    if len(fit) < 2:
        raise LabError(
            f"fewer than two test reviews have {shortest} to {longest or 'more'} tokens; "
            "lower the distance in params.yaml's explain section."
        )
    drawn = generator("explain", "reviews", seed).permutation(len(fit))[:count]
    return np.sort(fit[drawn])
