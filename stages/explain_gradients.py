"""Measure how gradients flow back through reviews, in nets at initialisation and trained."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import gradients
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain")
    found = gradients.measure_flow(
        settings.nets,
        settings.gradients,
        load(SentimentSettings, "sentiment"),
        Path("data/features/sentiment"),
        Path("models/sentiment"),
    )
    write_sealed(Path("data/explain/gradients.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
