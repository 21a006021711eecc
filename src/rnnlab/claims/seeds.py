"""What would decide the parts that are open: how many more seeds, of which nets, at what cost."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rnnlab.claims import claims
from rnnlab.claims.claims import CourseRule, DecayRule, Differences, Newest, Rule, Sweeps
from rnnlab.claims.judge import LEVEL, LOOKS
from rnnlab.claims.ledger import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED, Claim, Part
from rnnlab.runs.scores import Regimes

MOST = 50
"""Seeds of each net, beyond which it is not asked whether more would decide."""


class Net(NamedTuple):
    """A net that more seeds are to be trained of, and how many runs each of them takes."""

    lab: str
    regime: str
    name: str
    runs: int = 1
    """A sweep takes one for each of its values."""


class Need(NamedTuple):
    """What one open part needs."""

    claim: str
    part: Part
    more: int | None
    """Seeds of each net; None: no number up to MOST decides it, at the effect and spread seen."""
    nets: dict[Net, int]
    """How many of them each lacks: none, where it has been trained with more than the part."""
    minutes: float | None
    """Core-minutes of all that is to be trained; None if nothing is, or its time is not known."""


def needs(judged: Mapping[str, Claim], nets: Mapping[str, Regimes]) -> list[Need]:
    """Of the open parts that are judged by seeds. nets: by lab, as metrics.json has them."""
    rules = claims.load().rules
    return [
        _need(name, part, claim, rules[name], nets)
        for name, claim in judged.items()
        if isinstance(rules.get(name), Differences | Sweeps | Newest | DecayRule | CourseRule)
        for part in claim.parts
        if part.verdict == INCONCLUSIVE
    ]


def _need(name: str, part: Part, claim: Claim, rule: Rule, nets: Mapping[str, Regimes]) -> Need:
    # Holm's correction is over the parts that lack the verdict to which this one leans.
    holds, fails = (1.0 if p is None else p for p in (part.p_holds_alone, part.p_fails_alone))
    leaning = NOT_REPRODUCED if fails < holds else REPRODUCED
    more = further(part, sum(each.verdict != leaning for each in claim.parts))
    lacking = {net: _lacking(net, part, more or 0, nets) for net in trained(rule, part)}
    return Need(name, part, more, lacking, None if more is None else minutes(lacking, nets))


def _lacking(net: Net, part: Part, more: int, nets: Mapping[str, Regimes]) -> int:
    known = nets.get(net.lab, {}).get(net.regime, {}).get(net.name)
    have = len(known.runs) if known and net.runs == 1 else part.seeds
    return max(0, part.seeds + more - have)


def further(part: Part, parts: int) -> int | None:
    """How many more seeds of each net would decide `part`; None if up to MOST would not.

    Its effect, and what a seed adds to the error, are taken to stay as they are; the error falls to
    that which the items leave. p must be below the level of a look, corrected for so many `parts`.
    With too few seeds for a look, it needs those of the first.
    """
    from scipy.special import stdtr, stdtrit

    if part.seeds < min(LOOKS):
        return min(LOOKS) - part.seeds
    alone = min((p for p in (part.p_holds_alone, part.p_fails_alone) if p is not None), default=1.0)
    if part.why or part.freedom is None or alone >= 0.5:
        return None
    reached = float(stdtrit(part.freedom, max(alone, 1e-12)))
    later = [look for look in LOOKS if look > part.seeds]
    for seeds in (*later, *range(max(LOOKS) + 1, MOST + 1)):
        freedom = part.freedom * (seeds - 1) / (part.seeds - 1)
        p = float(stdtr(freedom, reached * _error(part, part.seeds) / _error(part, seeds)))
        if p * parts < LEVEL / len(LOOKS):
            return int(seeds - part.seeds)
    return None


def _error(part: Part, seeds: int) -> float:
    """Of the part's effect, with so many seeds of each net; of K7, K9 and K11 up to a factor."""
    deviation, items = part.seed_deviation or 1.0, part.item_error or 0.0
    return float((deviation**2 / seeds + items**2) ** 0.5)


def trained(rule: Rule, part: Part) -> list[Net]:
    """What one more seed of `part` takes; nothing of the labs' grids for what explain measures."""
    if isinstance(rule, Differences):
        (own,) = (each for each in rule.parts if each.name == part.name)
        return [Net(rule.lab, own.regime, net) for net in own.weights]
    if isinstance(rule, Sweeps):
        return [Net("names", "published", part.name.split(" by ")[0], part.values or 1)]
    return []


def minutes(more: Mapping[Net, int], nets: Mapping[str, Regimes]) -> float | None:
    """Core-minutes of so many more seeds, by the mean time of a net's runs; None if not known."""
    known = [nets.get(net.lab, {}).get(net.regime, {}).get(net.name) for net in more]
    if not more or None in known:
        return None
    return sum(
        seeds * net.runs * scores["train_seconds"].mean / 60
        for (net, seeds), scores in zip(more.items(), known, strict=True)
        if scores
    )


def together(found: Iterable[Need]) -> dict[Net, int]:
    """Net → more seeds, over all parts: those that share a net need it once."""
    most: dict[Net, int] = {}
    for need in found:
        for net, more in need.nets.items():
            most[net] = max(most.get(net, 0), more)
    return {net: seeds for net, seeds in most.items() if seeds}
