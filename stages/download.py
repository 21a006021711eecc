"""Fetch and verify the raw corpora, or make small ones."""

import logging
from pathlib import Path

from rnnlab import stage
from rnnlab.corpora import origin
from rnnlab.settings.base import load
from rnnlab.settings.download import Download


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = load(Download, "download")
    origin.bring(settings, Path("data/raw"), Path("data/raw/provenance.json"))


if __name__ == "__main__":
    stage.run(main, Path("timings/stages"))
