"""Results drawn at random and made again: what that says of all of them.

Each number in a table of the report, and each figure, counts one, shared evenly between the stages
that its caption names: so much of the report a stage *carries*. Draws are with replacement, with
these shares as probabilities. Which of what was drawn is made again, time decides; what is left
out counts as if it were wrong. So with k of n draws left out and no difference found, the bound is
Clopper and Pearson's (1934): the x at which n draws meet at most k wrong ones with probability 5%.
If more than x of what was drawn from were wrong, k + 1 draws or more would have met it, and one of
them at least would have been made again, with 95% probability, whatever decided what was left out.
With k = 0, x = 1 - 0.05^(1/n).
"""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rnnlab.document.parts import Figure, Table
from rnnlab.document.text import tell
from rnnlab.errors import LabError
from rnnlab.pipeline import schedule
from rnnlab.provenance import again, origin, places
from rnnlab.provenance.again import Committed, Outcome, Workshop
from rnnlab.provenance.numbers import figures

LEVEL = 0.05
START = 8.0
"""Seconds that DVC and Python take to start a stage."""
MOST = 300
"""Draws, at most."""
SPARE = 0.9
"""Share of the budget that what is drawn takes, as far as times are known."""
GATHERS = "evaluate"
"""The stage that makes all numbers from what the others left."""
UNITS = {"s": 1, "m": 60, "h": 3600}


class Draw(NamedTuple):
    """What an audit is to make again."""

    stages: list[str]
    """As they were drawn, some more than once."""
    reach: float
    """Share of the report carried by the stages that could be drawn: each fits the budget."""


class Audit(NamedTuple):
    outcomes: list[Outcome]
    """Of all stages made again: those drawn, and what they read."""
    draw: Draw
    left_out: int
    """Draws of stages that time did not suffice for, or whose bits tell nothing here."""

    @property
    def bound(self) -> float:
        return bound(len(self.draw.stages), self.left_out)


def seconds(budget: str) -> float:
    """Of `10m`, `1h` or `90s`. Raises LabError if it is none of these."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", budget)
    if not match:
        raise LabError(f"--budget {budget!r} is no length of time; write it as 90s, 10m or 1h.")
    return float(match[1]) * UNITS[match[2]]


def bound(draws: int, left_out: int) -> float:
    """The share x of the head of this module; 1 if nothing was made again."""
    from scipy.stats import beta

    if left_out >= draws:
        return 1.0
    return float(beta.ppf(1 - LEVEL, left_out + 1, draws - left_out))


def carried(known: Committed) -> dict[str, float]:
    """What each stage carries of the report, as shares of one."""
    found: dict[str, float] = {}
    for part in places.shown(known.results):
        stages = origin.with_names([*part.source.stages, *part.source.runs], known.sources)
        if stages and (count := _figures(part)):
            for each in stages:
                found[each] = found.get(each, 0.0) + count / len(stages)
    telling = {name: each for name, each in found.items() if tells(name, known)}
    return {name: each / sum(telling.values()) for name, each in telling.items()}


def tells(stage: str, known: Committed) -> bool:
    """Whether the stage leaves anything but times."""
    outs = known.entries.get(stage, {}).get("outs", [])
    return any(not out["path"].startswith((again.TIMES, "reports/")) for out in outs)


def _figures(part: object) -> int:
    if isinstance(part, Table):
        return sum(len(figures(tell(each, "en"))) for row in part.rows for each in row)
    return int(isinstance(part, Figure))


def expected(known: Committed, measured: Mapping[str, float]) -> dict[str, float]:
    """Seconds that each stage will take.

    measured: by stage, as it took here before; else it takes what its kind took for the report.
    """
    kinds = {
        kind: spent.all_seconds / spent.stages for kind, spent in known.results.stages.kinds.items()
    }
    found = schedule.expected(known.sources, {**kinds, **measured})
    return {name: each + START for name, each in found.items()}


def draw(
    shares: Mapping[str, float],
    known: Committed,
    times: Mapping[str, float],
    budget: float,
    seed: str,
) -> Draw:
    """How many draws fit the budget is decided before the first: by what they take on average."""
    runs = {each: again.recipe(known, [each], raw=True)[1] for each in shares}
    able = {each: share for each, share in shares.items() if _sum(runs[each], times) <= budget}
    if not able:
        return Draw([], 0.0)
    reach = sum(able.values())
    needed: dict[str, float] = {}
    for each, share in able.items():
        for stage in runs[each]:
            needed[stage] = needed.get(stage, 0.0) + share / reach

    def cost(draws: int) -> float:
        return sum(times[each] * (1 - (1 - min(p, 1)) ** draws) for each, p in needed.items())

    fitting = [number for number in range(1, MOST + 1) if cost(number) <= SPARE * budget]
    chosen = random.Random(seed).choices(list(able), list(able.values()), k=max([1, *fitting]))
    return Draw(chosen, reach)


def _sum(stages: Sequence[str], times: Mapping[str, float]) -> float:
    return sum(times[each] for each in stages)


def conduct(
    drawn: Draw, known: Committed, times: Mapping[str, float], until: float, workshop: Workshop
) -> Iterator[Outcome]:
    """Make again what was drawn, the cheapest first, from raw data on, while there is time.

    First, if the cache has all that it reads, the stage that gathers all numbers. until: by
    `time.monotonic`. What trains is made again only where it was drawn.
    """
    done: set[str] = set()
    if GATHERS in known.sources and known.sources[GATHERS] <= known.cached:
        workshop.fetch(again.recipe(known, [GATHERS], raw=False)[0])
        yield workshop.make(GATHERS)
    waiting = set(drawn.stages)
    recipes = {each: again.recipe(known, [each], raw=True) for each in waiting}
    while waiting:
        cost = {each: _sum([x for x in recipes[each][1] if x not in done], times)
                for each in waiting}  # fmt: skip
        stage = min(sorted(waiting), key=cost.__getitem__)
        if time.monotonic() + cost[stage] > until:
            return
        waiting.remove(stage)
        fetch, run = recipes[stage]
        workshop.fetch(fetch)
        for each in run:
            if each not in done:
                done.add(each)
                yield workshop.make(each)


def told(outcomes: list[Outcome], drawn: Draw) -> Audit:
    """What the outcomes say of the draws."""
    clear = {each.stage for each in outcomes if each.verdict != again.ELSEWHERE}
    return Audit(outcomes, drawn, sum(each not in clear for each in drawn.stages))


def summary(audit: Audit) -> str:
    """What was found, and what it says, in a few lines."""
    verdicts = [each.verdict for each in audit.outcomes]
    kinds = (again.SAME, again.WITHIN, again.DIFFERENT, again.ELSEWHERE)
    counts = ", ".join(f"{verdicts.count(each)} {each}" for each in kinds)
    draws, left = len(audit.draw.stages), audit.left_out
    lines = [
        f"{len(verdicts)} stages made again: {counts}.",
        f"{draws} draws among stages that carry {audit.draw.reach:.1%} of the report, as they fit "
        f"the budget; {left} left out.",
    ]
    if not again.failed(audit.outcomes) and left < draws:
        lines.append(
            f"If stages that carry more than {audit.bound:.1%} of that gave other results, this "
            "audit would have found one with 95% probability."
        )
    return "\n".join(lines)
