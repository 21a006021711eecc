"""Make the Tang poems simplified, clean them, drop doubles, and hold a part out."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import tangshi
from rnnlab.files import only_file
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main(dataset: Path, output: Path, report: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(PoetrySettings, "poetry").split
        tangshi.write(only_file(dataset), output, report, settings.valid_fraction, settings.seed)


if __name__ == "__main__":
    errors.run(main)
