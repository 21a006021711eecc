"""Vectors of symbols from which symbols they stand beside: what comes alike, points alike."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

WINDOW = 2
"""How far apart two symbols may stand to be counted as neighbours, where nothing else is said."""
CONTEXT_POWER = 0.75
"""Frequencies of neighbours to this power, so that rare ones do not seem more telling than they
are (Levy, Goldberg and Dagan 2015, section 3.1)."""


def vectors(
    sequences: Sequence[NDArray[np.integer]],
    symbols: int,
    width: int,
    seed: int,
    window: int = WINDOW,
) -> NDArray[np.float32]:
    """(symbols, width), each row of length 1; of a symbol without neighbours, zeros.

    Positive pointwise mutual information of neighbours, cut to its `width` largest singular
    values, each to the power 1/2: what GloVe and word2vec factorise in their own ways (Levy and
    Goldberg 2014, "Neural word embedding as implicit matrix factorization"; Levy, Goldberg and
    Dagan 2015, "Improving distributional similarity with lessons learned from word embeddings").
    `sequences` hold ids below `symbols`. window: how far apart two symbols may stand to be counted
    as neighbours.
    """
    from sklearn.decomposition import TruncatedSVD  # it takes a second

    information = _information(_neighbours(sequences, symbols, window))
    kept = min(width, symbols - 1)
    with threadpool_limits(1):  # so that the sums, and their bits, do not depend on the cores
        svd = TruncatedSVD(kept, n_iter=4, random_state=seed)
        found = svd.fit_transform(information) / np.sqrt(np.maximum(svd.singular_values_, 1e-12))
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    result = np.zeros((symbols, width), dtype=np.float32)
    result[:, :kept] = found / np.where(lengths > 0, lengths, 1)
    return result


def _neighbours(
    sequences: Sequence[NDArray[np.integer]], symbols: int, window: int
) -> scipy.sparse.csr_matrix:
    """(symbols, symbols): how often two stand beside each other; a step apart counts twice as
    much as two."""
    ids = np.concatenate(sequences)
    owner = np.repeat(np.arange(len(sequences)), [len(each) for each in sequences])
    counts = scipy.sparse.csr_matrix((symbols, symbols))
    for apart in range(1, window + 1):
        together = owner[:-apart] == owner[apart:]
        first, second = ids[:-apart][together], ids[apart:][together]
        weights = np.full(len(first), 1 / apart)
        counts += scipy.sparse.csr_matrix((weights, (first, second)), (symbols, symbols))
    return counts + counts.T


def _information(counts: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """Of each pair, how much likelier than by chance it is, a logarithm; 0 if not likelier."""
    pairs = counts.tocoo()
    own = np.asarray(counts.sum(1)).ravel()
    context = own**CONTEXT_POWER / (own**CONTEXT_POWER).sum()
    logs = np.log(pairs.data / (own[pairs.row] * context[pairs.col]))
    return scipy.sparse.csr_matrix((np.maximum(logs, 0), (pairs.row, pairs.col)), counts.shape)
