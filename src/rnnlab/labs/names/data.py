"""The division of the surnames as the nets read it: one id a symbol."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rnnlab.corpora.folding import SYMBOLS

_ID = {symbol: number for number, symbol in enumerate(SYMBOLS)}


class Corpus(NamedTuple):
    """The names as ids."""

    id: list[str]
    label: NDArray[np.int64]
    """Index into `languages`."""
    sequences: list[NDArray[np.int64]]
    part: NDArray[np.str_]
    languages: list[str]

    def rows(self, part: str) -> NDArray[np.int64]:
        return np.flatnonzero(self.part == part)


def read(split: Path) -> Corpus:
    """The table that `rnnlab.corpora.names.split` made."""
    table = pq.read_table(split)
    language = table["language"].to_pylist()
    languages = sorted(set(language))
    return Corpus(
        table["id"].to_pylist(),
        np.array([languages.index(each) for each in language], dtype=np.int64),
        [encode(name) for name in table["name"].to_pylist()],
        np.array(table["part"].to_pylist()),
        languages,
    )


def encode(name: str) -> NDArray[np.int64]:
    """A folded name as ids, one a symbol."""
    return np.array([_ID[symbol] for symbol in name], dtype=np.int64)
