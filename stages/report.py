"""Draw the figures and write the report, in English and in Chinese."""

from pathlib import Path

from rnnlab import errors
from rnnlab.report import assemble


def main(metrics: Path, models: Path, graph: Path, output: Path) -> None:
    assemble.build(metrics, models, graph, output)


if __name__ == "__main__":
    errors.run(main)
