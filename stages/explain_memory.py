"""Train small nets in two memory tasks over ever more steps."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import memory
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.settings.base import load


def main() -> None:
    settings = load(ExplainSettings, "explain").memory
    write_sealed(Path("data/explain/memory.json"), memory.train_all(settings))


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
