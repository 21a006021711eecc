"""The division of the surnames as the nets read it: one id a symbol."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.files import read_table, reading


class Corpus(NamedTuple):
    """The names as ids; `label` is an index into `languages`."""

    id: NDArray[np.str_]
    label: NDArray[np.int64]
    sequences: list[NDArray[np.int64]]
    part: NDArray[np.str_]
    languages: list[str]

    def rows(self, *parts: str) -> NDArray[np.int64]:
        return np.flatnonzero(np.isin(self.part, parts))


def read(split: Path) -> Corpus:
    """The table that `rnnlab.corpora.names.split` made. Raises LabError if missing or changed."""
    table = read_table(split, ("id", "language", "name", "part"))
    columns = {name: table[name].to_numpy() for name in table.column_names}
    languages, label = np.unique(columns["language"], return_inverse=True)
    with reading(split):  # a symbol that is none of ours
        sequences = [encode(name) for name in columns["name"]]
    return Corpus(columns["id"], label, sequences, columns["part"], languages.tolist())


def encode(name: str) -> NDArray[np.int64]:
    """A folded name as ids, one a symbol."""
    return np.array([SYMBOLS.index(symbol) for symbol in name], dtype=np.int64)
