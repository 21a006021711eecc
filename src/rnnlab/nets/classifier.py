"""The sentiment net: word vectors → recurrent encoder → one logit."""

from typing import Literal

import torch
from torch import nn
from torch.nn import functional

from rnnlab.nets.encoder import Encoder, greatest


class Classifier(nn.Module):
    """Embedding → Encoder → pooling → Linear → logit; a positive logit says a positive review."""

    def __init__(
        self,
        vectors: torch.Tensor,
        cell: str,
        hidden: int,
        layers: int,
        directions: int,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        state_dropout: float = 0.0,
        pooling: Literal["last", "max"] = "last",
    ) -> None:
        """vectors: (words, dimension), the embedding's initial values; it is trained too.

        dropout, word_dropout, state_dropout: the shares of numbers that are dropped in training,
        between layers, of the words' vectors, and of what is read of the last layer. pooling: that
        is each direction's last state, or the greatest value of each unit.
        """
        super().__init__()
        self.word_dropout, self.state_dropout = word_dropout, state_dropout
        self.pooling = pooling
        self.embedding = nn.Embedding.from_pretrained(vectors.clone(), freeze=False)
        self.encoder = Encoder(cell, vectors.shape[1], hidden, layers, directions, dropout)
        self.linear = nn.Linear(hidden * directions, 1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """ids: (time, batch), lengths: (batch,) → logits (batch,), in fp32."""
        words = functional.dropout(self.embedding(ids), self.word_dropout, self.training)
        if self.pooling == "max":
            pooled = greatest(self.encoder.states(words, lengths), lengths)
        else:
            pooled = self.encoder(words, lengths)
        pooled = functional.dropout(pooled, self.state_dropout, self.training)
        logits: torch.Tensor = self.linear(pooled).squeeze(-1)
        return logits.float()
