"""Reviews that a net is sure of and wrong about, and how far its probabilities can be trusted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rnnlab.labs.sentiment import gather, mistakes
from rnnlab.labs.sentiment.facts import Mistake
from rnnlab.labs.sentiment.figures import LINE, _lines
from rnnlab.labs.sentiment.predict import Critic
from rnnlab.runs.predictions import Predictions
from rnnlab.text.vocabulary import PADDING, UNKNOWN, Vocabulary

WORDS = {"good": 2.0, "bad": -3.0, "film": 0.0}


class Sum(torch.nn.Module):
    """A net whose logit is the sum of its words' numbers; the unknown word's is 0."""

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return torch.tensor([0.0, 0.0, *WORDS.values()])[ids].sum(0)


@pytest.fixture
def critic() -> Critic:
    return Critic(Sum(), Vocabulary([PADDING, UNKNOWN, *WORDS]), None)


def test_a_word_weighs_what_the_logit_loses_without_it(critic):
    ids = np.array(critic.ids("good film , bad good"), dtype=np.int32)
    found = Mistake(label=0, **mistakes.explained(critic, ids))
    assert found.words == ["good", "film", UNKNOWN, "bad", "good"]
    assert found.weights == [2, 0, 0, -3, 2]
    assert found.probability == pytest.approx(1 / (1 + np.exp(-1)))
    assert (found.start, found.tokens) == (0, 5)


@pytest.mark.parametrize(
    ("sizes", "most", "place"),
    [
        ([1, 5, 1, 1], 2, (0, 2)),
        ([1, 1, 5, 2], 2, (2, 4)),
        ([1, 2], 5, (0, 2)),
        ([1, 1], 1, (0, 1)),
    ],
)
def test_the_excerpt_is_where_words_weigh_most(sizes, most, place):
    assert mistakes.heaviest(np.array(sizes, dtype=float), most) == place


def test_the_surest_mistakes_of_each_class_come_first():
    label, said = np.array([0, 0, 0, 1, 1, 1]), np.array([0.6, 0.99, 0.2, 0.4, 0.9, 0.01])
    found = Predictions(np.array(list("abcdef")), label, (said > 0.5).astype(int), said)
    assert mistakes.most_sure(found) == [1, 0, 5, 3]


def test_lines_of_an_excerpt_are_not_too_long():
    words = ["w" * length for length in (30, 40, 10, 3, LINE, 5)]
    places = _lines(words)
    assert [line for _, line in places] == [0, 0, 1, 1, 2, 3]
    assert all(column + len(word) <= LINE for word, (column, _) in zip(words, places, strict=True))


def test_a_bin_says_how_often_it_is_right(monkeypatch):
    label = np.array([1] * 15 + [0] * 5 + [0] * 9)
    said = np.array([0.91] * 10 + [0.95] * 10 + [0.15] * 9)
    found = Predictions(np.arange(29).astype(str), label, (said > 0.5).astype(int), said)
    monkeypatch.setattr(gather, "read_predictions", lambda folder: found)
    (only,) = gather.calibration({1: SimpleNamespace(folder="a"), 2: SimpleNamespace(folder="b")})
    assert (only.said, only.positive, only.reviews) == (pytest.approx(0.93), 0.75, 20)
    assert only.error == pytest.approx(np.sqrt(0.75 * 0.25 / 20))
