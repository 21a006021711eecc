"""Set the cells from zero beside PyTorch's own: structure, examples, largest differences."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs.explain import cells


def main(output: Path, spent: Path) -> None:
    with timed(spent):
        write_json(output, cells.explain())


if __name__ == "__main__":
    errors.run(main)
