"""Train RNNs whose gradients explode, with and without clipping."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import explosion
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain").explosion
    write_sealed(Path("data/explain/explosion.json"), explosion.train_all(settings))


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
