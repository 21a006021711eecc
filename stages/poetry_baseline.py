"""Fit n-gram models to the poems, for nets to be held against."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.poetry import baseline
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main() -> None:
    baseline.build(
        Path("data/features/poetry"),
        Path("models/poetry-baseline"),
        Path("timings/poetry-baseline.json"),
        load(PoetrySettings, "poetry").baseline,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
