"""Count the vocabulary on the training part, pick its word vectors, turn reviews into ids."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.sentiment import embed
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(SentimentSettings, "sentiment")
    embed.build(
        Path("data/tokens/imdb.parquet"),
        Path("data/splits/sentiment.parquet"),
        {each: Path(f"data/raw/glove.6B.{each}d") for each in settings.vectors.dimensions},
        Path("data/features/sentiment"),
        settings.vocabulary,
        settings.vectors,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
