"""Fold the surnames, divide the distinct ones into three parts, count the rest."""

from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import names
from rnnlab.files import only_file
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(NamesSettings, "names").split
    names.write(
        only_file(Path("data/raw/names")),
        Path("data/splits/names.parquet"),
        Path("data/splits/names-counts.json"),
        settings.valid_fraction,
        settings.test_fraction,
        settings.seed,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
