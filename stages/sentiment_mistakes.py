"""Find what the best sentiment net is most sure of and wrong about, and the words that sway it."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.sentiment import mistakes
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    found = mistakes.find(
        load(SentimentSettings, "sentiment"),
        Path("data/features/sentiment"),
        Path("models/sentiment"),
    )
    write_sealed(Path("data/mistakes/sentiment.json"), found)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
