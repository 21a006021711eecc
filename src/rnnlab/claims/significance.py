"""How sure an average difference between nets is: over seeds, or over the items of one test."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rnnlab.training.seeding import generator

Array = NDArray[np.float64]

RESAMPLES = 10_000


class Difference(NamedTuple):
    """An average difference between nets, in fractions, and how sure it is."""

    value: float
    low: float
    high: float
    """The 95% interval."""
    above: Callable[[float], float]
    """One-sided p of the hypothesis that the difference is at most so much."""
    below: Callable[[float], float]
    """One-sided p of the hypothesis that it is at least so much."""
    seeds: int
    items: int | None
    """Test items that were resampled; None where the seeds were tested."""


def over_seeds(differences: Array) -> Difference:
    """Student's t over the seeds' differences."""
    number = len(differences)
    mean = float(differences.mean())
    # Seeds that agree to the last bit still leave rounding as their error.
    error = max(float(differences.std(ddof=1)) / number**0.5, 1e-12)
    reach = float(stats.t.ppf(0.975, number - 1)) * error
    return Difference(
        mean,
        mean - reach,
        mean + reach,
        lambda bound: float(stats.t.sf((mean - bound) / error, number - 1)),
        lambda bound: float(stats.t.cdf((mean - bound) / error, number - 1)),
        number,
        None,
    )


def over_items(differences: Array) -> Difference:
    """The percentile bootstrap over test items, of one seed."""
    values, counts = np.unique(differences, return_counts=True)
    rng = generator("claims", "items", len(differences))
    drawn = rng.multinomial(len(differences), counts / len(differences), size=RESAMPLES)
    draws = drawn @ values / len(differences)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Difference(
        float(differences.mean()), float(low), float(high), *tail_shares(draws), 1, len(differences)
    )


def tail_shares(draws: Array) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """One-sided p values of a bootstrap: at most, at least so much."""
    return (
        lambda bound: (1 + int((draws <= bound).sum())) / (len(draws) + 1),
        lambda bound: (1 + int((draws >= bound).sum())) / (len(draws) + 1),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment of `p_values`, in their order.

    Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable").tolist()):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted
