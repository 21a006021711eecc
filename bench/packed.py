"""What people write: nn.LSTM over a packed sequence, PyTorch's default settings, dense Adam.

Two styles, by the size of the embedding. `seed-style`, as the published lab describes it: a
vocabulary of 400,000 words, all of them trained. `tutorial-style`: the commonest 25,000 words; the
others are one unknown word.
"""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils.rnn import pack_padded_sequence

from bench import reviews as files
from bench.contest import HIDDEN, StepByStep, Work
from rnnlab.labs.sentiment.settings import Shape

WORDS = {"seed-style": 400_000, "tutorial-style": 25_000}
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
RATE = 0.001


class PackedClassifier(nn.Module):
    """Embedding → packed recurrent net → last layer's last state(s) → Linear → logit."""

    def __init__(self, words: int, shape: Shape, hidden: int) -> None:
        super().__init__()
        cell, layers, self.directions, dimension = shape
        self.embedding = nn.Embedding(words, dimension)
        both = self.directions == 2
        self.recurrent = CELLS[cell](dimension, hidden, num_layers=layers, bidirectional=both)
        self.linear = nn.Linear(hidden * self.directions, 1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """ids: (time, batch); lengths: (batch,), on the CPU, as packing wants them."""
        packed = pack_padded_sequence(self.embedding(ids), lengths, enforce_sorted=False)
        _, state = self.recurrent(packed)
        hidden = state[0] if isinstance(state, tuple) else state
        last = torch.cat(list(hidden[-self.directions :]), dim=1)
        logits: torch.Tensor = self.linear(last).squeeze(-1)
        return logits


class Packed(StepByStep):
    """One style's net."""

    def __init__(self, style: str, net: str, work: Work) -> None:
        torch.manual_seed(2077)
        self.device = torch.device(work.device)
        self.net = PackedClassifier(WORDS[style], Shape.of(net), HIDDEN).to(self.device)
        self.adam = torch.optim.Adam(self.net.parameters(), RATE)
        reviews = files.read(work.data)
        chosen = files.chosen(reviews, work.batches)
        batches = [tensors(reviews, rows, WORDS[style]) for rows in chosen]
        super().__init__(batches, [int(lengths.sum()) for _, lengths, _ in batches])

    def step(self, batch: list[torch.Tensor]) -> float:
        ids, lengths, labels = batch
        self.adam.zero_grad()
        logits = self.net(ids.to(self.device), lengths)
        loss = binary_cross_entropy_with_logits(logits, labels.to(self.device))
        loss.backward()
        self.adam.step()
        return loss.item()


def tensors(reviews: files.Reviews, rows: files.Rows, words: int) -> list[torch.Tensor]:
    """ids (time, batch), lengths (batch,), labels (batch,)."""
    ids, lengths, labels = files.padded(reviews, rows, words)
    return [torch.from_numpy(each) for each in (ids.T.copy(), lengths, labels)]
