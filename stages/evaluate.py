"""Gather every run's scores and times, over seeds, into metrics.json."""

from pathlib import Path

from rnnlab import errors
from rnnlab.analysis import results
from rnnlab.settings.base import load
from rnnlab.settings.sentiment import Sentiment


def main(models: Path, timings: Path, output: Path) -> None:
    results.write(output, models, timings, load(Sentiment, "sentiment"))


if __name__ == "__main__":
    errors.run(main)
