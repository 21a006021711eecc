"""Count the vocabulary on the training part, pick its word vectors, turn reviews into ids."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.sentiment import embed as embedding
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main(corpus: Path, split: Path, raw: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(SentimentSettings, "sentiment")
        embedding.build(corpus, split, raw, output, settings.vocabulary, settings.vectors)


if __name__ == "__main__":
    errors.run(main)
