"""Intervals that the explain lab's section shows."""

import pytest

from rnnlab.labs.explain.shown.reviews import wilson


@pytest.mark.parametrize(("right", "trials"), [(0, 1), (1, 1), (5, 6), (371, 371)])
def test_an_interval_of_a_share_is_one_however_few_the_trials(right, trials):
    low, high = wilson(right, trials)
    assert 0 <= low <= right / trials <= high <= 1
    assert high - low > 0.009
