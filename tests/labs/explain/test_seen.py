"""Views of reviews, on nets that are known to remember so much and no more."""

import numpy as np
import torch
from torch import nn

from rnnlab.labs.explain import seen
from rnnlab.labs.explain.settings import SeenSettings
from rnnlab.labs.explain.subjects import logits
from rnnlab.settings.training import MachineSettings
from rnnlab.training.machine import prepare

SETTINGS = SeenSettings(reviews=200, tokens=[5, 10, 20], seed=1)
WHERE = prepare(MachineSettings(device="cpu", precision="fp32", threads=1))
GOOD, BAD = 2, 3


class Remembers(nn.Module):
    """Says of the last `span` tokens whether more of them are good than bad."""

    def __init__(self, span):
        super().__init__()
        self.span = span

    def forward(self, ids, lengths):
        back = lengths - torch.arange(len(ids)).unsqueeze(1)
        votes = (ids == GOOD).float() - (ids == BAD).float()
        return (votes * ((back >= 1) & (back <= self.span))).sum(0) - 0.5


def lost(span, reviews, labels):
    shown = seen.views(reviews, SETTINGS)
    right = {
        view: (logits(Remembers(span), each, WHERE) > 0)[None] == labels
        for view, each in shown.items()
    }
    return {view: each["lost"] for view, each in seen.summary(right).items()}


def test_a_net_gains_from_no_more_than_it_remembers():
    rng = np.random.default_rng(1)
    reviews = [rng.integers(GOOD, BAD + 1, size=41).astype(np.int32) for _ in range(200)]
    labels = np.array([(ids == GOOD).sum() > (ids == BAD).sum() for ids in reviews])
    short, long = lost(10, reviews, labels), lost(1000, reviews, labels)
    assert short["10"] == short["20"] == 0 < short["5"]
    assert long["5"] > long["10"] > long["20"] > 0.1
    assert long["shuffled"] == 0


def test_shuffling_keeps_every_word():
    reviews = [np.arange(30, dtype=np.int32), np.arange(50, dtype=np.int32)]
    shown = seen.views(reviews, SETTINGS)
    assert [ids.tolist() for ids in shown["5"]] == [[25, 26, 27, 28, 29], [45, 46, 47, 48, 49]]
    for whole, shuffled in zip(shown["whole"], shown["shuffled"], strict=True):
        assert whole.tolist() == sorted(shuffled)
        assert whole.tolist() != shuffled.tolist()


def test_the_error_is_of_reviews_and_seeds():
    whole = np.ones((2, 4), dtype=bool)
    other = np.array([[1, 1, 0, 0], [1, 1, 1, 1]], dtype=bool)
    found = seen.summary({"5": other, "whole": whole})
    assert found["5"]["accuracy"] == [0.5, 1.0]
    assert found["5"]["lost"] == 0.25
    # reviews: 0, 0, ½, ½; seeds: ½, 0
    np.testing.assert_allclose(found["5"]["error"], np.sqrt((1 / 12) / 4 + (1 / 8) / 2), atol=1e-5)
    assert found["whole"]["error"] == 0
