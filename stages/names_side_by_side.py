"""Train a small net on the surnames as published, all seeds and learning rates at once."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.names import train
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.labs.names.train import Roots
from rnnlab.settings.base import load


def main(net: str) -> None:
    settings = load(NamesSettings, "names")
    roots = Roots(Path("models"), Path("timings"), Path("checkpoints"))
    train.train_asked(
        settings.side_by_side(net),
        settings.published.side_by_side.at_once,
        Path("data/splits/names.parquet"),
        roots,
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
