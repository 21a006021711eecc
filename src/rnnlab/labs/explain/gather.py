"""The lab's facts, from what its stages wrote and from the sentiment lab's runs."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnlab.claims.judge import Course, Fall
from rnnlab.files import Kind, read_as
from rnnlab.labs.explain import facts
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.catalogue import Runs
from rnnlab.runs.files import read_history
from rnnlab.runs.history import Epoch


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> facts.Facts:
    """What the report says of the lab.

    places: the stages' files, named as the fields of Facts that hold what is in them. Raises
    LabError if one is missing or broken.
    """
    fields: Mapping[str, Any] = facts.Facts.model_fields
    written = {name: _read(path, fields[name].annotation) for name, path in places.items()}
    reviews = runs["sentiment"]["published"]
    epochs = {
        net: read_history(reviews[net][next(iter(each.seeds))].folder)
        for net, each in written["gradients"].nets.items()
    }
    return facts.Facts(
        **written,
        clipped=clipped(runs),
        norms={
            net: {
                "mean": [round(epoch.gradient_norm, 3) for epoch in each],
                "largest": [round(epoch.gradient_norm_max, 3) for epoch in each],
            }
            for net, each in epochs.items()
        },
    )


def clipped(runs: Mapping[str, Runs]) -> list[facts.Clipped]:
    """Whether clipping acted in the runs of each lab and regime, by the norm that they clip to."""
    found: dict[tuple[str, str, float | None], list[list[Epoch]]] = {}
    for lab, regimes in runs.items():
        for regime, nets in regimes.items():
            for each in (each for seeds in nets.values() for each in seeds.values()):
                limit = each.run.settings.get("clip_norm")
                found.setdefault((lab, regime, limit), []).append(read_history(each.folder))
    return [_clipped(*key, histories) for key, histories in found.items()]


def _clipped(
    lab: str, regime: str, limit: float | None, histories: Sequence[list[Epoch]]
) -> facts.Clipped:
    epochs = [epoch for history in histories for epoch in history]
    most = math.inf if limit is None else limit
    return facts.Clipped(
        lab=lab,
        regime=regime,
        clip_norm=limit,
        runs=len(histories),
        epochs=len(epochs),
        above=sum(epoch.gradient_norm_max > most for epoch in epochs),
        mostly=sum(epoch.gradient_norm > most for epoch in epochs),
        largest=round(max(epoch.gradient_norm_max for epoch in epochs), 3),
    )


def falls(found: facts.Gradients) -> dict[str, dict[int, Fall]]:
    """By cell and seed, how the gradient of all that a trained net hands on falls."""
    return {
        Shape.of(net).cell: {
            seed: _fall(moment.whole, found.distance)
            for seed, moment in flow.moment("trained").items()
        }
        for net, flow in found.nets.items()
    }


def _fall(found: facts.Decay, distance: int) -> Fall:
    power, exponential = (
        math.log(max(1 - each, 1e-12)) for each in (found.power, found.exponential)
    )
    return Fall(found.reach or distance, found.reach is not None, power - exponential)


def courses(found: facts.Courses) -> dict[str, dict[int, Course]]:
    """By net and seed, what the checks of a training found."""
    return {
        net: {seed: course(each) for seed, each in learner.seeds.items()}
        for net, learner in found.nets.items()
    }


def course(found: facts.Course) -> Course:
    """As the judge takes it."""
    return Course(found.steps, found.valid_accuracy, found.train_loss)


def _read(path: Path, model: type[Kind]) -> Kind:
    """What a stage wrote, without what the report does not show."""
    return read_as(path, model, extra="ignore")
