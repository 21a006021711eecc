"""Train one net on the surnames as published, at each learning rate of a sweep."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs import names
from rnnlab.settings.base import load
from rnnlab.settings.names import Names


def main(
    split: Path, output: Path, timings: Path, checkpoints: Path, structure: str, spent: Path
) -> None:
    with timed(spent):
        settings = load(Names, "names")
        names.sweep(structure, settings, split, output, timings, checkpoints)


if __name__ == "__main__":
    errors.run(main)
