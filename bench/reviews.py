"""Reviews in one small file, and the batches of them that every contender takes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnlab.labs.sentiment.data import Features

Rows = NDArray[np.int64]
BATCH = 128


@dataclass(frozen=True)
class Reviews(Features):
    """A training and a validation part, as the sentiment lab has them."""

    source: str = ""
    """Where they come from, for a reader: real or generated."""

    @property
    def words(self) -> int:
        """The size of the vocabulary, whose every word the training part has."""
        return int(self.ids.max()) + 1


def write(path: Path, reviews: Reviews) -> None:
    """Write one compressed .npz file."""
    with path.open("wb") as file:
        np.savez_compressed(file, **vars(reviews))


def read(path: Path) -> Reviews:
    """What `write` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return Reviews(**{**file, "source": str(file["source"])})


def generate(count: int, words: int, seed: int = 2077) -> Reviews:
    """`count` reviews with lengths like IMDB's, words drawn so that a few make most of the text."""
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(5.35, 0.65, count), 10, 2800).astype(np.int64)
    ids = np.minimum(rng.zipf(1.3, lengths.sum()) + 1, words - 1)
    return Reviews(
        ids=ids.astype(np.int32),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        id=np.arange(count).astype(str),
        part=np.where(np.arange(count) % 5, "train", "valid"),
        label=rng.integers(0, 2, count).astype(np.int8),
        source="generated: lengths drawn like those of IMDB's reviews",
    )


def epoch(reviews: Reviews, part: str = "train") -> list[Rows]:
    """The whole batches of one epoch, from short to long."""
    rows = reviews.rows(part)
    rows = rows[np.argsort(reviews.lengths(rows), kind="stable")]
    size = min(BATCH, len(rows))
    return [rows[start : start + size] for start in range(0, len(rows) - size + 1, size)]


def chosen(reviews: Reviews, number: int, part: str = "train") -> list[Rows]:
    """Batches out of one epoch: one to warm up on, then `number` to be timed.

    The first one is short (the 5% quantile of length); the others stand at the middles of `number`
    equal shares of the epoch, so that together they are as long as its batches are.
    """
    batches = epoch(reviews, part)
    quantiles = [0.05, *((2 * each + 1) / (2 * number) for each in range(number))]
    return [batches[int(quantile * len(batches))] for quantile in quantiles]


def padded(
    reviews: Reviews, rows: Rows, words: int, before: bool = False
) -> tuple[NDArray[np.int64], Rows, NDArray[np.float32]]:
    """ids (batch, time), zeros behind each end or before each start; lengths; labels.

    Words from number `words` on become the unknown one.
    """
    lengths = reviews.lengths(rows)
    ids = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    for line, row, length in zip(ids, rows, lengths, strict=True):
        line[slice(-length, None) if before else slice(length)] = reviews.sequence(row)
    return np.where(ids < words, ids, 1), lengths, reviews.label[rows].astype(np.float32)
