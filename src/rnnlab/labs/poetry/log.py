"""The batches that the published log shows."""

import numpy as np

from rnnlab.labs.poetry.data import Poems
from rnnlab.labs.poetry.scores import Numbers

SHORTEST, LONGEST = 5, 80
"""Characters of the poems that the published run read, punctuation among them."""
BATCH, LAST = 100, 6
"""Poems a batch, and how many batches, the last ones of an epoch, were published."""


def read_by_it(poems: Poems, part: str) -> Numbers:
    """The poems in `part` that the published run would read, from short to long."""
    rows = poems.rows(part)
    characters = poems.lengths(rows) - 1
    rows = rows[(characters >= SHORTEST) & (characters <= LONGEST)]
    return rows[np.argsort(poems.lengths(rows), kind="stable")]


def batches(rows: Numbers, size: int) -> list[Numbers]:
    """`rows` in batches of `size`; what is left over, of the longest, is read by none.

    If there is less than one batch, all are one.
    """
    whole = len(rows) // size
    return np.split(rows[: whole * size], whole) if whole else [rows]


def logged(poems: Poems) -> Numbers:
    """The training poems of the last batches."""
    return np.concatenate(batches(read_by_it(poems, "train"), BATCH)[-LAST:])
