"""Measure how gradients flow back through reviews, in nets at initialisation and trained."""

from pathlib import Path

from rnnlab import errors
from rnnlab.analysis import gradients
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.settings.base import load
from rnnlab.settings.explain import Explain
from rnnlab.settings.sentiment import Sentiment


def main(features: Path, models: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings, lab = load(Explain, "explain"), load(Sentiment, "sentiment")
        found = gradients.explain(settings.nets, settings.gradients, lab, features, models)
        write_json(output, found)


if __name__ == "__main__":
    errors.run(main)
