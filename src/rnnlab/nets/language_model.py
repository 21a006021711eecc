"""The character language model: which symbol comes next? One net for three recurrent cells."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from rnnlab.nets.encoder import CELLS
from rnnlab.nets.recurrence import State, carry

HEADS = 32
"""Vectors of a cluster. Validation loss of the LSTM after an epoch of the Tang poems, in nats a
symbol: 4.833 with one, 4.828 with 8, 4.824 with 32; with a plain softmax, half as fast, 4.816."""


class Surprise(NamedTuple):
    """What the net made of N symbols that did come."""

    nats: torch.Tensor
    """(N,) fp32: minus the logarithm of the probability that the net gave to each."""
    hits: torch.Tensor
    """(N,) bool: was it the net's guess? Of a symbol in a cluster: the likeliest there, in what
    is likelier than any other cluster and any common symbol."""


class LanguageModel(nn.Module):
    """Embedding → RNN (Elman, tanh), LSTM or GRU → Linear → scores against the same embedding.

    Input and output share one table of vectors (Press and Wolf 2017, "Using the output embedding
    to improve language models"). To what the Linear makes of the cell's state is added what
    another makes of the vector of the symbol just read (direct connections, as in Bengio,
    Ducharme, Vincent and Jauvin 2003, "A neural probabilistic language model"): what often
    follows a character is then learnt at once, and the cell is left to what comes from further
    back.
    """

    def __init__(
        self,
        cell: str,
        symbols: int,
        embedding: int,
        hidden: int,
        layers: int,
        dropout: float = 0.0,
        clusters: Sequence[int] = (),
    ) -> None:
        """symbols: size of the vocabulary, ids by falling frequency. clusters: see `Output`."""
        super().__init__()
        vectors = torch.normal(0.0, embedding**-0.5, (symbols, embedding))
        self.embedding = nn.Embedding.from_pretrained(vectors, freeze=False)
        between = dropout if layers > 1 else 0.0
        self.cell: Any = CELLS[cell](embedding, hidden, layers, dropout=between)
        self.narrow = nn.Linear(hidden, embedding)
        self.direct = nn.Linear(embedding, embedding, bias=False)
        self.output = Output(symbols, embedding, clusters)
        self.dropout = Dropout(dropout)

    def states(self, ids: torch.Tensor, before: State | None = None) -> tuple[torch.Tensor, State]:
        """ids: (time, batch) → what the output layer reads, and the state that it ends with.

        The first is (time, batch, embedding). `before` is the state that an earlier call ended
        with; None: the beginning.
        """
        # The table's rows are short, as suits scores; the cell reads them at unit variance.
        x = self.dropout(self.embedding(ids) * self.embedding.embedding_dim**0.5)
        states, after = carry(self.cell, x, before)
        return self.dropout(self.narrow(states) + self.direct(x)), after

    def surprise(self, ids: torch.Tensor, targets: torch.Tensor, real: torch.Tensor) -> Surprise:
        """ids, targets: (time, batch); real: (time, batch) bool, N of them true.

        The output layer, by far the most expensive part, is asked about real symbols only.
        """
        states, _ = self.states(ids)
        return self.output.surprise(states[real], targets[real], self.embedding.weight)

    def log_probabilities(self, states: torch.Tensor) -> torch.Tensor:
        """states: (batch, embedding) → (batch, symbols), fp32, over the whole vocabulary."""
        return self.output.log_probabilities(states, self.embedding.weight)


class Dropout(nn.Dropout):
    """PyTorch's, the mask drawn faster: on a CPU uniform numbers come faster than Bernoulli's."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape, device=x.device).ge_(self.p)
        return x * kept.mul_(1 / (1 - self.p)).to(x.dtype)


class Output(nn.Module):
    """A softmax over the vocabulary in two steps: the common symbols, and clusters of the others.

    Grave, Joulin, Cissé, Grangier and Jégou 2017, "Efficient softmax approximation for GPUs",
    here with the vectors of all symbols at full width. Symbols below clusters[0] are
    scored directly, beside one score a cluster; a symbol in a cluster has the cluster's
    probability times its own within the cluster. The probabilities of all symbols add up to
    exactly 1, so the loss is that of a complete model; and training touches a cluster only where
    one of its symbols did come. With no clusters this is the plain softmax.

    In a plain softmax a cluster would weigh as much as the exponentials of its symbols' scores
    together. One score, linear in what is read, is far from that; so a cluster has `HEADS`
    vectors that stand for its symbols, and its score is the logsumexp of theirs.
    """

    def __init__(self, symbols: int, width: int, clusters: Sequence[int] = ()) -> None:
        """clusters: ids at which clusters begin, ascending; those beyond `symbols` are left out."""
        super().__init__()
        starts = [start for start in clusters if start < symbols]
        self.bounds = list(pairwise([*starts, symbols]))
        self.common = starts[0] if starts else symbols
        self.bias = nn.Parameter(torch.zeros(symbols))
        heads = HEADS * len(starts)
        self.vectors = nn.Parameter(torch.normal(0.0, width**-0.5, (heads, width)))
        self.cluster_bias = nn.Parameter(torch.zeros(heads))

    def begin_with(self, counts: torch.Tensor) -> None:
        """Set the biases so that symbols are as probable as they are frequent, if all else is 0.

        counts: (symbols,), how often each symbol comes. Learning what comes often takes an
        untrained net its first thousand steps otherwise.
        """
        shares = ((counts + 1) / (counts + 1).sum()).log()
        with torch.no_grad():
            self.bias.copy_(shares)
            heads = self.cluster_bias.view(-1, HEADS)
            for own, (start, end) in zip(heads, self.bounds, strict=True):
                own.fill_(shares[start:end].logsumexp(0) - math.log(HEADS))

    def surprise(self, x: torch.Tensor, targets: torch.Tensor, table: torch.Tensor) -> Surprise:
        """x: (N, width), targets: (N,), table: (symbols, width)."""
        first = targets.clone()  # the target's place among the scores of the first step
        for number, (start, end) in enumerate(self.bounds):
            first[(targets >= start) & (targets < end)] = self.common + number
        common, *clusters = self._parts(table)
        scores = self._first(x, *common)
        nats = functional.cross_entropy(scores, first, reduction="none")
        hits = scores.detach().argmax(1) == first
        for number, (cluster, (start, _)) in enumerate(zip(clusters, self.bounds, strict=True)):
            rows = torch.nonzero(first == self.common + number).squeeze(1)
            own = targets[rows] - start
            scores = _scores(x[rows], *cluster)
            nats = nats.index_add(0, rows, functional.cross_entropy(scores, own, reduction="none"))
            hits[rows] &= scores.detach().argmax(1) == own
        return Surprise(nats, hits)

    def log_probabilities(self, x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """x: (N, width), table: (symbols, width) → (N, symbols)."""
        common, *clusters = self._parts(table)
        first = functional.log_softmax(self._first(x, *common), 1)
        parts = [first[:, : self.common]]
        for number, cluster in enumerate(clusters):
            within = functional.log_softmax(_scores(x, *cluster), 1)
            parts.append(within + first[:, self.common + number, None])
        return torch.cat(parts, 1)

    def _first(self, x: torch.Tensor, vectors: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
        """(N, common symbols + clusters): the first step's scores."""
        scores = _scores(x, vectors, biases)
        if not self.bounds:
            return scores
        common, heads = scores.tensor_split([self.common], 1)
        return torch.cat([common, heads.unflatten(1, (-1, HEADS)).logsumexp(2)], 1)

    def _parts(self, table: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Vectors and biases that the first step reads, then each cluster's."""
        sizes = [self.common, *(end - start for start, end in self.bounds)]
        # Cut in one go: the gradients of pieces cut one by one would each be as large as the table.
        vectors, biases = list(table.split(sizes)), list(self.bias.split(sizes))
        vectors[0] = torch.cat([vectors[0], self.vectors])
        biases[0] = torch.cat([biases[0], self.cluster_bias])
        return list(zip(vectors, biases, strict=True))


def _scores(x: torch.Tensor, vectors: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
    return functional.linear(x, vectors, biases).float()
