"""Train one net on the surnames as published, at each learning rate of a sweep."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.names import train as names
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.settings.base import load


def main(
    split: Path, output: Path, timings: Path, checkpoints: Path, structure: str, spent: Path
) -> None:
    with timed(spent):
        settings = load(NamesSettings, "names")
        names.sweep(structure, settings, split, output, timings, checkpoints)


if __name__ == "__main__":
    errors.run(main)
