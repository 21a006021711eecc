"""The lab's facts, from its runs and what its stages wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rnnlab.files import read_json, read_sealed, reading
from rnnlab.labs.poetry.data import COVERAGE
from rnnlab.labs.poetry.facts import Facts
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.runs.catalogue import Runs, first


def gather(runs: Mapping[str, Runs], places: Mapping[str, Path], params: Any) -> Facts:
    """What the report says of the lab beyond its scores.

    places: `cleaning`, `composed` and `output_layer`, the files that the stages prepare, compose
    and output-layer wrote, and `features`, the folder that the stage encode wrote. Raises
    LabError if a file is missing or broken.
    """
    settings: PoetrySettings = params.poetry
    files = {**places, "coverage": places["features"] / COVERAGE}
    written = ("cleaning", "coverage", "output_layer", "composed")
    nets = runs["poetry"]["ours"].items()
    return Facts(
        training=settings.training,
        vocabulary=settings.vocabulary,
        compose=settings.compose,
        epochs={net: first(seeds).run.settings["epochs"] for net, seeds in nets},
        best_epochs={net: [each.run.best_epoch for each in seeds.values()] for net, seeds in nets},
        **{name: _read(name, files[name]) for name in written},
    )


def _read(name: str, path: Path) -> Any:
    """The field `name` of the facts, as it stands in the file `path`."""
    written = read_json(path) if name == "output_layer" else read_sealed(path)
    with reading(path):
        try:
            kind: Any = Facts.model_fields[name].annotation
            return TypeAdapter(kind).validate_python(written)
        except ValidationError as error:  # which tells every fault; one is enough
            fault = error.errors()[0]
            field = ".".join(str(each) for each in fault["loc"])
            raise ValueError(f"{field}: {fault['msg']}".removeprefix(": ")) from None
