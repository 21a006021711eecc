"""Measure how gradients flow back through reviews, in nets at initialisation and trained."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs.explain import gradients
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main(features: Path, models: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings, lab = load(ExplainSettings, "explain"), load(SentimentSettings, "sentiment")
        found = gradients.explain(settings.nets, settings.gradients, lab, features, models)
        write_json(output, found)


if __name__ == "__main__":
    errors.run(main)
