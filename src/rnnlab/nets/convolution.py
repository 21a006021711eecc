"""A small convolutional net for sequences: Kim, "Convolutional neural networks for sentence
classification", 2014."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from rnnlab.nets.encoder import greatest


class Convolution(nn.Module):
    """Embedding → filters over windows of words → greatest values → ReLU → Linear → logit.

    Every window that begins within a sequence counts; one that reaches over its end finds zeros
    there, so that what is padded behind it can't be seen.
    """

    def __init__(self, vectors: torch.Tensor, widths: Sequence[int], filters: int) -> None:
        """vectors: (words, dimension), the embedding's initial values; it is trained too.

        widths: of the windows, in words; filters: how many there are of each width.
        """
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(vectors.clone(), freeze=False)
        self.filters = nn.ModuleList(
            nn.Conv1d(vectors.shape[1], filters, width) for width in widths
        )
        self.linear = nn.Linear(filters * len(widths), 1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """ids: (time, batch), lengths: (batch,) → logits (batch,), in fp32."""
        step = torch.arange(len(ids), device=ids.device).unsqueeze(1)
        words = self.embedding(ids) * (step < lengths).unsqueeze(2)
        words = words.permute(1, 2, 0)  # batch, dimension, time
        layers = cast(Sequence[nn.Conv1d], self.filters)
        pooled = torch.cat([_greatest(each, words, lengths) for each in layers], dim=1)
        logits: torch.Tensor = self.linear(functional.relu(pooled)).squeeze(1)
        return logits.float()


def _greatest(layer: nn.Conv1d, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """words: (batch, dimension, time) → (batch, filters)."""
    (width,) = layer.kernel_size
    found: torch.Tensor = layer(functional.pad(words, (0, width - 1)))
    return greatest(found.permute(2, 0, 1), lengths)
