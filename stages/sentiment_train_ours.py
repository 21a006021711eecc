"""Train one net on the reviews with one seed, as well as this lab can, and predict the test set."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.sentiment import train
from rnnlab.labs.sentiment.settings import OURS, SentimentSettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(net: str, seed: int) -> None:
    net += OURS
    settings = load(SentimentSettings, "sentiment").net(net)
    places = Places(
        Path(f"models/sentiment/{net}/seed-{seed}"),
        Path(f"timings/sentiment/{net}/seed-{seed}.json"),
        Path(f"checkpoints/sentiment/{net}/seed-{seed}.safetensors"),
    )
    train.train(
        net,
        seed,
        settings,
        Path("data/features/sentiment"),
        places,
        Path("data/features/sentiment-vectors"),
        Path("data/features/sentiment-taught.parquet"),
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
