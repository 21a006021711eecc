"""Feed trained nets the last tokens of test reviews, whole ones, and whole ones shuffled."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import seen
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain")
    found = seen.measure(
        settings.nets,
        settings.seen,
        load(SentimentSettings, "sentiment"),
        Path("data/features/sentiment"),
        Path("models/sentiment"),
    )
    write_sealed(Path("data/explain/seen.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
