"""Set the cells from zero beside PyTorch's own: structure, examples, largest differences."""

from pathlib import Path

from rnnlab import stage
from rnnlab.files import write_sealed
from rnnlab.labs.explain import cells


def main() -> None:
    write_sealed(Path("data/explain/cells.json"), cells.compare_with_pytorch())


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
