"""Results with next to nothing in them, for tests that need all that metrics.json holds."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from places import ROOT
from rnnlab.claims.judge import Evidence, answers
from rnnlab.claims.ledger import Claim
from rnnlab.document.results import DatasetOrigin, Results, StageTimes
from rnnlab.labs import TRAINING, parts
from rnnlab.labs.params import read_all
from rnnlab.runs.scores import Nets, NetScores, Regimes, spread
from rnnlab.settings.base import Section

PLAIN = {int: 1, float: 0.5, str: "a", bool: False, NoneType: None}


def least(kind: Any) -> Any:
    """A value of the type `kind`: a model with all that it requires, one entry in a container.

    Settings are those of params.yaml.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is Literal:
        return inner[0]
    if origin in (Annotated, Union, UnionType):
        return least(inner[0])
    if origin is tuple:
        return tuple(map(least, inner))
    if origin is list:
        return [least(inner[0])]
    if origin is dict:
        return {least(inner[0]): least(inner[1])}
    if kind in sections():
        return sections()[kind]
    required = {name: each for name, each in kind.model_fields.items() if each.is_required()}
    return kind(**{name: least(each.annotation) for name, each in required.items()})


@cache
def sections() -> dict[type, Section]:
    """The parts of params.yaml by their models."""

    def below(section: Section) -> Iterator[Section]:
        yield section
        for each in section.__dict__.values():
            if isinstance(each, Section):
                yield from below(each)

    return {type(each): each for each in below(read_all(ROOT / "params.yaml"))}


def net(parameters: int = 1, **metrics: Mapping[int, float]) -> NetScores:
    """A net with its metrics' values by seed; the stage `train@<seed>` made each of its runs."""
    found: dict[str, Any] = {name: spread(values) for name, values in metrics.items()}
    seeds = {seed for values in metrics.values() for seed in values}
    runs = {seed: f"train@{seed}" for seed in sorted(seeds)}
    return NetScores(parameters=parameters, runs=runs, **found)


def evidence(lab: str, nets: Nets, hits: Mapping[str, Any]) -> Evidence:
    """What a claim of differences is judged by: a lab's `nets` trained as published, and which test
    items each run of theirs got right."""
    nothing = {each: {} for each in Evidence._fields}
    found = {"nets": {lab: {"published": nets}}, "answers": answers({lab: {"published": hits}})}
    return Evidence(**{**nothing, **found, "sweep_steps": 0, "unknown": 0.0, "generated": False})


def results(nets: Mapping[str, Regimes], claims: Mapping[str, Claim], **facts: Any) -> Results:
    """Results of the labs' `nets`, with `facts` in place of the least ones of a lab."""
    return Results(
        nets={lab: nets.get(lab, {}) for lab in TRAINING},
        claims=dict(claims),
        facts={lab: facts.get(lab) or least(each.Facts) for lab, each in parts("facts").items()},
        data={"imdb": least(DatasetOrigin)},
        environments=[{"python": "3.11", "threads": 1}],
        stages=least(StageTimes),
    )
