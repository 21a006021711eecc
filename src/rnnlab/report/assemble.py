"""All sections together: from what the stages left on disk to the two reports."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.analysis.metrics import Runs, collect
from rnnlab.report import render
from rnnlab.report import sentiment as sentiment_section
from rnnlab.settings.sentiment import Sentiment
from rnnlab.text import features as feature_files


class Sources(NamedTuple):
    """Where the stages left what the report shows."""

    metrics: Path
    models: Path
    timings: Path
    raw: Path
    features: Path
    graph: Path


def build(sources: Sources, output: Path, sentiment: Sentiment) -> None:
    """Write figures and reports into the folder `output`. Raises LabError if a file is missing."""
    metrics = json.loads(sources.metrics.read_text(encoding="utf-8"))
    figures = output / "figures"
    runs = collect(sources.models / "sentiment", sources.timings / "sentiment", sentiment.runs())
    corpus = feature_files.read(sources.features / "sentiment")
    tested = corpus.rows("test")
    lengths = dict(zip(corpus.id[tested].tolist(), corpus.lengths(tested).tolist(), strict=True))
    coverage = json.loads((sources.features / "sentiment" / "coverage.json").read_text(encoding="utf-8"))
    context = {
        "graph": sources.graph.read_text(encoding="utf-8").strip(),
        "provenance": json.loads((sources.raw / "provenance.json").read_text(encoding="utf-8")),
        "sentiment": sentiment_section.section(runs, metrics["sentiment"], lengths, coverage, figures),
        "settings": sentiment.training,
        "parts": {part: len(corpus.rows(part)) for part in ("train", "valid", "test")},
        "environments": environments(runs),
        "seconds": {"sentiment": total_seconds(runs)},
    }
    render.write(output, context)


def environments(runs: Runs) -> list[dict[str, Any]]:
    """The machines that the runs were made on, each once."""
    found: list[dict[str, Any]] = []
    for seeds in runs.values():
        for each in seeds.values():
            if each.run.environment not in found:
                found.append(each.run.environment)
    return found


def total_seconds(runs: Runs) -> float:
    return sum(each.timing.seconds for seeds in runs.values() for each in seeds.values())
