"""A recurrent encoder over padded sequences: each sequence becomes one vector."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import nn

from rnnlab.nets.recurrence import carry, carry_back, knows

CELLS: dict[str, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


class Encoder(nn.Module):
    """Stacked RNN (Elman, tanh), LSTM or GRU layers in one or two directions.

    Equal, in outputs and gradients, to PyTorch's own net over a packed sequence; but here the
    batch stays padded and each sequence's last state is picked out afterwards, which on a CPU
    takes a small part of the time. Padding behind a sequence's end can't reach its states: the
    forward direction has not come there yet, and the backward direction starts each sequence at its
    own end.

    `layers[i][0]` reads forward, `layers[i][1]`, if there, backward. Dropout acts between
    layers, in training.
    """

    def __init__(
        self,
        cell: str,
        inputs: int,
        hidden: int,
        layers: int,
        directions: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        widths = [inputs] + [hidden * directions] * (layers - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(CELLS[cell](width, hidden) for _ in range(directions)) for width in widths
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """x: (time, batch, inputs), lengths: (batch,) → (batch, hidden · directions).

        The last layer's final states: forward at each sequence's last step, backward at its first.
        """
        x, (forward, *backward) = self._below(x, lengths)
        last = [at(carry(forward, x)[0], lengths - 1)]
        for net in backward:
            if knows(net, x):
                last.append(carry_back(net, x, lengths)[0])
            else:
                order = backwards(lengths, len(x))
                last.append(at(carry(net, reorder(x, order))[0], lengths - 1))
        return torch.cat(last, dim=-1)

    def states(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """x: (time, batch, inputs), lengths: (batch,) → (time, batch, hidden · directions).

        All states of the last layer. Behind a sequence's end the values mean nothing.
        """
        x, last = self._below(x, lengths)
        return _states(last, x, lengths)

    def _below(
        self, x: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, Sequence[nn.RNNBase]]:
        """What the last layer reads, and that layer."""
        *lower, last = cast(Sequence[Sequence[nn.RNNBase]], self.layers)
        for layer in lower:
            x = self.dropout(_states(layer, x, lengths))
        return x, last


def greatest(states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """states: (time, batch, width), lengths: (batch,) → (batch, width).

    The greatest value that each number takes within its sequence (max-pooling).
    """
    step = torch.arange(len(states), device=states.device).unsqueeze(1)
    behind = (step >= lengths).unsqueeze(-1)
    return states.masked_fill(behind, -torch.inf).amax(0)


def _states(layer: Sequence[nn.RNNBase], x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """A layer's states, both directions side by side: (time, batch, hidden · directions).

    In the order of x. Behind a sequence's end the values mean nothing.
    """
    forward, *backward = layer
    states = carry(forward, x)[0]
    if not backward:
        return states
    if knows(backward[0], x):
        others = carry_back(backward[0], x, lengths)
    else:
        order = backwards(lengths, len(x))
        others = reorder(carry(backward[0], reorder(x, order))[0], order)
    return torch.cat([states, others], dim=-1)


def backwards(lengths: torch.Tensor, steps: int) -> torch.Tensor:
    """(time, batch) indices that reverse each sequence by its own length and leave its padding."""
    step = torch.arange(steps, device=lengths.device).unsqueeze(1)
    return torch.where(step < lengths, lengths - 1 - step, step)


def reorder(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """x: (time, batch, width), with step t of sequence b taken from step order[t, b].

    The order is one of `backwards`.
    """
    batch = x.shape[1]
    flat = (order * batch + torch.arange(batch, device=x.device)).flatten()
    reordered: torch.Tensor = _Reorder.apply(x, flat)  # type: ignore[no-untyped-call]
    return reordered


class _Reorder(torch.autograd.Function):
    """The rows of x: (time, batch, width) in an order that is its own inverse.

    So gradients take the same way back, where PyTorch, which cannot know, would add each row up.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(order)
        return x.flatten(0, 1).index_select(0, order).view(x.shape)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        (order,) = ctx.saved_tensors
        return cast(torch.Tensor, _Reorder.apply(grad, order)), None  # type: ignore[no-untyped-call]


def at(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """x: (time, batch, width), steps: (batch,) → (batch, width), sequence b at its step."""
    return x[steps, torch.arange(x.shape[1], device=x.device)]
