"""Reviews as ids in one small file, and the batches of them that every contender takes.

Needs NumPy alone: Keras's contender runs in another virtual environment, the GPU's on a machine
that may have little more than PyTorch.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
BATCH = 128
WARMING = 0
"""Number of the batch that contenders warm up on: the shortest of `chosen`."""


class Reviews(NamedTuple):
    """Review i's ids are `ids[offsets[i]:offsets[i + 1]]`; 0 is padding, 1 the unknown word."""

    ids: NDArray[np.uint16]
    offsets: NDArray[np.int64]
    label: NDArray[np.int8]
    valid: NDArray[np.bool_]
    """Which reviews are of the validation part; the others are trained on."""
    words: int
    """Size of the vocabulary."""
    source: str
    """Where the reviews come from, for a reader: real or generated."""

    def lengths(self, rows: Rows) -> Rows:
        return self.offsets[rows + 1] - self.offsets[rows]

    def sequence(self, row: int) -> NDArray[np.int64]:
        return self.ids[self.offsets[row] : self.offsets[row + 1]].astype(np.int64)


def write(path: Path, reviews: Reviews) -> None:
    """Write one compressed .npz file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}")
    with part.open("wb") as file:
        np.savez_compressed(file, **reviews._asdict())
    part.replace(path)


def read(path: Path) -> Reviews:
    """What `write` wrote."""
    with np.load(path, allow_pickle=False) as file:
        fields = {name: file[name] for name in Reviews._fields}
    return Reviews(**{**fields, "words": int(fields["words"]), "source": str(fields["source"])})


def generate(count: int, words: int, seed: int = 2077) -> Reviews:
    """`count` reviews with lengths like IMDB's, words drawn so that a few make most of the text."""
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(5.35, 0.65, count), 10, 2800).astype(np.int64)
    ids = np.minimum(rng.zipf(1.3, lengths.sum()) + 1, words - 1)
    return Reviews(
        ids=ids.astype(np.uint16),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        label=rng.integers(0, 2, count).astype(np.int8),
        valid=np.arange(count) % 5 == 0,
        words=words,
        source="generated: lengths drawn like those of IMDB's reviews",
    )


def chosen(reviews: Reviews, number: int, size: int = BATCH) -> list[Rows]:
    """Batches of like length out of one epoch: one to warm up on, then `number` to be timed.

    The epoch's batches are ordered by length. The first one given is short (the 5% quantile); the
    others stand at the middles of `number` equal shares of the epoch, so that together they are as
    long as its batches are.
    """
    rows = np.flatnonzero(~reviews.valid)
    rows = rows[np.argsort(reviews.lengths(rows), kind="stable")]
    size = min(size, len(rows))
    batches = [rows[start : start + size] for start in range(0, len(rows) - size + 1, size)]
    quantiles = [0.05, *((2 * each + 1) / (2 * number) for each in range(number))]
    return [batches[int(quantile * len(batches))] for quantile in quantiles]


def count_chosen(layers: int) -> int:
    """How many batches are timed: one alone for deep nets, whose slowest contenders take long."""
    return 4 if layers == 1 else 1


def cycle(reviews: Reviews, layers: int) -> tuple[list[int], int]:
    """The batches that are timed, all but the warming one, and the real tokens in them."""
    timed = chosen(reviews, count_chosen(layers))[1:]
    return list(range(1, len(timed) + 1)), sum(int(reviews.lengths(rows).sum()) for rows in timed)


def padded(sequences: list[NDArray[np.int64]], before: bool = False) -> NDArray[np.int64]:
    """(batch, time), zeros behind each end, or before each start."""
    longest = max(map(len, sequences))
    table = np.zeros((len(sequences), longest), dtype=np.int64)
    for row, sequence in zip(table, sequences, strict=True):
        start = longest - len(sequence) if before else 0
        row[start : start + len(sequence)] = sequence
    return table
