"""Make word vectors from the training part and the unlabelled reviews."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.sentiment import vectors
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    vectors.build(
        Path("data/tokens/imdb.parquet"),
        Path("data/tokens/imdb-unlabelled.parquet"),
        Path("data/splits/sentiment.parquet"),
        Path("data/features/sentiment"),
        Path("data/features/sentiment-vectors"),
        load(SentimentSettings, "sentiment").review_vectors,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
