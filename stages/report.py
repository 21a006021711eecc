"""Draw the figures and write the report, in English and in Chinese."""

from pathlib import Path

from rnnlab import errors
from rnnlab.report.assemble import Sources, build
from rnnlab.settings.base import load
from rnnlab.settings.sentiment import Sentiment


def main(
    metrics: Path, models: Path, timings: Path, raw: Path, features: Path, graph: Path, output: Path
) -> None:
    sources = Sources(metrics, models, timings, raw, features, graph)
    build(sources, output, load(Sentiment, "sentiment"))


if __name__ == "__main__":
    errors.run(main)
