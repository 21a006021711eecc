"""Fetch and verify the raw corpora, or make small ones."""

import logging
import os
from pathlib import Path

from rnnlab import errors
from rnnlab.clock import timed
from rnnlab.corpora import download, sample
from rnnlab.settings.base import load
from rnnlab.settings.download import Download


def main(folder: Path, spent: Path) -> None:
    with timed(spent):
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        settings = load(Download, "download")
        if settings.origin == "generated":
            provenance = sample.generate(folder, settings.seed)
        else:
            mirrors = [*os.environ.get("RNNLAB_MIRRORS", "").split(), *settings.mirrors]
            provenance = download.fetch(
                settings.datasets, folder, mirrors, settings.retries, settings.timeout
            )
        download.write_provenance(folder / "provenance.json", provenance)


if __name__ == "__main__":
    errors.run(main)
