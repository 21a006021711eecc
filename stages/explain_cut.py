"""Train nets on the ends of reviews, and hold them against those trained on whole ones."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import cut
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain")
    found = cut.measure(
        settings.cut,
        settings.seen,
        load(SentimentSettings, "sentiment"),
        Path("data/features/sentiment"),
        Path("models/sentiment"),
    )
    write_sealed(Path("data/explain/cut.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
