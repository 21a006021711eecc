"""Make the Tang poems simplified, clean them, drop doubles, and hold two parts out."""

from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import tangshi
from rnnlab.files import only_file
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(PoetrySettings, "poetry").split
    tangshi.write(
        only_file(Path("data/raw/tangshi")),
        Path("data/poems/tangshi.parquet"),
        Path("data/poems/cleaning.json"),
        settings.valid_fraction,
        settings.test_fraction,
        settings.seed,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
