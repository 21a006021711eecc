"""reports/metrics.json, put together from the labs: every number that the report shows."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.analysis import sentiment
from rnnlab.analysis.metrics import Runs, collect, summaries
from rnnlab.files import write_json
from rnnlab.settings.sentiment import Sentiment


class Sources(NamedTuple):
    """Where the stages left what the labs did."""

    models: Path
    timings: Path
    raw: Path
    features: Path


def write(output: Path, sources: Sources, settings: Sentiment) -> None:
    """Write all labs' metrics to `output`. Raises LabError, naming the file, if a run is missing.

    Beside the metrics by lab and net stand `claims`, and `facts`: what else the report says.
    """
    reviews = collect(sources.models / "sentiment", sources.timings / "sentiment", settings.runs())
    labs = {"sentiment": reviews}
    metrics: dict[str, Any] = {lab: summaries(runs) for lab, runs in labs.items()}
    metrics["claims"] = {}
    metrics["facts"] = {
        "data": json.loads((sources.raw / "provenance.json").read_text(encoding="utf-8")),
        "sentiment": sentiment.facts(reviews, sources.features / "sentiment", settings),
        "environments": environments(labs),
        "seconds": {lab: total_seconds(runs) for lab, runs in labs.items()},
    }
    write_json(output, metrics)


def environments(labs: dict[str, Runs]) -> list[dict[str, Any]]:
    """The machines that the runs were made on, each once."""
    found: list[dict[str, Any]] = []
    for runs in labs.values():
        for seeds in runs.values():
            for each in seeds.values():
                if each.run.environment not in found:
                    found.append(each.run.environment)
    return found


def total_seconds(runs: Runs) -> float:
    """Training and validation of all runs, added up."""
    return sum(each.timing.seconds for seeds in runs.values() for each in seeds.values())
