"""Train one net on the surnames as published, at each learning rate of a sweep."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.names import train
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.settings.base import load


def main(net: str) -> None:
    train.sweep(
        net,
        load(NamesSettings, "names"),
        Path("data/splits/names.parquet"),
        Path(f"models/names-sweep/{net}"),
        Path(f"timings/names-sweep/{net}"),
        Path(f"checkpoints/names-sweep/{net}"),
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
