"""Train the hand-written LSTM as published, with other hidden sizes or with slips of its print."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.names import train
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.labs.names.train import Roots
from rnnlab.settings.base import load


def main(printed: bool = False) -> None:
    settings = load(NamesSettings, "names")
    runs = settings.printed() if printed else settings.sized()
    roots = Roots(Path("models"), Path("timings"), Path("checkpoints"))
    at_once = settings.published.side_by_side.at_once
    train.train_asked(runs, at_once, Path("data/splits/names.parquet"), roots)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
