"""Let every net write poems, and measure them beside real ones."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.poetry import compositions
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main() -> None:
    compositions.write(
        Path("data/poems/tangshi.parquet"),
        Path("data/features/poetry"),
        Path("models/poetry"),
        Path("data/poems/composed.json"),
        load(PoetrySettings, "poetry"),
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
