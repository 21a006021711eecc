"""Train one net on the surnames with one seed, and predict the validation part."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.labs.names import train as names
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(
    split: Path, output: Path, timing: Path, checkpoint: Path, net: str, seed: int, spent: Path
) -> None:
    with timed(spent):
        settings = load(NamesSettings, "names").net(net)
        names.train(net, seed, settings, split, Places(output, timing, checkpoint))


if __name__ == "__main__":
    errors.run(main)
