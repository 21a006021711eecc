"""The lab's facts, from its runs and what its stages wrote."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from rnnlab.files import reading
from rnnlab.labs.poetry.data import COVERAGE
from rnnlab.labs.poetry.facts import Cleaning, Composed, Coverage, Facts, Throughput
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.runs.catalogue import Runs, first, summaries
from rnnlab.runs.scores import Net

Content = TypeVar("Content")


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `cleaning`, `composed` and `output_layer`, the files that the stages prepare, compose
    and output-layer wrote, and `features`, the folder that the stage encode wrote. Raises
    LabError if a file is missing or broken.
    """
    settings: PoetrySettings = params.poetry
    nets = runs["poetry"]["ours"]
    scores = summaries(runs["poetry"])["ours"]
    return Facts(
        training=settings.training,
        vocabulary=settings.vocabulary,
        compose=settings.compose,
        epochs={net: first(seeds).run.settings["epochs"] for net, seeds in nets.items()},
        best_epochs={
            net: [each.run.best_epoch for each in seeds.values()] for net, seeds in nets.items()
        },
        intervals={net: interval(row) for net, row in scores.items()},
        cleaning=_read(Cleaning, places["cleaning"]),
        coverage=_read(Coverage, places["features"] / COVERAGE),
        output_layer=_read(list[Throughput], places["output_layer"]),
        composed=_read(Composed, places["composed"]),
    )


def interval(scores: Net) -> tuple[float, float]:
    """The 95% interval of `valid_nll`, by normal approximation, in nats per character.

    All seeds are scored on the same poems, so more seeds narrow only the share that is theirs.
    """
    loss, error = scores["valid_nll"], scores["valid_nll_error"].mean
    half = 1.96 * math.sqrt(error**2 + (loss.std or 0.0) ** 2 / loss.n)
    return loss.mean - half, loss.mean + half


def _read(model: type[Content], path: Path) -> Content:
    with reading(path):
        try:
            return TypeAdapter(model).validate_json(path.read_bytes())
        except ValidationError as error:  # which tells every fault; one is enough
            fault = error.errors()[0]
            field = ".".join(str(each) for each in fault["loc"])
            raise ValueError(f"{field}: {fault['msg']}" if field else fault["msg"]) from None
