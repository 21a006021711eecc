"""A vocabulary's word vectors: published ones where there are, drawn ones elsewhere."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def fill_unknown(
    size: int, rows: NDArray[np.int64], known: Vectors, how: str, rng: np.random.Generator
) -> Vectors:
    """(size, dimension): `known` at `rows`; the rest as `how` says. Row 0, padding, is zero.

    how: "normal" draws each dimension around the known vectors' mean with their standard
    deviation, so that a word without a published vector is as large as one with; "zero".
    """
    vectors = np.zeros((size, known.shape[1]), dtype=np.float32)
    if how == "normal":
        mean, spread = (known.mean(0), known.std(0)) if len(known) else (0.0, 0.1)
        vectors[:] = rng.normal(mean, spread, vectors.shape)
    vectors[rows] = known
    vectors[0] = 0.0
    return vectors


def coverage(
    size: int, rows: NDArray[np.int64], word_counts: NDArray[np.int64], unknown_count: int
) -> dict[str, int | float]:
    """How much of a vocabulary, and of the running text, has a published vector.

    size: words in the vocabulary, padding and unknown included. rows: ids with a vector.
    word_counts: (size,) occurrences in the text of each id. unknown_count: occurrences of words
    outside the vocabulary.
    """
    types, tokens = size - 2, int(word_counts.sum()) + unknown_count
    covered = int(word_counts[rows].sum())
    return {
        "types": types,
        "types_with_vector": len(rows),
        "types_share": len(rows) / types if types else 0.0,
        "tokens": tokens,
        "tokens_with_vector": covered,
        "tokens_share": covered / tokens if tokens else 0.0,
        "tokens_outside_vocabulary": unknown_count,
    }
