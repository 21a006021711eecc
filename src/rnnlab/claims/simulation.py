"""How often the judge is wrong, on labs whose truth is known.

`python -m rnnlab.claims.simulation docs/claims.md` writes it there (ten minutes).

A simulated sentiment lab has the published nets, with five seeds each where the judge may be wrong,
and with three, as they are trained, where it may be right. A run answers a review right
if a latent number is below the run's threshold. The number adds up what all nets, what this net
and what this run alone make of the review; thresholds differ from seed to seed.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
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

LABS, POWER_LABS, CHECKED = 1000, 50, 2
"""Labs of a world where the judge may be wrong, where it may be right, and that a test repeats."""
REVIEWS = 25_000
FEWER = 2_500
"""Reviews where differences are 0 or of the margin. Spreads are then √10 times as large, so that
both sources of error keep their proportion, and a lab takes a fifth of the time."""
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

Verdicts = Mapping[str, Sequence[PartVerdict]]
"""Of one lab: claim → verdicts on its parts, in claims.yaml's order."""


class World(NamedTuple):
    """What is true of the nets, and what the judge must not say of it."""

    told: str
    clear: float
    """LSTM − RNN."""
    small: float
    """Each difference of K2 to K4, in the claimed direction."""
    spread: Literal["even", "uneven", "deep"] = "even"
    """*uneven*: every third net has three times the spread, which pooling does not allow for;
    *deep*: RNNs of five layers have ten times that of the others."""
    wrong: PartVerdict | None = None
    """None: all that is claimed is true, and rightly reproduced."""

    @property
    def seeds(self) -> int:
        return max(LOOKS) if self.wrong else min(LOOKS)


WORLDS = (
    World("no difference anywhere", 0, 0, wrong=REPRODUCED),
    World("no difference, spreads uneven", 0, 0, "uneven", REPRODUCED),
    World("no difference, deep RNNs spread wide", 0, 0, "deep", REPRODUCED),
    World("differences of just the margins", 0.005, 0.0025, wrong=NOT_REPRODUCED),
    World("the same, spreads uneven", 0.005, 0.0025, "uneven", NOT_REPRODUCED),
    World("the same, deep RNNs spread wide", 0.005, 0.0025, "deep", NOT_REPRODUCED),
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


def lab(world: World, number: int) -> Verdicts:
    """The verdicts on one simulated lab; the same `number` gives the same."""
    from scipy.special import ndtri

    rng = generator("claims", "simulation", world.told, number)
    reviews = FEWER if world.wrong else REVIEWS
    scale = (REVIEWS / reviews) ** 0.5

    def draws(*shape: int, variance: float) -> NDArray[np.float32]:
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(variance**0.5)

    difficulty = draws(reviews, variance=1 - OF_NET - OF_RUN)
    scores: dict[str, Array] = {}
    right: dict[str, NDArray[np.bool_]] = {}
    for place, (net, accuracy) in enumerate(accuracies(world).items()):
        deviation = scale * _wider(world, net, place) * DEVIATION[net.partition("-")[0]]
        reached = accuracy + deviation * rng.standard_normal(world.seeds)
        latent = (
            difficulty
            + draws(reviews, variance=OF_NET)
            + draws(world.seeds, reviews, variance=OF_RUN)
        )
        right[net] = latent < ndtri(reached)[:, None]
        scores[net] = right[net].mean(1)
    found = {}
    for name, rule in rules().items():
        cases = [
            compared(part, rule.margin, scores, by_look(part.weights, right)) for part in rule.parts
        ]
        found[name] = [part.verdict for part in decide(cases)]
    return found


def _wider(world: World, net: str, place: int) -> int:
    """How many times the usual spread `net` has, the one at this `place`."""
    if world.spread == "uneven" and place % 3 == 0:
        return 3
    return 10 if world.spread == "deep" and net.startswith("rnn-5") else 1


def swept(curve: Curve, number: int) -> list[PartVerdict]:
    """The verdicts on K6's parts, were each sweep's accuracies those of `curve`.

    The sweeps have the seeds that they are trained with.
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
        cases.append(Case(Part(name="", verdict=INCONCLUSIVE, unit="accuracy"), looks))
    return [part.verdict for part in decide(cases)]


def share(labs: Iterable[Sequence[PartVerdict]], verdict: PartVerdict, whole: bool) -> float:
    """Of `labs` (the verdicts on a claim's parts): of how many at least one part has the `verdict`
    (whole), or how many parts of all labs have it."""
    found = [[each == verdict for each in verdicts] for verdicts in labs]
    return float(np.mean([any(each) for each in found] if whole else np.concatenate(found)))


def digest() -> str:
    """Of the verdicts on the first labs of each world: other code, other verdicts."""
    found = [[lab(world, number) for number in range(CHECKED)] for world in WORLDS]
    rates = [[swept(curve, number) for number in range(CHECKED)] for curve in CURVES]
    return sha256(repr((found, rates)).encode()).hexdigest()[:12]


def table() -> str:
    """All rates, as Markdown."""
    rows = ["| what is true | counted | K1 | K2 | K3 | K4 |", "|---|---|---|---|---|---|"]
    for world in WORLDS:
        labs = [lab(world, number) for number in range(LABS if world.wrong else POWER_LABS)]
        shares = [
            share([each[name] for each in labs], world.wrong or REPRODUCED, bool(world.wrong))
            for name in JUDGED
        ]
        counted = f"labs with a false *{world.wrong}*" if world.wrong else "parts *reproduced*"
        rows.append(_row(world.told, counted, *(f"{each:.1%}" for each in shares)))
    rows += ["", "| what is true of every rate of K6 | counted | |", "|---|---|---|"]
    for curve in CURVES:
        labs_ = [swept(curve, number) for number in range(LABS if curve.wrong else POWER_LABS)]
        kind = "labs with a false" if curve.wrong else "parts"
        rate = share(labs_, curve.counted, curve.wrong)
        rows.append(_row(curve.told, f"{kind} *{curve.counted}*", f"{rate:.1%}"))
    return "\n".join([*rows, "", f"Verdicts on the first labs: `{digest()}`.", ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(path: Path) -> None:
    """Write the rates into the part `simulated` of the page at `path`."""
    docparts.put(path, "simulated", table())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
