"""A recurrent encoder over padded sequences: each sequence becomes one vector."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from rnnlab.nets.recurrence import carry

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
    forward direction has not come there yet, and the backward direction reads each sequence
    reversed by its own length, so that it too starts on real input.

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
        states = self.states(x, lengths)
        return torch.cat([at(state, lengths - 1) for state in states], dim=-1)

    def states(self, x: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
        """The last layer's states, one (time, batch, hidden) tensor a direction.

        Each in its own reading order: step 0 of the backward direction is a sequence's last
        token. Behind a sequence's end the values mean nothing.
        """
        for number, layer in enumerate(self.layers):
            if number:
                x = self.dropout(x)
            forward, *backward = cast(Sequence[nn.RNNBase], layer)
            states = [carry(forward, x)[0]]
            if backward:
                order = backwards(lengths, x.shape[0])
                states.append(carry(backward[0], reorder(x, order))[0])
                if number < len(self.layers) - 1:
                    x = torch.cat([states[0], reorder(states[1], order)], dim=-1)
            else:
                x = states[0]
        return states


def backwards(lengths: torch.Tensor, steps: int) -> torch.Tensor:
    """(time, batch) indices that reverse each sequence by its own length and leave its padding."""
    step = torch.arange(steps, device=lengths.device).unsqueeze(1)
    return torch.where(step < lengths, lengths - 1 - step, step)


def reorder(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """x: (time, batch, width), with step t of sequence b taken from step order[t, b]."""
    steps, batch, width = x.shape
    flat = (order * batch + torch.arange(batch, device=x.device)).flatten()
    return x.reshape(steps * batch, width).index_select(0, flat).view(steps, batch, width)


def at(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """x: (time, batch, width), steps: (batch,) → (batch, width), sequence b at its step."""
    return x[steps, torch.arange(x.shape[1], device=x.device)]
