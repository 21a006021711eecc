"""Train nets on a slice of the reviews, with and without gradient clipping."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import clipping
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain").clipping
    lab = load(SentimentSettings, "sentiment")
    found = clipping.compare(settings, lab, Path("data/features/sentiment"))
    write_sealed(Path("data/explain/clipping.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
