"""Divide the labelled training reviews into training and validation; the test set stays whole."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import split
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main(corpus: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(SentimentSettings, "sentiment").split
        split.write(output, split.reviews(corpus, settings.valid_fraction, settings.seed))


if __name__ == "__main__":
    errors.run(main)
