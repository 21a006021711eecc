"""How often the judge is wrong, on labs whose truth is known.

`python -m rnnlab.claims.simulation docs/claims.md` writes it there (fifteen minutes).

A simulated sentiment lab has the published nets, with five seeds each where the judge may be wrong,
and with three, as they are trained, where it may be right. A run answers a review right
if a latent number is below the run's threshold. The number adds up what all nets, what this net
and what this run alone make of the review; thresholds differ from seed to seed.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab import docparts
from rnnlab.claims import claims
from rnnlab.claims.claims import Differences, Sweeps
from rnnlab.claims.judge import LOOKS, Case, best_of, by_look, compared, decide
from rnnlab.claims.ledger import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED, Part, PartVerdict
from rnnlab.training.seeding import generator

Array = NDArray[np.float64]

LABS, POWER_LABS, CHECKED = 2000, 200, 2
"""Labs of a world where the judge may be wrong, where it may be right, and that a test repeats."""
REVIEWS = 25_000
FEWER = 2_500
"""Reviews where differences are 0 or of the margin. Spreads are then √10 times as large, so that
both sources of error keep their proportion, and a lab takes a fifth of the time. Not of spreads ten
times as wide: so scattered, accuracies would be skewed."""
DEVIATION = {"rnn": 0.0045, "lstm": 0.0035}
"""Of accuracy from seed to seed: of rnn-1-1-100d and lstm-1-1-100d in the first full run."""
OF_NET, OF_RUN = 0.25, 0.12
"""Shares of the latent number's variance: two seeds disagree on about a tenth of the reviews."""
ACCURACY = 0.82
JUDGED = ("K1", "K2", "K3", "K4")
STEPS: Array = np.arange(-3.0, 4.0)
RATES = tuple((2**STEPS).tolist())
"""Of a simulated sweep; the named one is 1."""
RATE_DEVIATION = 0.007
"""Of a sweep's accuracy from seed to seed."""
FEW = ("lstm/learning_rate",)
"""Sweeps that are trained with three seeds, the others with five."""

Judged = Mapping[str, Sequence[Part]]
"""Of one lab: claim → its parts, in claims.yaml's order."""


class World(NamedTuple):
    """What is true of the nets, and what the judge must not say of it."""

    told: str
    clear: float
    """LSTM − RNN."""
    small: float
    """Each difference of K2 to K4, in the claimed direction."""
    spread: Literal["even", "uneven", "deep", "one"] = "even"
    """*uneven*: every third net has three times the spread, which pooling does not allow for;
    *deep*: RNNs of five layers have ten times that of the others; *one*: a single net has."""
    wrong: PartVerdict | None = None
    """None: all that is claimed is true, and rightly reproduced."""

    @property
    def seeds(self) -> int:
        return max(LOOKS) if self.wrong else min(LOOKS)


WORLDS = (
    World("no difference anywhere", 0, 0, wrong=REPRODUCED),
    World("no difference, spreads uneven", 0, 0, "uneven", REPRODUCED),
    World("no difference, deep RNNs spread wide", 0, 0, "deep", REPRODUCED),
    World("no difference, one RNN spreads wide", 0, 0, "one", REPRODUCED),
    World("differences of just the margins", 0.005, 0.0025, wrong=NOT_REPRODUCED),
    World("the same, spreads uneven", 0.005, 0.0025, "uneven", NOT_REPRODUCED),
    World("the same, deep RNNs spread wide", 0.005, 0.0025, "deep", NOT_REPRODUCED),
    World("the same, one RNN spreads wide", 0.005, 0.0025, "one", NOT_REPRODUCED),
    *(World(f"differences of {100 * size:g} points", size, size) for size in (0.005, 0.01, 0.02)),
)


class Curve(NamedTuple):
    """What is true of a sweep: accuracy by rate, less that of the best one."""

    told: str
    accuracy: Array
    counted: PartVerdict
    wrong: bool
    """Whether what is counted is a false verdict."""


CURVES = (
    Curve("all rates alike", 0 * STEPS, NOT_REPRODUCED, True),
    Curve(
        "one four times as high is as good, all others far worse",
        np.where(np.isin(RATES, (1, 4)), 0, -0.05),
        REPRODUCED,
        True,
    ),
    Curve("the named one is best, by 1 point a factor 2", -0.01 * abs(STEPS), REPRODUCED, False),
    Curve("the named one is best, by 2 points", -0.02 * abs(STEPS), REPRODUCED, False),
    Curve(
        "twice the named one is best, by 1 point a factor 2",
        -0.01 * abs(STEPS - 1),
        NOT_REPRODUCED,
        False,
    ),
    Curve(
        "twice the named one is best, by 2 points", -0.02 * abs(STEPS - 1), NOT_REPRODUCED, False
    ),
)


def rules() -> dict[str, Differences]:
    """Those of the claims that are simulated."""
    found = {name: claims.load().rules[name] for name in JUDGED}
    return {name: rule for name, rule in found.items() if isinstance(rule, Differences)}


def accuracies(world: World) -> dict[str, float]:
    """Each net's true accuracy, so that all contrasts have the world's differences (those of K1
    between nets on 300-d vectors more)."""
    parts = [part for rule in rules().values() for part in rule.parts]
    found = {}
    for net in dict.fromkeys(net for part in parts for net in part.weights):
        cell, layers, ways, dimension = net.split("-")
        value = ACCURACY + world.clear * (cell == "lstm")
        if ways == "2":
            value += world.small if layers == "1" else -world.small
        if layers == "5":
            value -= world.small
        if dimension == "300d":
            value += world.small if cell == "lstm" else -world.small
        found[net] = value
    return found


def lab(world: World, number: int) -> Judged:
    """One simulated lab, judged; the same `number` gives the same."""
    from scipy.special import ndtri
    from scipy.stats import norm

    rng = generator("claims", "simulation", world.told, number)
    reviews = FEWER if world.wrong and world.spread in ("even", "uneven") else REVIEWS
    scale = (REVIEWS / reviews) ** 0.5

    def draws(*shape: int, variance: float) -> NDArray[np.float32]:
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(variance**0.5)

    difficulty = draws(reviews, variance=1 - OF_NET - OF_RUN)
    scores: dict[str, Array] = {}
    right: dict[str, NDArray[np.bool_]] = {}
    for place, (net, accuracy) in enumerate(accuracies(world).items()):
        deviation = scale * _wider(world, net, place) * DEVIATION[net.partition("-")[0]]
        # On the latent scale, and so that the mean over seeds is `accuracy`, however wide they are.
        usual = float(ndtri(accuracy))
        spread = deviation / float(norm.pdf(usual))
        reached = usual * (1 + spread**2) ** 0.5 + spread * rng.standard_normal(world.seeds)
        latent = (
            difficulty
            + draws(reviews, variance=OF_NET)
            + draws(world.seeds, reviews, variance=OF_RUN)
        )
        right[net] = latent < reached[:, None]
        scores[net] = right[net].mean(1)
    found = {}
    for name, rule in rules().items():
        cases = [
            compared(part, rule.margin, scores, by_look(part.weights, right)) for part in rule.parts
        ]
        found[name] = decide(cases)
    return found


def _wider(world: World, net: str, place: int) -> int:
    """How many times the usual spread `net` has, the one at this `place`."""
    if world.spread == "uneven" and place % 3 == 0:
        return 3
    wide = {"deep": "rnn-5", "one": "rnn-1-1-100d"}.get(world.spread)
    return 10 if wide and net.startswith(wide) else 1


def swept(curve: Curve, number: int) -> list[Part]:
    """K6's parts, judged, were each sweep's accuracies those of `curve`.

    The sweeps have the seeds that they are trained with. A part has its sweep's name.
    """
    rule = claims.load().rules["K6"]
    assert isinstance(rule, Sweeps)  # noqa: S101
    rng = generator("claims", "simulation", curve.told, curve.counted, number)
    cases = []
    for sweep in (each for each in rule.named for _ in range(2)):
        seeds = min(LOOKS) if sweep in FEW else max(LOOKS)
        drawn = curve.accuracy[:, None] + RATE_DEVIATION * rng.standard_normal((len(RATES), seeds))
        looks = {
            look: best_of(
                rule.near, 1.0, dict(zip(RATES, drawn[:, :look], strict=True)), "accuracy"
            )
            for look in LOOKS
            if look <= seeds
        }
        cases.append(Case(Part(name=sweep, verdict=INCONCLUSIVE, unit="accuracy"), looks))
    return decide(cases)


Share = Callable[[Iterable[Sequence[Part]], PartVerdict], float]
"""Of labs (the parts of one claim): how often a verdict comes up in them."""


def in_some_part(labs: Iterable[Sequence[Part]], verdict: PartVerdict) -> float:
    """The share of `labs` in which at least one part has the `verdict`."""
    return float(np.mean([any(part.verdict == verdict for part in parts) for parts in labs]))


def of_all_parts(labs: Iterable[Sequence[Part]], verdict: PartVerdict) -> float:
    """The share of all labs' parts that have the `verdict`."""
    return float(np.mean([part.verdict == verdict for parts in labs for part in parts]))


def in_every_part(labs: Iterable[Sequence[Part]], verdict: PartVerdict) -> float:
    """The share of `labs` in which all parts have the `verdict`."""
    return float(np.mean([all(part.verdict == verdict for part in parts) for parts in labs]))


def digest() -> str:
    """Of the tests of the first labs of each world: another judge, other p."""
    labs = [lab(world, number) for world in WORLDS for number in range(CHECKED)]
    found = [parts for judged in labs for parts in judged.values()]
    found += [swept(curve, number) for curve in CURVES for number in range(CHECKED)]
    # Rounded, since processors differ in the last digits.
    tests = [[_rounded(part.p_holds), _rounded(part.p_fails)] for parts in found for part in parts]
    return sha256(repr(tests).encode()).hexdigest()[:12]


def _rounded(p: float | None) -> str:
    return "" if p is None else f"{p:.4f}"


def table() -> str:
    """All rates, as Markdown."""
    rows = ["| what is true | counted | K1 | K2 | K3 | K4 |", "|---|---|---|---|---|---|"]
    for world in WORLDS:
        labs = [lab(world, number) for number in range(LABS if world.wrong else POWER_LABS)]
        counted: dict[str, Share] = {"parts": of_all_parts, "whole claim": in_every_part}
        if world.wrong:
            counted = {"labs with a false": in_some_part}
        for told, how in counted.items():
            verdict = world.wrong or REPRODUCED
            rates = [how([judged[name] for judged in labs], verdict) for name in JUDGED]
            rows.append(_row(world.told, f"{told} *{verdict}*", *(f"{rate:.1%}" for rate in rates)))
    return "\n".join([*rows, "", *_of_sweeps(), "", f"Tests of the first labs: `{digest()}`.", ""])


def _of_sweeps() -> Iterator[str]:
    of_seeds = f"parts of {max(LOOKS)} seeds", str(min(LOOKS))
    yield _row("what is true of every rate of K6", "counted", *of_seeds, "some part", "all")
    yield "|---|---|---|---|---|---|"
    for curve in CURVES:
        labs = [swept(curve, number) for number in range(LABS if curve.wrong else POWER_LABS)]
        few = [[part for part in parts if part.name in FEW] for parts in labs]
        more = [[part for part in parts if part.name not in FEW] for parts in labs]
        rates = [of_all_parts(among, curve.counted) for among in (more, few)]
        rates += [how(labs, curve.counted) for how in (in_some_part, in_every_part)]
        told = f"a false *{curve.counted}*" if curve.wrong else f"*{curve.counted}*"
        yield _row(curve.told, told, *(f"{rate:.1%}" for rate in rates))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(path: Path) -> None:
    """Write the rates into the part `simulated` of the page at `path`."""
    docparts.put(path, "simulated", table())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
