"""Mask windows of words in test reviews, and see which ones move a trained net's logit."""

from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.files import write_json
from rnnlab.labs.explain import occlusion
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load


def main(features: Path, models: Path, output: Path, spent: Path) -> None:
    with timed(spent):
        settings, lab = load(ExplainSettings, "explain"), load(SentimentSettings, "sentiment")
        found = occlusion.explain(settings.nets, settings.occlusion, lab, features, models)
        write_json(output, found)


if __name__ == "__main__":
    errors.run(main)
