"""The corpora that are measured on, prepared once by the project's own code and kept.

The real ones where a mirror of them is at hand, else ones that the project generates; every result
says which.
"""

import os
from pathlib import Path

import numpy as np
import yaml

from bench import reviews as files
from rnnlab.corpora import imdb, names, sample, split
from rnnlab.corpora.download import MANIFEST, fetch
from rnnlab.files import only_file
from rnnlab.labs.names.settings import NamesSettings
from rnnlab.labs.sentiment import data as features
from rnnlab.labs.sentiment import embed as embedding
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load
from rnnlab.text import tokens

ROOT = Path(__file__).parent.parent
PARAMS = ROOT / "params.yaml"
DATASETS = ("imdb", "glove.6B.100d", "names")
GENERATED_WORDS = 44_000
"""As many as IMDB's training part has."""


class Corpus:
    """Raw data and what the project makes of it, in a folder; each made when first asked for."""

    def __init__(self, cache: Path) -> None:
        mirror = _mirror()
        self.source = "real" if mirror else "generated"
        self.folder = cache / self.source
        self.raw = self.folder / "raw"
        if mirror:
            fetch(DATASETS, self.raw, [str(mirror)])
        elif not self.raw.exists():
            sample.generate(self.raw, 2077)

    @property
    def archive(self) -> Path:
        """The archive of reviews."""
        return only_file(self.raw / "imdb")

    def features(self) -> Path:
        """The folder that the stages tokenize, split and embed lead to, for all 50,000 reviews."""
        folder = self.folder / "features"
        if not (folder / "coverage.json").exists():
            settings = load(SentimentSettings, "sentiment", PARAMS)
            corpus, parts = self.folder / "imdb.parquet", self.folder / "split.parquet"
            reviews = imdb.reviews(self.archive)
            tokens.write(corpus, tokens.tokenize_all(reviews, settings.tokens.chunk, 0))
            split.write(parts, split.reviews(corpus, **settings.split.model_dump()))
            vectors = settings.vectors.model_copy(update={"dimensions": [100]})
            embedding.build(corpus, parts, self.raw, folder, settings.vocabulary, vectors)
        return folder

    def reviews(self) -> Path:
        """Training and validation part in the one small file that all contenders read."""
        path = self.folder / "reviews.npz"
        if not path.exists():
            real = self.source == "real"
            files.write(path, _reviews(self.features()) if real else _drawn())
        return path

    def names(self) -> Path:
        """The surnames, split as the pipeline splits them."""
        path = self.folder / "names.parquet"
        if not path.exists():
            settings = load(NamesSettings, "names", PARAMS).split
            lines = names.read(only_file(self.raw / "names"))
            split.write(path, names.split(lines, settings.valid_fraction, settings.seed))
        return path


def _mirror() -> Path | None:
    """The first mirror in params.yaml or $RNNLAB_MIRRORS that is a folder here."""
    committed = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))["download"]["mirrors"]
    for each in [*os.environ.get("RNNLAB_MIRRORS", "").split(), *committed]:
        if (ROOT / each / MANIFEST).is_file():
            return ROOT / each
    return None


def _reviews(folder: Path) -> files.Reviews:
    found = features.read(folder)
    rows = np.flatnonzero(found.part != "test")
    lengths = found.lengths(rows)
    return files.Reviews(
        ids=np.concatenate([found.sequence(row) for row in rows]).astype(np.uint16),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        label=found.label[rows].astype(np.int8),
        valid=found.part[rows] == "valid",
        words=(folder / "vocabulary.txt").read_text(encoding="utf-8").count("\n"),
        source="real: IMDB's training reviews",
    )


def _drawn() -> files.Reviews:
    return files.generate(20_000, GENERATED_WORDS)
