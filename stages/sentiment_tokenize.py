"""Cut the labelled reviews into tokens."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import imdb
from rnnlab.files import only_file
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load
from rnnlab.text import tokens


def main(dataset: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings = load(SentimentSettings, "sentiment").tokens
        reviews = imdb.reviews(only_file(dataset))
        tokens.write(output, tokens.tokenize_all(reviews, settings.chunk, settings.processes))


if __name__ == "__main__":
    errors.run(main)
