"""Time a training step with the clustered output layer, and with what it replaces."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.poetry import output_layer
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main(features: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        output_layer.compare(features, load(PoetrySettings, "poetry").training, output)


if __name__ == "__main__":
    errors.run(main)
