"""Gather every run's scores and times, and all else that the report says, into metrics.json."""

from pathlib import Path

from rnnlab import errors
from rnnlab.analysis import results
from rnnlab.settings.base import load
from rnnlab.settings.sentiment import Sentiment


def main(models: Path, timings: Path, raw: Path, features: Path, output: Path) -> None:
    sources = results.Sources(models, timings, raw, features)
    results.write(output, sources, load(Sentiment, "sentiment"))


if __name__ == "__main__":
    errors.run(main)
