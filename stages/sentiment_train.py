"""Train one net on the reviews with one seed, and predict the test set."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.sentiment import train as sentiment
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(
    features: Path, output: Path, timing: Path, checkpoint: Path, net: str, seed: int, spent: Path
) -> None:
    with timed(spent):
        settings = load(SentimentSettings, "sentiment").net(net)
        sentiment.train(net, seed, settings, features, Places(output, timing, checkpoint))


if __name__ == "__main__":
    errors.run(main)
