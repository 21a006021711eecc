"""The cells from zero with the weights of PyTorch's own nets, and how equal the two are."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from rnnlab.nets.cells import ElmanCell, GRUCell, LSTMCell, unroll

Library = nn.RNN | nn.LSTM | nn.GRU
FromZero = ElmanCell | LSTMCell | GRUCell

# PyTorch stacks an LSTM's rows as i, f, g, o; the cell from zero as f, i, g, o.
_KINDS: dict[type[nn.RNNBase], tuple[type[FromZero], list[int]]] = {
    nn.RNN: (ElmanCell, [0]),
    nn.LSTM: (LSTMCell, [1, 0, 2, 3]),
    nn.GRU: (GRUCell, [0, 1, 2]),
}


def from_zero(library: Library) -> FromZero:
    """The cell with a copy of the weights of `library`, a net of one layer and direction."""
    kind, order = _KINDS[type(library)]
    cell = kind(library.input_size, library.hidden_size).to(next(library.parameters()).dtype)
    with torch.no_grad():
        for map_, source in ((cell.from_input, "ih"), (cell.from_hidden, "hh")):
            map_.weight.copy_(_reorder(getattr(library, f"weight_{source}_l0"), order))
            map_.bias.copy_(_reorder(getattr(library, f"bias_{source}_l0"), order))
    return cell


def _reorder(rows: torch.Tensor, order: list[int]) -> torch.Tensor:
    blocks = rows.chunk(len(order))
    return torch.cat([blocks[number] for number in order])


class Discrepancy(NamedTuple):
    """Largest absolute difference between a cell from zero and PyTorch's, entry by entry."""

    outputs: float
    """Hidden states of all steps."""
    states: float
    """Of the last step: h, and c of an LSTM."""
    gradients: float
    """Of the input, the first state and all weights, each tensor's divided by its largest entry
    if that is above 1: sums over many steps and sequences grow with their number."""


def difference(library: Library, x: torch.Tensor) -> Discrepancy:
    """Run both over x (time, batch, inputs), from a random state on, and compare.

    The gradients are those of a random weighting of all hidden states and the last state.
    """
    cell = from_zero(library)
    start = [torch.randn_like(state) for state in cell.start(x[0])]
    weighting = torch.randn(*x.shape[:2], library.hidden_size, dtype=x.dtype)

    our_x, *our_start = _leaves(x, *start)
    ours, our_last = unroll(cell, our_x, tuple(our_start))
    their_x, *their_start = _leaves(x, *start)
    packed = [state.unsqueeze(0) for state in their_start]
    theirs, last = library(their_x, packed[0] if len(packed) == 1 else tuple(packed))
    their_last = [state.squeeze(0) for state in (last if isinstance(last, tuple) else (last,))]

    order = _KINDS[type(library)][1]
    names = ("weight_ih_l0", "bias_ih_l0", "weight_hh_l0", "bias_hh_l0")
    weights = [getattr(library, name) for name in names]
    our_weights = [*cell.from_input.parameters(), *cell.from_hidden.parameters()]
    our_gradients = torch.autograd.grad(
        _loss(ours, our_last, weighting), [our_x, *our_start, *our_weights]
    )
    gradients = torch.autograd.grad(
        _loss(theirs, their_last, weighting), [their_x, *their_start, *weights]
    )
    inputs = 1 + len(start)
    their_gradients = [*gradients[:inputs], *(_reorder(each, order) for each in gradients[inputs:])]
    return Discrepancy(
        _largest([ours], [theirs]),
        _largest(our_last, their_last),
        _largest(our_gradients, their_gradients, relative=True),
    )


def _largest(
    ours: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor], relative: bool = False
) -> float:
    differences = []
    for one, other in zip(ours, theirs, strict=True):
        scale = max(1.0, other.detach().abs().max().item()) if relative else 1.0
        differences.append((one - other).detach().abs().max().item() / scale)
    return max(differences)


def _leaves(*tensors: torch.Tensor) -> list[torch.Tensor]:
    return [each.detach().clone().requires_grad_() for each in tensors]


def _loss(
    outputs: torch.Tensor, last: Sequence[torch.Tensor], weighting: torch.Tensor
) -> torch.Tensor:
    total: torch.Tensor = (outputs * weighting).sum()
    for state in last:
        total = total + state.sum()
    return total
