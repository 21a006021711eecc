"""Mask windows of words in test reviews, and see which ones move a trained net's logit."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import occlusion
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain")
    found = occlusion.measure(
        settings.nets,
        settings.occlusion,
        load(SentimentSettings, "sentiment"),
        Path("data/features/sentiment"),
        Path("models/sentiment"),
    )
    write_sealed(Path("data/explain/occlusion.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
