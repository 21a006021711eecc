"""Intervals that the explain lab's section shows."""

import math

import pytest

from rnnlab.labs.explain.shown.reviews import wilson


@pytest.mark.parametrize(("right", "trials"), [(0, 1), (1, 1), (5, 6), (371, 371)])
def test_an_interval_of_a_share_is_the_one_of_wilson_s_formula(right, trials):
    share, z = right / trials, 1.959964
    middle = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    expected = [(middle + sign * half) / (1 + z**2 / trials) for sign in (-1, 1)]
    assert wilson(right, trials) == pytest.approx(expected, abs=1e-6)
