"""Fit bags of n-grams on the reviews, for nets to be held against, and to learn from."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.sentiment import baseline
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    baseline.build(
        Path("data/tokens/imdb.parquet"),
        Path("data/tokens/imdb-unlabelled.parquet"),
        Path("data/splits/sentiment.parquet"),
        Path("data/features/sentiment"),
        Path("models/sentiment-baseline"),
        Path("data/features/sentiment-taught.parquet"),
        Path("timings/sentiment-baseline.json"),
        load(SentimentSettings, "sentiment").baseline,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
