"""Train nets on a slice of the reviews, with and without gradient clipping."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs.explain import clipping
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main(features: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings, lab = (
            load(ExplainSettings, "explain").clipping,
            load(SentimentSettings, "sentiment"),
        )
        write_json(output, clipping.explain(settings, lab, features))


if __name__ == "__main__":
    errors.run(main)
