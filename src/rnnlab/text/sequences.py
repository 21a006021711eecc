"""Sequences of ids, one after the other in one flat array, which a training maps into memory."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.files import UNSEALED, reading, sealed, sealing

IDS, OFFSETS = "ids.npy", "offsets.npy"


class Sequences(NamedTuple):
    """Sequence i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: NDArray[Any]
    offsets: NDArray[np.int64]


def write(folder: Path, ids: NDArray[Any], offsets: NDArray[np.int64]) -> None:
    """Two files as NumPy writes them, and the digest of each in a line behind it."""
    for name, array in ((IDS, ids), (OFFSETS, offsets)):
        with sealing(folder / name, array.nbytes) as part, part.open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.write(f"\n{UNSEALED}\n".encode())


def read(folder: Path, number: int, words: int) -> Sequences:
    """What `write` wrote: so many sequences, none empty, of a vocabulary of so many words.

    Raises LabError if a file is missing, was changed, or is not that.
    """
    ids, offsets = _read(folder / IDS), _read(folder / OFFSETS)
    with reading(folder):
        if ids.ndim != 1 or ids.dtype.kind != "i" or offsets.shape != (number + 1,) or not number:
            raise ValueError(f"{IDS} and {OFFSETS} are not {number} sequences")
        if offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 1).any():
            raise ValueError(f"{OFFSETS} does not cut {IDS} into sequences")
        if ids.min() < 1 or ids.max() >= words:
            raise ValueError(f"{IDS} has an id that is none of the {words} of its vocabulary")
    return Sequences(ids, offsets)


def _read(path: Path) -> NDArray[Any]:
    with reading(path):
        return np.asarray(np.load(sealed(path), mmap_mode="r", allow_pickle=False))
