"""Train one net on the surnames with one seed, and predict the names held out."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.names import train
from rnnlab.labs.names.settings import AS_PUBLISHED, NamesSettings
from rnnlab.settings.base import load
from rnnlab.training.experiment import Places


def main(net: str, seed: int, as_published: bool = False) -> None:
    net += AS_PUBLISHED if as_published else ""
    settings = load(NamesSettings, "names").net(net)
    places = Places(
        Path(f"models/names/{net}/seed-{seed}"),
        Path(f"timings/names/{net}/seed-{seed}.json"),
        Path(f"checkpoints/names/{net}/seed-{seed}.safetensors"),
    )
    train.train(net, seed, settings, Path("data/splits/names.parquet"), places)


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
