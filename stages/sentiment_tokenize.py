"""Cut the labelled reviews into tokens."""

from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import imdb
from rnnlab.files import only_file
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load
from rnnlab.text import tokens


def main() -> None:
    settings = load(SentimentSettings, "sentiment").tokens
    reviews = imdb.reviews(only_file(Path("data/raw/imdb")))
    cut = tokens.tokenize_all(reviews, settings.chunk, settings.processes)
    tokens.write(Path("data/tokens/imdb.parquet"), cut)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
