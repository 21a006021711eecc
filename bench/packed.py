"""What people write: nn.LSTM over a packed sequence, PyTorch's default settings, dense Adam.

Two styles, by the size of the embedding. `seed-style`, as the published lab describes it: a
vocabulary of 400,000 words, all of them trained. `tutorial-style`: the commonest 25,000 words; the
others are one unknown word. Needs PyTorch and NumPy alone.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from bench import reviews as files
from bench.contender import serve

WORDS = {"seed-style": 400_000, "tutorial-style": 25_000}
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
RATE = 0.001


class PackedClassifier(nn.Module):
    """Embedding → packed recurrent net → last layer's last state(s) → Linear → logit."""

    def __init__(
        self, words: int, cell: str, layers: int, directions: int, dimension: int, hidden: int
    ) -> None:
        super().__init__()
        self.directions = directions
        self.embedding = nn.Embedding(words, dimension)
        self.recurrent = CELLS[cell](
            dimension, hidden, num_layers=layers, bidirectional=directions == 2
        )
        self.linear = nn.Linear(hidden * directions, 1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """ids: (time, batch); lengths: (batch,), on the CPU, as packing wants them."""
        packed = pack_padded_sequence(self.embedding(ids), lengths, enforce_sorted=False)
        _, state = self.recurrent(packed)
        hidden = state[0] if isinstance(state, tuple) else state
        last = torch.cat(list(hidden[-self.directions :]), dim=1)
        return self.linear(last).squeeze(-1)


class Packed:
    """One style's net with its optimizer and its batches."""

    def __init__(self, style: str, net: dict[str, Any], data: str, device: str = "cpu") -> None:
        reviews = files.read(Path(data))
        rows = files.chosen(reviews, files.count_chosen(net["layers"]))
        self.device = torch.device(device)
        torch.manual_seed(2077)
        words = WORDS[style]
        self.net = PackedClassifier(words, **net).to(self.device)
        self.adam = torch.optim.Adam(self.net.parameters(), RATE)
        self.batches = [batch(reviews, each, words) for each in rows]

    def train(self, batches: list[int]) -> dict[str, Any]:
        self.net.train()
        losses, tokens = [], 0
        started = time.perf_counter()
        for number in batches:
            ids, lengths, labels = self.batches[number]
            self.adam.zero_grad()
            logits = self.net(ids.to(self.device), lengths)
            loss = nn.functional.binary_cross_entropy_with_logits(logits, labels.to(self.device))
            loss.backward()
            self.adam.step()
            losses.append(loss.item())
            tokens += int(lengths.sum())
        return {"tokens": tokens, "seconds": time.perf_counter() - started, "losses": losses}


def batch(
    reviews: files.Reviews, rows: files.Rows, words: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids (time, batch), lengths, labels; words from number `words` on become the unknown one."""
    sequences = [reviews.sequence(row) for row in rows]
    ids = files.padded([np.where(each < words, each, 1) for each in sequences])
    return (
        torch.from_numpy(ids.T.copy()),
        torch.from_numpy(reviews.lengths(rows)),
        torch.from_numpy(reviews.label[rows].astype(np.float32)),
    )


if __name__ == "__main__":
    serve(Packed)
