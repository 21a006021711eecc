"""Train nets on a slice of the reviews, with and without gradient clipping."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs import clipping
from rnnlab.settings.base import load
from rnnlab.settings.explain import Explain
from rnnlab.settings.sentiment import Sentiment


def main(features: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings, lab = load(Explain, "explain").clipping, load(Sentiment, "sentiment")
        write_json(output, clipping.explain(settings, lab, features))


if __name__ == "__main__":
    errors.run(main)
