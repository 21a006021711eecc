"""Batches of like length: rows that lie flat in one array become padded (time, batch) tensors."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Padded(NamedTuple):
    """Sequences side by side, each from step 0 on, padded behind its end.

    ids: (time, batch) int64, `PAD` behind each end. lengths: (batch,) int64, at least 1.
    """

    ids: torch.Tensor
    lengths: torch.Tensor


PAD = 0


def by_length(lengths: Rows, size: int, rng: np.random.Generator | None) -> list[Rows]:
    """Cut all rows into batches of `size` whose lengths are alike, so that little is padded.

    With `rng`, rows that differ by a few percent in length change places and the batches
    come in random order; without, batches go from short to long. The last batch cut may be
    smaller. Every row is in exactly one batch.
    """
    jitter = rng.uniform(0.98, 1.02, len(lengths)) if rng is not None else 1.0
    order = np.argsort((lengths + 1) * jitter, kind="stable").astype(np.int64)
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    if rng is not None:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


def pieces(batch: Rows, lengths: Rows, most: int) -> list[Rows]:
    """Cut `batch` evenly into pieces of at most `most` elements each, padding included.

    lengths: of the batch's rows. What takes memory grows with the elements, so `most` bounds it; a
    row alone may have more.
    """
    rows = max(1, most // int(lengths.max()))
    return np.array_split(batch, math.ceil(len(batch) / rows))


def pad(sequences: Sequence[NDArray[np.integer]]) -> Padded:
    """Lay `sequences` (each at least one id long) side by side."""
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    ids = np.full((lengths.max(), len(sequences)), PAD, dtype=np.int64)
    for column, sequence in enumerate(sequences):
        ids[: len(sequence), column] = sequence
    return Padded(torch.from_numpy(ids), torch.from_numpy(lengths))
