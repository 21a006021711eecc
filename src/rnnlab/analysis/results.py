"""reports/metrics.json, put together from the labs."""

from pathlib import Path
from typing import Any

from rnnlab.analysis.metrics import collect, summaries
from rnnlab.files import write_json
from rnnlab.settings.sentiment import Sentiment


def write(output: Path, models: Path, timings: Path, sentiment: Sentiment) -> None:
    """Write all labs' metrics to `output`. Raises LabError if a run is missing."""
    metrics: dict[str, Any] = {
        "sentiment": summaries(collect(models / "sentiment", timings / "sentiment", sentiment.runs())),
        "claims": {},
    }
    write_json(output, metrics)
