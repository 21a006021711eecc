"""Gather every run's scores and times, and all else that the report says, into reports/."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.params import read_all
from rnnlab.report import evaluate
from rnnlab.report.evaluate import Sources

PLACES = {
    "sentiment": {
        "features": Path("data/features/sentiment"),
        "mistakes": Path("data/mistakes/sentiment.json"),
        "baseline": Path("models/sentiment-baseline/scores.json"),
        "baseline_times": Path("timings/sentiment-baseline.json"),
    },
    "names": {
        "counts": Path("data/splits/names-counts.json"),
        "models": Path("models"),
        "baseline": Path("models/names-baseline/scores.json"),
        "baseline_times": Path("timings/names-baseline.json"),
    },
    "poetry": {
        "baseline": Path("models/poetry-baseline/scores.json"),
        "baseline_times": Path("timings/poetry-baseline.json"),
        "cleaning": Path("data/poems/cleaning.json"),
        "composed": Path("data/poems/composed.json"),
        "features": Path("data/features/poetry"),
        "output_layer": Path("timings/poetry/output-layer.json"),
    },
    "explain": {
        "cells": Path("data/explain/cells.json"),
        "gradients": Path("data/explain/gradients.json"),
        "memory": Path("data/explain/memory.json"),
        "clipping": Path("data/explain/clipping.json"),
        "explosion": Path("data/explain/explosion.json"),
        "occlusion": Path("data/explain/occlusion.json"),
        "seen": Path("data/explain/seen.json"),
        "cut": Path("data/explain/cut.json"),
        "convolution": Path("data/explain/convolution.json"),
    },
}


def main() -> None:
    sources = Sources(Path("models"), Path("timings"), Path("data/raw/provenance.json"), PLACES)
    params = read_all(Path("params.yaml"))
    evaluate.write(
        Path("reports/metrics.json"),
        Path("reports/curves.csv"),
        Path("reports/nets"),
        sources,
        params,
    )


if __name__ == "__main__":
    stage.run(main)
