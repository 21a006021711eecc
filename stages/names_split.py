"""Fold the surnames, divide the distinct ones into training and validation, count the rest."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import names, split
from rnnlab.files import only_file, write_json
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.settings.base import load


def main(dataset: Path, output: Path, counts: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(NamesSettings, "names").split
        lines = names.read(only_file(dataset))
        table = names.split(lines, settings.valid_fraction, settings.seed)
        split.write(output, table)
        write_json(counts, names.count(lines, table, settings.valid_fraction, settings.seed))


if __name__ == "__main__":
    errors.run(main)
