"""Draw the figures and write the report, in English and in Chinese."""

from pathlib import Path

from rnnlab import stage
from rnnlab.report import assemble


def main() -> None:
    assemble.build(
        Path("reports/metrics.json"),
        Path("reports/curves.csv"),
        Path("reports/nets"),
        Path("docs/pipeline.mmd"),
        Path("reports"),
    )


if __name__ == "__main__":
    stage.run(main)
