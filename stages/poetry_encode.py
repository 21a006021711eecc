"""Count the characters of the training part, turn poems into ids."""

from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import tangshi
from rnnlab.labs.poetry import data
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(PoetrySettings, "poetry").vocabulary
    poems = tangshi.read(Path("data/poems/tangshi.parquet"))
    data.write(Path("data/features/poetry"), poems, settings.max_size, settings.min_count)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
