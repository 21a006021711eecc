"""The corpora that are measured on, prepared once by the project's own code and kept.

The real ones where a mirror of them is at hand, else ones that the project generates; every result
says which.
"""

import os
from pathlib import Path

import numpy as np

from bench import ROOT
from bench import reviews as files
from rnnlab.corpora import imdb, names, sample, split
from rnnlab.corpora.download import MANIFEST, fetch
from rnnlab.corpora.origin import MIRRORS
from rnnlab.files import only_file, replacing, write_table
from rnnlab.labs.params import read_all
from rnnlab.labs.sentiment import data, embed

DATASETS = ("imdb", "glove.6B.100d", "names")
GENERATED = (20_000, 44_000)
"""Reviews and words; IMDB's training part has as many words."""


class Corpus:
    """Raw data and what the project makes of it, in a folder; each made when first asked for."""

    def __init__(self, cache: Path) -> None:
        mirror = _mirror()
        self.source = "real" if mirror else "generated"
        self.folder = cache.absolute() / self.source
        self.raw = self.folder / "raw"
        if mirror:
            fetch(DATASETS, self.raw, [str(mirror)])
        elif not self.raw.exists():
            sample.generate(self.raw, 2077)
        self.archive = only_file(self.raw / "imdb")

    def features(self) -> Path:
        """The folder that the stages tokenize, split and embed lead to, for all 50,000 reviews."""
        from bench import tokenizing

        features = self.folder / "features"
        if not (features / "coverage.json").exists():
            tokenizing.tokenize(imdb.reviews(self.archive), self.folder)
            embedded(self.folder, self.raw)
        return features

    def reviews(self) -> Path:
        """Training and validation part in the one small file that all contenders read."""
        path = self.folder / "train-valid.npz"
        if not path.exists():
            real = self.source == "real"
            reviews = _reviews(self.features()) if real else files.generate(*GENERATED)
            with replacing(path) as part:
                files.write(part, reviews)
        return path

    def names(self) -> Path:
        """The surnames, split as the pipeline splits them."""
        path = self.folder / "names.parquet"
        if not path.exists():
            settings = read_all(ROOT / "params.yaml").names.split
            fractions = settings.valid_fraction, settings.test_fraction
            lines = names.read(only_file(self.raw / "names"))
            write_table(path, names.split(lines, *fractions, settings.seed))
        return path


def embedded(folder: Path, raw: Path) -> None:
    """Split the tokens.parquet in `folder`, and embed them into its folder `features`."""
    settings = read_all(ROOT / "params.yaml").sentiment
    tokens, parts = folder / "tokens.parquet", folder / "split.parquet"
    write_table(parts, split.reviews(tokens, **settings.split.model_dump()))
    glove, output = {100: raw / "glove.6B.100d"}, folder / "features"
    embed.build(tokens, parts, glove, output, settings.vocabulary, settings.vectors)


def _mirror() -> Path | None:
    """The first mirror in $RNNLAB_MIRRORS or params.yaml that is a folder here."""
    committed = read_all(ROOT / "params.yaml").download.mirrors
    folders = [ROOT / each for each in (*os.environ.get(MIRRORS, "").split(), *committed)]
    return next((each for each in folders if (each / MANIFEST).is_file()), None)


def _reviews(folder: Path) -> files.Reviews:
    """All but the test set; texts as NumPy writes them without pickling."""
    found = data.read(folder)
    rows = np.flatnonzero(found.part != "test")
    return files.Reviews(
        ids=np.concatenate([found.sequence(int(row)) for row in rows]),
        offsets=np.concatenate([[0], found.lengths(rows).cumsum()]),
        id=found.id[rows].astype(str),
        part=found.part[rows].astype(str),
        label=found.label[rows],
        source="real: IMDB's training reviews",
    )
