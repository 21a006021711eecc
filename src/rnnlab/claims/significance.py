"""Tests that several labs share, and their correction for being many."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnlab.settings.base import Entry


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


class Paired(Entry):
    """One score of a net less that of another, seed by seed, and what it proves.

    None where too few seeds say nothing, or where all differences are equal and t has no spread
    to go by. The p-values ask whether the first net is *better*: one-sided.
    """

    differences: dict[int, float]
    """By seed."""
    mean: float
    interval: tuple[float, float] | None = None
    """95% confidence interval of the mean difference, by t."""
    t: float | None = None
    t_p: float | None = None
    wins: int
    """Seeds with which the first net is better."""
    sign_p: float
    """Exact sign test; no n gives less than 0.5ⁿ."""
    wilcoxon_p: float | None = None
    """Exact signed-rank test."""


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> Paired:
    """Compare two nets' scores, given by seed, over the seeds that both have.

    A seed must give both nets the same order of examples.
    """
    seeds = sorted(set(first) & set(second))
    one, two = [first[seed] for seed in seeds], [second[seed] for seed in seeds]
    differences = np.array(one) - np.array(two)
    wins, decided = int((differences > 0).sum()), int((differences != 0).sum())
    found = Paired(
        differences=dict(zip(seeds, differences.tolist(), strict=True)),
        mean=differences.mean(),
        wins=wins,
        sign_p=_sign_p(wins, decided),
    )
    if len(seeds) > 1 and np.ptp(differences) > 0:
        test = _stats().ttest_rel(one, two, alternative="greater")
        found.t, found.t_p = float(test.statistic), float(test.pvalue)
        both = _stats().ttest_rel(one, two).confidence_interval(0.95)
        found.interval = (float(both.low), float(both.high))
    if decided > 1:
        signed_ranks = _stats().wilcoxon(differences, alternative="greater", method="exact")
        found.wilcoxon_p = float(signed_ranks.pvalue)
    return found


def _sign_p(wins: int, decided: int) -> float:
    """One-sided p of so many wins or more, were wins and losses equally likely."""
    if not decided:
        return 1.0
    return float(_stats().binomtest(wins, decided, alternative="greater").pvalue)


def _stats() -> Any:
    """SciPy's tests, which take half a second to import: not for who only reads verdicts."""
    from scipy import stats

    return stats
