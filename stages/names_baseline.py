"""Fit n-grams of letters on the surnames, for nets to be held against."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.names import baseline
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.settings.base import load


def main() -> None:
    baseline.build(
        Path("data/splits/names.parquet"),
        Path("models/names-baseline"),
        Path("timings/names-baseline.json"),
        load(NamesSettings, "names").baseline,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
