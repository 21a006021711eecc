"""Divide the labelled training reviews into training and validation; the test set stays whole."""

from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import split
from rnnlab.files import write_table
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(SentimentSettings, "sentiment").split
    parts = split.reviews(Path("data/tokens/imdb.parquet"), settings.valid_fraction, settings.seed)
    write_table(Path("data/splits/sentiment.parquet"), parts)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
