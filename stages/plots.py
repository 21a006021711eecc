"""Tabulate scores, learning curves and confusion matrices for `dvc metrics` and `dvc plots`."""

from pathlib import Path

from rnnlab import errors
from rnnlab.report import plots


def main(metrics: Path, models: Path, scores: Path, output: Path) -> None:
    plots.write(metrics, models, scores, output)


if __name__ == "__main__":
    errors.run(main)
