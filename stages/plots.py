"""Tabulate scores and confusion matrices for `dvc metrics` and `dvc plots`."""

from pathlib import Path

from rnnlab import stage
from rnnlab.report import plots


def main() -> None:
    plots.write(Path("reports/metrics.json"), Path("reports/scores.json"), Path("reports/plots"))


if __name__ == "__main__":
    stage.run(main)
