"""The raw corpora, as their publishers have them or as this project makes them up."""

import os
from pathlib import Path

from rnnlab.corpora import download, sample
from rnnlab.settings.download import Download

MIRRORS = "RNNLAB_MIRRORS"
"""The variable that names further mirrors, asked first, with blanks between them."""


def bring(settings: Download, folder: Path, provenance: Path) -> None:
    """Put every corpus into `folder`, and write into the file `provenance` where each came from.

    Raises LabError if one can't be had.
    """
    if settings.origin == "generated":
        found = sample.generate(folder, settings.seed)
    else:
        mirrors = [*os.environ.get(MIRRORS, "").split(), *settings.mirrors]
        found = download.fetch(
            settings.datasets, folder, mirrors, settings.retries, settings.timeout, settings.slowest
        )
    download.write_provenance(provenance, found)
