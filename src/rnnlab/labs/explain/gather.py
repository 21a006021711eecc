"""The lab's facts, from what its stages wrote and from the sentiment lab's runs."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rnnlab.claims.judge import Fall
from rnnlab.files import read_sealed, reading
from rnnlab.labs.explain import facts
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.catalogue import Runs
from rnnlab.runs.files import read_history

Model = TypeVar("Model", bound=BaseModel)


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> facts.Facts:
    """What the report says of the lab.

    places: the stages' files `cells`, `gradients`, `memory`, `clipping`, `occlusion` and
    `seen`. Raises
    LabError if one is missing or broken.
    """
    gradients = read(places["gradients"], facts.Gradients)
    reviews = runs["sentiment"]["published"]
    epochs = {
        net: read_history(reviews[net][next(iter(each.seeds))].folder)
        for net, each in gradients.nets.items()
    }
    return facts.Facts(
        cells=read(places["cells"], facts.Cells),
        gradients=gradients,
        memory=read(places["memory"], facts.Memory),
        clipping=read(places["clipping"], facts.ClippingRuns),
        occlusion=read(places["occlusion"], facts.MaskedReviews),
        seen=read(places["seen"], facts.SeenReviews),
        norms={
            net: {
                "mean": [round(epoch.gradient_norm, 3) for epoch in each],
                "largest": [round(epoch.gradient_norm_max, 3) for epoch in each],
            }
            for net, each in epochs.items()
        },
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


def read(path: Path, model: type[Model]) -> Model:
    """What a stage wrote, without what the report does not show."""
    written = read_sealed(path)
    with reading(path):
        try:
            return model.model_validate(written, extra="ignore")
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None
