"""Gather every run's scores and times, and all else that the report says, into metrics.json."""

from pathlib import Path

from rnnlab import errors
from rnnlab.labs.params import read_all
from rnnlab.report import evaluate as results


def main(models: Path, timings: Path, data: Path, output: Path) -> None:
    results.write(output, results.Sources(models, timings, data), read_all(Path("params.yaml")))


if __name__ == "__main__":
    errors.run(main)
