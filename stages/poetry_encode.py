"""Count the characters of the training part, turn poems into ids."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import tangshi
from rnnlab.labs.poetry import data as characters
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main(poems: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(PoetrySettings, "poetry").vocabulary
        characters.write(output, tangshi.read(poems), settings.max_size, settings.min_count)


if __name__ == "__main__":
    errors.run(main)
