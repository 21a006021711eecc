"""Set the cells from zero beside PyTorch's own: structure, examples, largest differences."""

from pathlib import Path

from rnnlab import errors
from rnnlab.analysis import cells
from rnnlab.files import write_json


def main(output: Path) -> None:
    write_json(output, cells.explain())


if __name__ == "__main__":
    errors.run(main)
