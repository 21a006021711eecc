"""Train one net on the reviews with one seed, and predict the test set."""

from pathlib import Path

from rnnlab import errors
from rnnlab.labs import sentiment
from rnnlab.settings.base import load
from rnnlab.settings.sentiment import Sentiment


def main(features: Path, output: Path, checkpoints: Path, net: str, seed: int) -> None:
    settings = load(Sentiment, "sentiment")
    sentiment.train(net, seed, settings.net(net), features, output, checkpoints)


if __name__ == "__main__":
    errors.run(main)
