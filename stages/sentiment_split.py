"""Divide the labelled training reviews into training and validation; the test set stays whole."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import split
from rnnlab.settings.base import load
from rnnlab.settings.sentiment import Sentiment


def main(corpus: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(Sentiment, "sentiment").split
        split.write(output, split.reviews(corpus, settings.valid_fraction, settings.seed))


if __name__ == "__main__":
    errors.run(main)
