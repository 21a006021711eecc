"""Time a training step with the clustered output layer, and with what it replaces."""

from pathlib import Path

from rnnlab import stage
from rnnlab.labs.poetry import output_layer
from rnnlab.labs.poetry.settings import PoetrySettings
from rnnlab.settings.base import load


def main() -> None:
    output_layer.compare(
        Path("data/features/poetry"),
        load(PoetrySettings, "poetry").training,
        Path("timings/poetry/output-layer.json"),
    )


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
