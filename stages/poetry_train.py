"""Train one net on the poems with one seed."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.poetry import train as poetry
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(
    features: Path, output: Path, timing: Path, checkpoint: Path, net: str, seed: int, spent: Path
) -> None:
    with timed(spent):
        settings = load(PoetrySettings, "poetry").net(net)
        poetry.train(net, seed, settings, features, Places(output, timing, checkpoint))


if __name__ == "__main__":
    errors.run(main)
