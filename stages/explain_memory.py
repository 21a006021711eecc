"""Train small nets to recall a symbol from ever further back, with and without clipping."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs.explain import memory
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.settings.base import load


def main(output: Path, spent: Path) -> None:
    with timed(spent):
        write_json(output, memory.explain(load(ExplainSettings, "explain").memory))


if __name__ == "__main__":
    errors.run(main)
