"""Gradients of nets whose weights are stacked (first axis: nets), each net's by itself."""

from collections.abc import Iterable

import torch


def clip(weights: Iterable[torch.Tensor], limits: torch.Tensor) -> torch.Tensor:
    """Scale each net's gradient down to its limit; the norms before, (nets,).

    weights: with a first axis over nets, and gradients; limits: (nets,).
    """
    weights = list(weights)
    own = [each.grad.flatten(1).norm(dim=1) for each in weights if each.grad is not None]
    norms: torch.Tensor = torch.stack(own).norm(dim=0)
    if limits.isfinite().any():
        scale(weights, (limits / (norms + 1e-6)).clamp(max=1.0))  # as PyTorch does it
    return norms


def scale(weights: Iterable[torch.Tensor], factors: torch.Tensor) -> None:
    """Multiply each net's gradient, in place; factors: (nets,)."""
    for weight in weights:
        if weight.grad is not None:
            weight.grad.mul_(factors.view(-1, *[1] * (weight.dim() - 1)))
