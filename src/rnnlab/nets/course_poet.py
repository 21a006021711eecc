"""The net of a course's exercise on Tang poems, which the published poetry run trained."""

import math

import torch
from torch import nn
from torch.nn import functional

from rnnlab.nets.language_model import Surprise
from rnnlab.nets.recurrence import State

EMBEDDING, HIDDEN, LAYERS = 100, 128, 2


class CoursePoet(nn.Module):
    """Embedding → LSTM of two layers → Linear to the whole vocabulary → ReLU → softmax.

    As in the exercise of nndl (chapter 6, Tang poems, PyTorch): vectors begin uniform in ±1, the
    Linear's weights in ±√(6 / (inputs + outputs)) (Glorot and Bengio 2010), its biases at 0. The
    ReLU forbids negative scores: no character can be less probable than e^0 is beside the others.
    """

    def __init__(self, symbols: int, relu: bool = True) -> None:
        """symbols: size of the vocabulary; relu: false leaves the ReLU out."""
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.empty(symbols, EMBEDDING), freeze=False)
        nn.init.uniform_(self.embedding.weight, -1, 1)
        self.cell = nn.LSTM(EMBEDDING, HIDDEN, LAYERS)
        self.output = nn.Linear(HIDDEN, symbols)
        bound = math.sqrt(6 / (HIDDEN + symbols))
        nn.init.uniform_(self.output.weight, -bound, bound)
        nn.init.zeros_(self.output.bias)
        self.relu = nn.ReLU() if relu else nn.Identity()

    def states(self, ids: torch.Tensor, before: State | None = None) -> tuple[torch.Tensor, State]:
        """ids: (time, batch) → what the output layer reads, (time, batch, HIDDEN), and the state.

        `before` is the state that an earlier call ended with; None: the beginning.
        """
        states, after = self.cell(self.embedding(ids), before)
        return states, after

    def surprise(self, ids: torch.Tensor, targets: torch.Tensor, real: torch.Tensor) -> Surprise:
        """ids, targets: (time, batch); real: (time, batch) bool, N of them true."""
        scores, targets = self._scores(self.states(ids)[0][real]), targets[real]
        nats = functional.cross_entropy(scores, targets, reduction="none")
        return Surprise(nats, scores.detach().argmax(1) == targets)

    def log_probabilities(self, states: torch.Tensor) -> torch.Tensor:
        """states: (batch, HIDDEN) → (batch, symbols), fp32."""
        return functional.log_softmax(self._scores(states), 1)

    def _scores(self, states: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.relu(self.output(states)).float()
        return scores
