"""What the report says of the poetry lab beyond its metrics."""

import json
import math
from pathlib import Path
from typing import Any

from rnnlab.errors import LabError
from rnnlab.labs.poetry import data as characters
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.runs.scores import Runs, summaries


def facts(
    runs: Runs, poems: Path, features: Path, output_layer: Path, settings: PoetrySettings
) -> dict[str, Any]:
    """What the report says of the poetry lab beyond its metrics, as plain JSON.

    poems: the folder with cleaning.json and composed.json. features: the folder that the encode
    stage wrote. output_layer: the file that the stage poetry-output-layer wrote. Raises LabError
    if one of them is missing.
    """
    first = {net: next(iter(seeds.values())).run for net, seeds in runs.items()}
    return {
        "training": settings.training.model_dump(),
        "split": settings.split.model_dump(),
        "vocabulary": settings.vocabulary.model_dump(),
        "compose": settings.compose.model_dump(),
        "seeds": settings.seeds,
        "structures": {net: run.structure for net, run in first.items()},
        "settings": {net: run.settings for net, run in first.items()},
        "best_epochs": {
            net: [each.run.best_epoch for each in seeds.values()] for net, seeds in runs.items()
        },
        "intervals": {net: list(interval(row)) for net, row in summaries(runs).items()},
        "cleaning": _json(poems / "cleaning.json"),
        "coverage": _json(features / characters.COVERAGE),
        "output_layer": _json(output_layer),
        "composed": _json(poems / "composed.json"),
    }


def interval(metrics: dict[str, Any]) -> tuple[float, float]:
    """The 95% interval of `valid_nll`, by normal approximation.

    All seeds are scored on the same poems, so more seeds narrow only the share that is theirs.
    """
    loss, error = metrics["valid_nll"], metrics["valid_nll_error"]["mean"]
    seeds = (loss["std"] or 0.0) ** 2 / loss["n"]
    half = 1.96 * math.sqrt(error**2 + seeds)
    return loss["mean"] - half, loss["mean"] + half


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LabError(f"{path} is missing; run `dvc repro` or `dvc pull` first.") from None
