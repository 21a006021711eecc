"""Train small nets to recall a symbol from ever further back, with and without clipping."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs import memory
from rnnlab.settings.base import load
from rnnlab.settings.explain import Explain


def main(output: Path, spent: Path) -> None:
    with timed(spent):
        write_json(output, memory.explain(load(Explain, "explain").memory))


if __name__ == "__main__":
    errors.run(main)
