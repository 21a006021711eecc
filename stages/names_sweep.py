"""Train a net on the surnames as published at another learning rate, with one seed."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.names import train
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.labs.names.train import Roots
from rnnlab.settings.base import load


def main(rate: float, seed: int, net: str = "lstm") -> None:
    settings = load(NamesSettings, "names")
    roots = Roots(Path("models"), Path("timings"), Path("checkpoints"))
    train.train_asked(
        [settings.swept(net, rate, seed)], 1, Path("data/splits/names.parquet"), roots
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
