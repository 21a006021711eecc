"""Let every net write poems, and measure them beside real ones."""

from pathlib import Path

from rnnlab import errors
from rnnlab.analysis import compositions
from rnnlab.clock import timed
from rnnlab.settings.base import load
from rnnlab.settings.poetry import Poetry


def main(poems: Path, features: Path, models: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        compositions.write(poems, features, models, output, load(Poetry, "poetry"))


if __name__ == "__main__":
    errors.run(main)
