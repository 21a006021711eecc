"""Train one net on the poems with one seed."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.poetry import train
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(net: str, seed: int) -> None:
    settings = load(PoetrySettings, "poetry").net(net)
    places = Places(
        Path(f"models/poetry/{net}/seed-{seed}"),
        Path(f"timings/poetry/{net}/seed-{seed}.json"),
        Path(f"checkpoints/poetry/{net}/seed-{seed}.safetensors"),
    )
    train.train(net, seed, settings, Path("data/features/poetry"), places)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
