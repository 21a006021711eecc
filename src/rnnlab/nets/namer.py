"""Nets that tell a surname's language: one-hot symbols in, log-probabilities of languages out.

The structures are the published ones, as `print(net)` shows them. All of them take names side by
side, padded behind each one's end: ids (time, batch), lengths (batch,) → (batch, languages).
Whatever the batch, a name gets what it would get alone.
"""

import torch
from torch import nn
from torch.nn import functional

from rnnlab.nets.cells import PeepholeLSTMCell
from rnnlab.nets.encoder import at


class TutorialRNN(nn.Module):
    """PyTorch's character-RNN tutorial, in the version that the lab copied.

    At every step, input and hidden state are concatenated; i2h makes the next hidden state of
    them, without a nonlinearity, and i2o the output. So the last output is i2o of the last symbol
    and of the hidden state *before* it.
    """

    unit: torch.Tensor

    def __init__(self, symbols: int, hidden: int, languages: int) -> None:
        super().__init__()
        self.symbols, self.hidden = symbols, hidden
        self.register_buffer("unit", torch.eye(symbols), persistent=False)
        self.i2h = nn.Linear(symbols + hidden, hidden)
        self.i2o = nn.Linear(symbols + hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        x = one_hot(ids, self.unit)
        # i2h([x, h]) = W x + U h + b; W x + b needs no loop.
        w, u = torch.split(self.i2h.weight, [self.symbols, self.hidden], dim=1)
        from_input = functional.linear(x, w, self.i2h.bias)
        before = [from_input.new_zeros(len(lengths), self.hidden)]
        for step in from_input[:-1]:
            before.append(torch.addmm(step, before[-1], u.t()))
        last = lengths - 1
        h = at(torch.stack(before), last)
        output: torch.Tensor = self.softmax(
            self.i2o(torch.cat([at(x, last).to(h.dtype), h], dim=1)).float()
        )
        return output


class LibraryNamer(nn.Module):
    """PyTorch's own LSTM or GRU, stacked; the last step's output → Linear → LogSoftmax."""

    unit: torch.Tensor

    def __init__(
        self, cell: str, symbols: int, hidden: int, languages: int, layers: int = 2
    ) -> None:
        """cell: lstm or gru."""
        super().__init__()
        self.register_buffer("unit", torch.eye(symbols), persistent=False)
        kinds: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}
        self.recurrent = kinds[cell](symbols, hidden, num_layers=layers)
        self.linear = nn.Linear(hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        states, _ = self.recurrent(one_hot(ids, self.unit))
        output: torch.Tensor = self.softmax(self.linear(at(states, lengths - 1)).float())
        return output


class PeepholeNamer(nn.Module):
    """The hand-written peephole LSTM; its last hidden state → Linear → LogSoftmax."""

    unit: torch.Tensor

    def __init__(self, symbols: int, hidden: int, languages: int) -> None:
        super().__init__()
        self.register_buffer("unit", torch.eye(symbols), persistent=False)
        self.cell = PeepholeLSTMCell(symbols, hidden)
        self.linear = nn.Linear(hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        states = peephole_states(self.cell, one_hot(ids, self.unit))
        output: torch.Tensor = self.softmax(self.linear(at(states, lengths - 1)).float())
        return output


def peephole_states(cell: PeepholeLSTMCell, x: torch.Tensor) -> torch.Tensor:
    """What `unroll(cell, x)` gives, x (time, batch, inputs) → (time, batch, hidden), faster.

    Maps from the same source are laid side by side and taken as one product. On single names,
    where the number of operations is what costs time, that halves it.
    """
    of_x = [cell.i_x, cell.f_x, cell.o_x, cell.g_x]
    of_h = [cell.i_h, cell.f_h, cell.o_h, cell.g_h]
    w_x = torch.cat([each.weight for each in of_x])
    w_h = torch.cat([each.weight for each in of_h]).t()
    w_c = torch.cat([cell.i_c.weight, cell.f_c.weight]).t()
    # Added up before they are laid side by side: slices of one gradient would end as gradients of
    # several biases that share their memory, and be clipped several times.
    bias = torch.cat(
        [
            cell.i_x.bias + cell.i_h.bias + cell.i_c.bias,
            cell.f_x.bias + cell.f_h.bias + cell.f_c.bias,
            cell.o_x.bias + cell.o_h.bias + cell.o_c.bias,
            cell.g_x.bias + cell.g_h.bias,
        ]
    )
    cut = [2 * cell.hidden, cell.hidden, cell.hidden]
    h, c = cell.start(x)
    states = []
    for step in functional.linear(x, w_x, bias):
        both, show, candidate = torch.split(torch.addmm(step, h, w_h), cut, dim=1)
        write, forget = torch.sigmoid(torch.addmm(both, c, w_c)).chunk(2, dim=1)
        c = forget * c + write * torch.tanh(candidate)
        h = torch.sigmoid(torch.addmm(show, c, cell.o_c.weight.t())) * torch.tanh(c)
        states.append(h)
    return torch.stack(states)


def one_hot(ids: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
    """ids (time, batch) → (time, batch, symbols): rows of the unit matrix, looked up, not made."""
    return functional.embedding(ids, unit)


def build(structure: str, symbols: int, hidden: int, languages: int) -> nn.Module:
    """The net called `structure`: tutorial-rnn, lstm, peephole-lstm or gru."""
    if structure == "tutorial-rnn":
        return TutorialRNN(symbols, hidden, languages)
    if structure == "peephole-lstm":
        return PeepholeNamer(symbols, hidden, languages)
    return LibraryNamer(structure, symbols, hidden, languages)
