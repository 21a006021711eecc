"""Nets that tell a surname's language: one-hot symbols in, log-probabilities of languages out.

The structures are the published ones, as `print(net)` shows them. All of them take names side by
side, padded behind each one's end: ids (time, batch), lengths (batch,) → (batch, languages).
Whatever the batch, a name gets what it would get alone.

The small ones also come several nets at once (SIDE_BY_SIDE): weights by their names in the net,
each with a first axis over nets; ids (time, nets, batch), lengths (nets, batch) → (nets, batch,
languages).
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from rnnlab.nets import peephole
from rnnlab.nets.cells import PeepholeLSTMCell
from rnnlab.nets.encoder import Encoder, at
from rnnlab.nets.peephole import Weights

SideBySide = Callable[[Weights, torch.Tensor, torch.Tensor], torch.Tensor]


class TutorialRNN(nn.Module):
    """PyTorch's character-RNN tutorial, in the version that the lab copied.

    At every step, input and hidden state are concatenated; i2h makes the next hidden state of
    them, without a nonlinearity, and i2o the output. So the last output is i2o of the last symbol
    and of the hidden state *before* it.
    """

    def __init__(self, symbols: int, hidden: int, languages: int) -> None:
        super().__init__()
        self.i2h = nn.Linear(symbols + hidden, hidden)
        self.i2o = nn.Linear(symbols + hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return _alone(self, self.side_by_side, ids, lengths)

    @staticmethod
    def side_by_side(weights: Weights, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        hidden = weights["i2h.weight"].shape[1]
        symbols = weights["i2h.weight"].shape[2] - hidden
        # i2h([x, h]) = W x + U h + b; W x + b needs no loop.
        (w, u), (w_out, u_out) = (
            weights[f"{each}.weight"].transpose(1, 2).split([symbols, hidden], dim=1)
            for each in ("i2h", "i2o")
        )
        from_input = _look_up(w + weights["i2h.bias"].unsqueeze(1), ids)
        before = [from_input.new_zeros(from_input.shape[1:])]
        for step in from_input[:-1]:
            before.append(torch.baddbmm(step, before[-1], u))
        last = (lengths - 1).unsqueeze(0)
        from_last = _look_up(w_out + weights["i2o.bias"].unsqueeze(1), ids.gather(0, last))[0]
        output = torch.baddbmm(from_last, _at(torch.stack(before), lengths - 1), u_out)
        return torch.log_softmax(output.float(), dim=2)


class LibraryNamer(nn.Module):
    """PyTorch's own LSTM or GRU, stacked; the last step's output → Linear → LogSoftmax."""

    unit: torch.Tensor

    def __init__(
        self, cell: str, symbols: int, hidden: int, languages: int, layers: int = 2
    ) -> None:
        """cell: lstm or gru."""
        super().__init__()
        self.register_buffer("unit", torch.eye(symbols, device="cpu"), persistent=False)
        kinds: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}
        self.recurrent = kinds[cell](symbols, hidden, num_layers=layers)
        self.linear = nn.Linear(hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        states, _ = self.recurrent(one_hot(ids, self.unit))
        output: torch.Tensor = self.softmax(self.linear(at(states, lengths - 1)).float())
        return output


class TwoWayNamer(nn.Module):
    """An LSTM of two layers in each direction; both last states → Linear → LogSoftmax.

    In training, letters are not seen at times, and neither are parts of what a layer hands on.
    """

    unit: torch.Tensor

    def __init__(
        self, symbols: int, hidden: int, languages: int, dropout: float, unseen: float
    ) -> None:
        """dropout: of states between layers and behind the last; unseen: of whole letters."""
        super().__init__()
        self.register_buffer("unit", torch.eye(symbols, device="cpu"), persistent=False)
        self.letters = nn.Dropout1d(unseen)
        self.encoder = Encoder("lstm", symbols, hidden, 2, 2, dropout)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(2 * hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        state = self.dropout(self.encoder(self.letters(one_hot(ids, self.unit)), lengths))
        output: torch.Tensor = self.softmax(self.linear(state).float())
        return output


class PeepholeNamer(nn.Module):
    """The hand-written peephole LSTM; its last hidden state → Linear → LogSoftmax."""

    twice = False
    """Whether tanh is applied twice, a slip of the published print."""
    last_only = False
    """Whether only the last letter is read, another slip."""

    def __init__(self, symbols: int, hidden: int, languages: int) -> None:
        super().__init__()
        self.cell = PeepholeLSTMCell(symbols, hidden)
        self.linear = nn.Linear(hidden, languages)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return _alone(self, self.side_by_side, ids, lengths)

    @classmethod
    def side_by_side(
        cls, weights: Weights, ids: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        own = {name.removeprefix("cell."): weight for name, weight in weights.items()}
        if cls.last_only:
            ids, lengths = ids.gather(0, (lengths - 1).unsqueeze(0)), torch.ones_like(lengths)
        states = peephole.carry(own, _look_up(peephole.of_symbols(own), ids), cls.twice)
        to_languages = weights["linear.weight"].transpose(1, 2)
        bias = weights["linear.bias"].unsqueeze(1)
        output = torch.baddbmm(bias, _at(states, lengths - 1), to_languages)
        return torch.log_softmax(output.float(), dim=2)


class TanhTwice(PeepholeNamer):
    """h = o · tanh(c) · tanh(c): the output gate's function has tanh(c) in it already."""

    twice = True


class LastLetter(PeepholeNamer):
    """(time, 1, symbols) read as (batch, time, symbols): all it sees is a step, the last letter."""

    last_only = True


class AsPrinted(TanhTwice, LastLetter):
    """Both, as the published report prints it."""


def _alone(
    net: nn.Module, side_by_side: SideBySide, ids: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    weights = {name: weight.unsqueeze(0) for name, weight in net.named_parameters()}
    return side_by_side(weights, ids.unsqueeze(1), lengths.unsqueeze(0))[0]


def _look_up(rows: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """rows: (nets, symbols, width), ids: (time, nets, batch) → (time, nets, batch, width)."""
    nets, symbols, _ = rows.shape
    first = symbols * torch.arange(nets, device=ids.device).unsqueeze(1)
    return functional.embedding(ids + first, rows.flatten(0, 1))


def _at(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """x: (time, nets, batch, width), steps: (nets, batch) → (nets, batch, width)."""
    places = torch.arange(steps.numel(), device=x.device).view(steps.shape)
    return x.flatten(0, 2)[steps * steps.numel() + places]


def one_hot(ids: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
    """ids (time, batch) → (time, batch, symbols): rows of the unit matrix, looked up, not made."""
    return functional.embedding(ids, unit)


_SMALL: dict[str, type[TutorialRNN] | type[PeepholeNamer]] = {
    "tutorial-rnn": TutorialRNN,
    "peephole-lstm": PeepholeNamer,
    "peephole-tanh-twice": TanhTwice,
    "peephole-last-letter": LastLetter,
    "peephole-as-printed": AsPrinted,
}
SIDE_BY_SIDE: dict[str, SideBySide] = {name: net.side_by_side for name, net in _SMALL.items()}


def build(
    structure: str,
    symbols: int,
    hidden: int,
    languages: int,
    dropout: float = 0.0,
    unseen: float = 0.0,
) -> nn.Module:
    """The net called `structure`: tutorial-rnn, lstm, gru, bilstm, peephole-lstm, …

    dropout, unseen: of bilstm.
    """
    if structure == "bilstm":
        return TwoWayNamer(symbols, hidden, languages, dropout, unseen)
    if structure in _SMALL:
        return _SMALL[structure](symbols, hidden, languages)
    return LibraryNamer(structure, symbols, hidden, languages)
