"""How sure a weighted sum of nets' mean scores is, when seeds and test items are both samples.

A score is that of one net, trained with one seed, on one set of items. Nets are fixed, seeds are
drawn anew for each net, and all runs answer the same items. So a contrast of net means has two
sources of error, which are crossed: its variance is what the seeds give, plus what the items give,
less what both contain, each run's own errors on each item. This is the variance of a mean in a
two-way layout (Cornfield and Tukey, "Average values of mean squares in factorials", 1956), with the
degrees of freedom of Satterthwaite, "An approximate distribution of estimates of variance
components", 1946.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.claims.ledger import Answers

Array = NDArray[np.float64]


class Estimate(NamedTuple):
    """A number with a standard error, and the degrees of freedom of the error."""

    value: float
    error: float
    freedom: float
    seed_deviation: float
    """Standard deviation of the value from one seed of every net to another."""
    item_error: float = 0.0
    """Standard error that the choice of items adds: no number of seeds takes it away."""

    def above(self, bound: float) -> float:
        """One-sided p of the hypothesis that the truth is at most `bound`."""
        return self._tail(bound - self.value)

    def below(self, bound: float) -> float:
        """One-sided p of the hypothesis that the truth is at least `bound`."""
        return self._tail(self.value - bound)

    def interval(self) -> tuple[float, float]:
        """The 95% confidence interval."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.freedom, 0.975)) * self.error
        return self.value - reach, self.value + reach

    def _tail(self, distance: float) -> float:
        from scipy.special import stdtr

        return float(stdtr(self.freedom, distance / self.error))


class SeedVariance(NamedTuple):
    """How scores of one net vary from seed to seed."""

    variance: float
    freedom: int
    source: str
    """What it is estimated from: a kind of net, or the net alone. Estimates of one source are one.
    """


def pooled(scores: Mapping[str, Array]) -> dict[str, SeedVariance]:
    """Net → its spread over seeds, as far as the nets of its cell and depth tell.

    It is the residual variance of an analysis of variance over these nets (cells and depths are
    known to differ in spread), or the net's own, if that is larger, and then with the net's own
    degrees of freedom: where spreads are uneven after all, pooling alone finds differences that are
    not there.

    scores: by net, of one or more seeds. Nets are left out if none of their kind has two seeds.
    """
    squares: dict[str, float] = {}
    freedom: dict[str, int] = {}
    own: dict[str, SeedVariance] = {}
    for net, each in scores.items():
        kind, more = kind_of(net), len(each) - 1
        around = float(((each - each.mean()) ** 2).sum())
        squares[kind] = squares.get(kind, 0.0) + around
        freedom[kind] = freedom.get(kind, 0) + more
        own[net] = SeedVariance(around / max(more, 1), more, net)
    shared = {
        kind: SeedVariance(squares[kind] / number, number, kind)
        for kind, number in freedom.items()
        if number
    }
    kinds = {net: kind_of(net) for net in scores}
    # The shared one comes first, so that it is taken where both are equal.
    return {
        net: max(shared[kind], own[net], key=lambda each: each.variance)
        for net, kind in kinds.items()
        if kind in shared
    }


def kind_of(net: str) -> str:
    """The cell, and the number of layers where the name has one: `rnn-5` of `rnn-5-2-100d`."""
    cell, *more = net.split("-")
    return "-".join([cell, *(each for each in more[:1] if each.isdigit())])


def answered(weights: Mapping[str, float], right: Mapping[str, NDArray[np.bool_]]) -> Answers:
    """What the items add to the error of the sum of `weights` times the nets' mean scores.

    right: (seeds, items) of each net, whether an item was answered right, the items in one order;
    at least two seeds.
    """
    shares = {net: right[net].mean(0) for net in weights}
    seeds = len(next(iter(right.values())))
    by_item = np.sum([weight * shares[net] for net, weight in weights.items()], axis=0)
    items = len(by_item)
    # What a run's answer to an item varies by from seed to seed: p (1 - p), unbiased.
    own = [weight**2 * (shares[net] * (1 - shares[net])).mean() for net, weight in weights.items()]
    return Answers(
        items=items,
        variance=float(by_item.var(ddof=1)) / items,
        shared=float(sum(own)) / ((seeds - 1) * items),
    )


def contrast(
    weights: Mapping[str, float],
    scores: Mapping[str, Array],
    spreads: Mapping[str, SeedVariance],
    answers: Answers,
) -> Estimate:
    """The sum of `weights` times the nets' mean `scores`.

    scores: (seeds,) of each net, equally many; spreads: as `pooled` gives them; answers: as
    `answered` gives them, of the same seeds.
    """
    seeds = len(next(iter(scores.values())))
    by_source: dict[str, float] = {}
    for net, weight in weights.items():
        spread = spreads[net]
        variance = weight**2 * spread.variance / seeds
        by_source[spread.source] = by_source.get(spread.source, 0.0) + variance
    freedom = {spreads[net].source: spreads[net].freedom for net in weights}
    from_seeds, from_items = sum(by_source.values()), answers.variance
    # Never less than either source alone; never 0, so that runs equal to the bit have a p value.
    whole = max(from_seeds + from_items - answers.shared, from_seeds, from_items, 1e-24)
    parts = [each**2 / freedom[source] for source, each in by_source.items()]
    parts.append(from_items**2 / (answers.items - 1))
    return Estimate(
        value=float(sum(weight * scores[net].mean() for net, weight in weights.items())),
        error=float(whole**0.5),
        freedom=whole**2 / max(sum(parts), 1e-60),
        seed_deviation=float((from_seeds * seeds) ** 0.5),
        item_error=float((whole - from_seeds) ** 0.5) if whole > from_seeds else 0.0,
    )


def mean(values: Array, rounding: float = 0.0) -> Estimate:
    """The mean of several seeds' `values`, by Student's t.

    rounding: the variance of a value's rounding error, which values that are equal do not show.
    """
    deviation = max(float(values.var(ddof=1) + rounding) ** 0.5, 1e-12)
    number = len(values)
    return Estimate(float(values.mean()), deviation / number**0.5, number - 1, deviation)


def welch(first: Array, second: Array) -> Estimate:
    """The mean of `first` less that of `second`, each over equally many seeds, by Welch's t.

    Spreads are not taken to be equal: near the rate where training breaks, they are not. Where both
    have the same seeds, that only makes the error smaller than it is taken to be.
    """
    return difference(mean(first), mean(second))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """The first less the second, taken to be independent and of equally many seeds."""
    parts = [each.error**2 for each in (first, second)]
    whole = max(sum(parts), 1e-24)
    pairs = zip(parts, (first.freedom, second.freedom), strict=True)
    freedom = whole**2 / max(sum(part**2 / own for part, own in pairs), 1e-60)
    deviation = (first.seed_deviation**2 + second.seed_deviation**2) ** 0.5
    return Estimate(first.value - second.value, whole**0.5, freedom, deviation)
