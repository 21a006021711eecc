"""The sentiment net: word vectors → recurrent encoder → one logit."""

import torch
from torch import nn

from rnnlab.nets.encoder import Encoder


class Classifier(nn.Module):
    """Embedding → Encoder → Linear → logit; a positive logit says a positive review."""

    def __init__(
        self,
        vectors: torch.Tensor,
        cell: str,
        hidden: int,
        layers: int,
        directions: int,
        dropout: float = 0.0,
    ) -> None:
        """vectors: (words, dimension), the embedding's initial values; it is trained too."""
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(vectors.clone(), freeze=False)
        self.encoder = Encoder(cell, vectors.shape[1], hidden, layers, directions, dropout)
        self.linear = nn.Linear(hidden * directions, 1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """ids: (time, batch), lengths: (batch,) → logits (batch,), in fp32."""
        states = self.encoder(self.embedding(ids), lengths)
        logits: torch.Tensor = self.linear(states).squeeze(-1)
        return logits.float()
