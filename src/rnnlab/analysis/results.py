"""reports/metrics.json, put together from the labs: every number that the report shows."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.analysis import claims, explain, names, poetry, sentiment, stages
from rnnlab.analysis.metrics import Runs, collect, summaries
from rnnlab.files import write_json
from rnnlab.settings.everything import Settings


class Sources(NamedTuple):
    """Where the stages left what the labs did."""

    models: Path
    timings: Path
    data: Path


def write(output: Path, sources: Sources, settings: Settings) -> None:
    """Write all labs' metrics to `output`. Raises LabError, naming the file, if a run is missing.

    Beside the metrics by lab and net stand `claims`, and `facts`: what else the report says.
    """
    models, timings, data = sources
    labs = {
        lab: collect(models / lab, timings / lab, runs)
        for lab, runs in {
            "sentiment": settings.sentiment.runs(),
            "names": settings.names.runs(),
            "poetry": settings.poetry.runs(),
        }.items()
    }
    metrics: dict[str, Any] = {lab: summaries(runs) for lab, runs in labs.items()}
    provenance = json.loads((data / "raw" / "provenance.json").read_text(encoding="utf-8"))
    generated = any(source["kind"] == "generated" for source in provenance.values())
    found = explain.read(data / "explain")
    judged = {lab: labs[lab] for lab in ("sentiment", "names")}
    sweeps = names.sweep_folders(models / "names-sweep", labs["names"], settings.names)
    evidence = claims.gather(
        metrics, judged, sweeps, found["gradients"], generated, settings.names.sweep.steps
    )
    facts = {
        "data": provenance,
        "sentiment": sentiment.facts(
            labs["sentiment"], data / "features" / "sentiment", settings.sentiment
        ),
        "names": names.facts(
            labs["names"],
            data / "splits" / "names-counts.json",
            models / "names-sweep",
            settings.names,
        ),
        "poetry": poetry.facts(
            labs["poetry"],
            data / "poems",
            data / "features" / "poetry",
            timings / "poetry" / "output-layer.json",
            settings.poetry,
        ),
        "explain": explain.facts(found, labs["sentiment"]),
        "environments": environments(labs),
        "stages": stages.facts(timings / "stages"),
    }
    write_json(output, {**metrics, "claims": claims.judge(evidence), "facts": facts})


def environments(labs: dict[str, Runs]) -> list[dict[str, Any]]:
    """The machines that the runs were made on, each once."""
    found: list[dict[str, Any]] = []
    for runs in labs.values():
        for seeds in runs.values():
            for each in seeds.values():
                if each.run.environment not in found:
                    found.append(each.run.environment)
    return found
