"""Let every net write poems, and measure them beside real ones."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.poetry import compositions
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main(poems: Path, features: Path, models: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        compositions.write(poems, features, models, output, load(PoetrySettings, "poetry"))


if __name__ == "__main__":
    errors.run(main)
