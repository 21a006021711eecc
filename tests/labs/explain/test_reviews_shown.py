"""What is told of the lead by the length of reviews."""

import pytest

from rnnlab.labs.explain.answer import LSTM, RNN
from rnnlab.labs.explain.shown.reviews import leads
from rnnlab.labs.sentiment.facts import LengthBand


def bands(*accuracies):
    return [
        LengthBand(start=start, end=start + 1, reviews=9, accuracy=each, error=0.01)
        for start, each in enumerate(accuracies)
    ]


def test_the_lead_on_the_shortest_reviews_stands_beside_the_others():
    found = leads({RNN: bands(0.7, 0.7, 0.7), LSTM: bands(0.75, 0.8, 0.72)})
    assert found == {"shortest": "+5.0", "low": "+2.0", "high": "+10.0"}


@pytest.mark.parametrize("nets", [{}, {RNN: bands(0.7, 0.7), LSTM: bands(0.75, 0.8)}])
def test_without_both_nets_or_a_range_nothing_is_told(nets):
    assert leads(nets) is None
