"""Cut the reviews into tokens, labelled and unlabelled ones apart."""

from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import imdb
from rnnlab.files import only_file
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load
from rnnlab.text import tokens


def main() -> None:
    settings = load(SentimentSettings, "sentiment").tokens
    archive = only_file(Path("data/raw/imdb"))
    for read, name in ((imdb.reviews, "imdb"), (imdb.unlabelled, "imdb-unlabelled")):
        cut = tokens.tokenize_all(read(archive), settings.chunk, settings.processes)
        tokens.write(Path(f"data/tokens/{name}.parquet"), cut)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
