"""Train a convolutional net and recurrent ones on the same batches of reviews, step by step."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import convolution
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain").convolution
    lab = load(SentimentSettings, "sentiment")
    found = convolution.compare(settings, lab, Path("data/features/sentiment"))
    write_sealed(Path("data/explain/convolution.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
