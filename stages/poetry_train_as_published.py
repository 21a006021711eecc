"""Train the published net on the poems, as its log shows or with something changed."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.poetry import train_as_published
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(arm: str, again: bool = False) -> None:
    training, seed = load(PoetrySettings, "poetry").published.arm(arm, again)
    places = Places(
        Path(f"models/poetry/published/{arm}/seed-{seed}"),
        Path(f"timings/poetry/published/{arm}/seed-{seed}.json"),
        Path(f"checkpoints/poetry/published/{arm}/seed-{seed}.safetensors"),
    )
    train_as_published.train(arm, seed, training, Path("data/features/poetry"), places)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
