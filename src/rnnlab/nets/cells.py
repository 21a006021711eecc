"""Recurrent cells from zero: one step each, written to be read beside the formulas.

Sizes: x_t is (batch, inputs), every state (batch, hidden). A cell's state is a tuple whose first
entry is h, the hidden state, which is also the cell's output; an LSTM's second entry is c, the
cell state. σ is the logistic function, · between states multiplies entry by entry.

`unroll` carries a cell along a sequence. tests/nets/test_cells.py proves the Elman, LSTM and GRU
cells equal to PyTorch's own nets, gradients included.
"""

from typing import Protocol

import torch
from torch import nn

State = tuple[torch.Tensor, ...]


class Cell(Protocol):
    """What `unroll` needs."""

    def start(self, x: torch.Tensor) -> State:
        """The state before the first step: zeros for each sequence of x (…, batch, inputs)."""
        ...

    def __call__(self, x: torch.Tensor, state: State) -> State: ...


def unroll(cell: Cell, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
    """Carry `cell` along x (time, batch, inputs) → hidden states (time, batch, hidden), last state.

    `state` is the one to begin with; without, the cell starts from zeros.
    """
    state = cell.start(x) if state is None else state
    outputs = []
    for step in x:
        state = cell(step, state)
        outputs.append(state[0])
    return torch.stack(outputs), state


class ElmanCell(nn.Module):
    """h_t = tanh(W x_t + U h_{t-1} + b). Elman, "Finding structure in time", 1990."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.from_input = nn.Linear(inputs, hidden)
        self.from_hidden = nn.Linear(hidden, hidden)

    def start(self, x: torch.Tensor) -> State:
        return (x.new_zeros(x.shape[-2], self.hidden),)

    def forward(self, x: torch.Tensor, state: State) -> State:
        (h,) = state
        return (torch.tanh(self.from_input(x) + self.from_hidden(h)),)


class LSTMCell(nn.Module):
    """The long short-term memory with a forget gate.

    f = σ(W_f x_t + U_f h_{t-1} + b_f)      what to keep of the cell state
    i = σ(W_i x_t + U_i h_{t-1} + b_i)      what to write to it
    g = tanh(W_g x_t + U_g h_{t-1} + b_g)   the candidate: what would be written
    o = σ(W_o x_t + U_o h_{t-1} + b_o)      what to show of it
    c_t = f · c_{t-1} + i · g
    h_t = o · tanh(c_t)

    Two linear maps to 4·hidden hold all W and all U; their sum is cut in four.
    Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.from_input = nn.Linear(inputs, 4 * hidden)
        self.from_hidden = nn.Linear(hidden, 4 * hidden)

    def start(self, x: torch.Tensor) -> State:
        zeros = x.new_zeros(x.shape[-2], self.hidden)
        return (zeros, zeros)

    def forward(self, x: torch.Tensor, state: State) -> State:
        h, c = state
        forget, write, candidate, show = (self.from_input(x) + self.from_hidden(h)).chunk(4, dim=-1)
        c = torch.sigmoid(forget) * c + torch.sigmoid(write) * torch.tanh(candidate)
        h = torch.sigmoid(show) * torch.tanh(c)
        return (h, c)


class PeepholeLSTMCell(nn.Module):
    """An LSTM whose gates also see the cell state, with one linear map per gate and source.

    i = σ(i_x(x_t) + i_h(h_{t-1}) + i_c(c_{t-1}))
    f = σ(f_x(x_t) + f_h(h_{t-1}) + f_c(c_{t-1}))
    g = tanh(g_x(x_t) + g_h(h_{t-1}))
    c_t = f · c_{t-1} + i · g
    o = σ(o_x(x_t) + o_h(h_{t-1}) + o_c(c_t))      o looks at the new cell state
    h_t = o · tanh(c_t)

    Gers and Schmidhuber's peepholes (2000) are vectors; these are full matrices.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.i_x = nn.Linear(inputs, hidden)
        self.i_h = nn.Linear(hidden, hidden)
        self.i_c = nn.Linear(hidden, hidden)
        self.f_x = nn.Linear(inputs, hidden)
        self.f_h = nn.Linear(hidden, hidden)
        self.f_c = nn.Linear(hidden, hidden)
        self.g_x = nn.Linear(inputs, hidden)
        self.g_h = nn.Linear(hidden, hidden)
        self.o_x = nn.Linear(inputs, hidden)
        self.o_h = nn.Linear(hidden, hidden)
        self.o_c = nn.Linear(hidden, hidden)

    def start(self, x: torch.Tensor) -> State:
        zeros = x.new_zeros(x.shape[-2], self.hidden)
        return (zeros, zeros)

    def forward(self, x: torch.Tensor, state: State) -> State:
        h, c = state
        i = torch.sigmoid(self.i_x(x) + self.i_h(h) + self.i_c(c))
        f = torch.sigmoid(self.f_x(x) + self.f_h(h) + self.f_c(c))
        g = torch.tanh(self.g_x(x) + self.g_h(h))
        c = f * c + i * g
        o = torch.sigmoid(self.o_x(x) + self.o_h(h) + self.o_c(c))
        h = o * torch.tanh(c)
        return (h, c)


class GRUCell(nn.Module):
    """The gated recurrent unit: two gates, no cell state of its own.

    r = σ(W_r x_t + U_r h_{t-1} + b_r)             reset: how much of h the candidate sees
    z = σ(W_z x_t + U_z h_{t-1} + b_z)             update: how much of h stays
    n = tanh(W_n x_t + b_n + r · (U_n h_{t-1} + b'_n))
    h_t = (1 - z) · n + z · h_{t-1}

    As in PyTorch and cuDNN, r acts behind U_n's product, not before it. Cho et al. 2014.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.from_input = nn.Linear(inputs, 3 * hidden)
        self.from_hidden = nn.Linear(hidden, 3 * hidden)

    def start(self, x: torch.Tensor) -> State:
        return (x.new_zeros(x.shape[-2], self.hidden),)

    def forward(self, x: torch.Tensor, state: State) -> State:
        (h,) = state
        reset_x, update_x, candidate_x = self.from_input(x).chunk(3, dim=-1)
        reset_h, update_h, candidate_h = self.from_hidden(h).chunk(3, dim=-1)
        reset = torch.sigmoid(reset_x + reset_h)
        update = torch.sigmoid(update_x + update_h)
        candidate = torch.tanh(candidate_x + reset * candidate_h)
        return ((1 - update) * candidate + update * h,)
