"""The words that a net knows, and the ids that stand for them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.files import UNSEALED, reading, sealed, sealing

PADDING, UNKNOWN = "<pad>", "<unk>"


class Vocabulary:
    """Words by id: 0 is padding, 1 stands for every word that is not in the vocabulary."""

    def __init__(self, words: Sequence[str]) -> None:
        """words: all of them in the order of their ids, `PADDING` and `UNKNOWN` first."""
        if list(words[:2]) != [PADDING, UNKNOWN]:
            raise ValueError(f"a vocabulary begins with {PADDING} and {UNKNOWN}")
        self.words = list(words)
        self.ids = {word: number for number, word in enumerate(self.words)}
        if len(self.ids) != len(self.words):
            raise ValueError("a vocabulary holds each word once")

    @classmethod
    def count(cls, counts: Counter[str], max_size: int, min_count: int) -> "Vocabulary":
        """The `max_size` commonest words that occur `min_count` times or more; ties by spelling."""
        reserved = (PADDING, UNKNOWN)
        known = [word for word, n in counts.items() if n >= min_count and word not in reserved]
        known.sort(key=lambda word: (-counts[word], word))
        return cls([*reserved, *known[:max_size]])

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """What `write` wrote. Raises LabError if the file is missing or is no vocabulary."""
        with reading(path):
            return cls(sealed(path).read_bytes().decode().split("\n")[:-2])

    def write(self, path: Path) -> None:
        """One word a line, in the order of their ids, and the file's digest in the last line."""
        with sealing(path) as part:
            lines = "\n".join([*self.words, UNSEALED, ""])
            part.write_text(lines, encoding="utf-8", newline="\n")

    def encode(self, words: Iterable[str]) -> list[int]:
        """The ids of `words`; one not known becomes the id of `UNKNOWN`."""
        return [self.ids.get(word, 1) for word in words]

    def __len__(self) -> int:
        return len(self.words)


def check_sequences(ids: NDArray[Any], offsets: NDArray[Any], sequences: int, words: int) -> None:
    """Raise ValueError unless `ids` are of a vocabulary of `words` words, none of them padding, and
    `offsets` cut them into so many sequences, none empty."""
    if ids.ndim != 1 or ids.dtype.kind != "i" or offsets.shape != (sequences + 1,):
        raise ValueError("its ids, offsets and rows are not of one corpus")
    if not sequences or offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 1).any():
        raise ValueError("its offsets do not cut its ids into sequences")
    if ids.min() < 1 or ids.max() >= words:
        raise ValueError(f"its ids are not of the {words} words of its vocabulary")
