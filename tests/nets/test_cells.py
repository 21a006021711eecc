"""The cells from zero are PyTorch's: same weights, same outputs, states and gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import stack_module_state
from torch.nn import functional

from rnnlab.nets import peephole
from rnnlab.nets.cells import ElmanCell, GRUCell, LSTMCell, PeepholeLSTMCell, unroll

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
# PyTorch's order of an LSTM's rows is i, f, g, o; ours is f, i, g, o, as in the lab's text.
KINDS = {
    "elman": (ElmanCell, nn.RNN, [0]),
    "lstm": (LSTMCell, nn.LSTM, [1, 0, 2, 3]),
    "gru": (GRUCell, nn.GRU, [0, 1, 2]),
}

sizes = st.tuples(*(st.integers(1, top) for top in (9, 4, 7, 8)))
dtypes = st.sampled_from(list(TOLERANCE))


def copy_weights(library: nn.RNNBase, cell: nn.Module, order: list[int]) -> None:
    """Give `cell` the weights of `library`, whose blocks of rows stand in another `order`."""
    for ours, theirs in ((cell.from_input, "ih"), (cell.from_hidden, "hh")):
        with torch.no_grad():
            ours.weight.copy_(reorder(getattr(library, f"weight_{theirs}_l0"), order))
            ours.bias.copy_(reorder(getattr(library, f"bias_{theirs}_l0"), order))


def reorder(rows: torch.Tensor, order: list[int]) -> torch.Tensor:
    blocks = rows.chunk(len(order))
    return torch.cat([blocks[number] for number in order])


def leaves(*tensors: torch.Tensor) -> list[torch.Tensor]:
    return [each.detach().clone().requires_grad_() for each in tensors]


@pytest.mark.parametrize("kind", KINDS)
@given(size=sizes, dtype=dtypes, seed=st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_equals_pytorch(kind, size, dtype, seed):
    make_cell, make_library, order = KINDS[kind]
    time, batch, inputs, hidden = size
    torch.manual_seed(seed)
    library = make_library(inputs, hidden).to(dtype)
    cell = make_cell(inputs, hidden).to(dtype)
    copy_weights(library, cell, order)
    x = torch.randn(time, batch, inputs, dtype=dtype)
    start = [torch.randn(batch, hidden, dtype=dtype) for _ in cell.start(x)]
    weights_of_sum = torch.randn(time, batch, hidden, dtype=dtype)

    our_x, *our_start = leaves(x, *start)
    ours, our_last = unroll(cell, our_x, tuple(our_start))
    their_x, *their_start = leaves(x, *start)
    packed = tuple(each.unsqueeze(0) for each in their_start)
    theirs, their_last = library(their_x, packed if kind == "lstm" else packed[0])
    their_last = their_last if kind == "lstm" else (their_last,)

    near = {"atol": TOLERANCE[dtype], "rtol": TOLERANCE[dtype]}
    torch.testing.assert_close(ours, theirs, **near)
    for one, other in zip(our_last, their_last, strict=True):
        torch.testing.assert_close(one, other.squeeze(0), **near)

    for output, last in ((ours, our_last), (theirs, their_last)):
        ((output * weights_of_sum).sum() + sum(each.sum() for each in last)).backward()
    for one, other in zip([our_x, *our_start], [their_x, *their_start], strict=True):
        torch.testing.assert_close(one.grad, other.grad, **near)
    for mine, name in ((cell.from_input, "ih"), (cell.from_hidden, "hh")):
        for what in ("weight", "bias"):
            grad = reorder(getattr(library, f"{what}_{name}_l0").grad, order)
            torch.testing.assert_close(getattr(mine, what).grad, grad, **near)


@given(size=sizes, dtype=dtypes, seed=st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_peephole_cells_side_by_side_equal_each_alone(size, dtype, seed):
    time, batch, inputs, hidden = size
    torch.manual_seed(seed)
    cells = [PeepholeLSTMCell(inputs, hidden).to(dtype) for _ in range(3)]
    ids = torch.randint(inputs, (time, 3, batch))
    alone = []
    for number, cell in enumerate(cells):
        states, _ = unroll(cell, functional.one_hot(ids[:, number], inputs).to(dtype))
        states.square().sum().backward()
        alone.append(states)
    weights, _ = stack_module_state(cells)
    by_symbol = peephole.of_symbols(weights)
    x = torch.stack([by_symbol[number][ids[:, number]] for number in range(3)], dim=1)
    together = peephole.carry(weights, x)
    together.square().sum().backward()
    near = {"atol": TOLERANCE[dtype], "rtol": TOLERANCE[dtype]}
    torch.testing.assert_close(together, torch.stack(alone, dim=1), **near)
    for name, weight in weights.items():
        expected = torch.stack([cell.get_parameter(name).grad for cell in cells])
        torch.testing.assert_close(weight.grad, expected, **near)


def test_without_its_peepholes_the_peephole_cell_is_an_lstm():
    torch.manual_seed(1)
    peephole, plain = PeepholeLSTMCell(3, 5).double(), LSTMCell(3, 5).double()
    with torch.no_grad():
        for gate in "ifo":
            for weight in getattr(peephole, f"{gate}_c").parameters():
                weight.zero_()
        for source, ours in (("x", plain.from_input), ("h", plain.from_hidden)):
            maps = [getattr(peephole, f"{gate}_{source}") for gate in "figo"]
            ours.weight.copy_(torch.cat([each.weight for each in maps]))
            ours.bias.copy_(torch.cat([each.bias for each in maps]))
    x = torch.randn(4, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(unroll(peephole, x), unroll(plain, x))


def test_output_gate_sees_the_new_cell_state():
    cell = PeepholeLSTMCell(1, 1)
    with torch.no_grad():
        for weight in cell.parameters():
            weight.zero_()
        cell.g_x.bias.fill_(1.0)
        cell.o_c.weight.fill_(2.0)
    zero = torch.zeros(1, 1)
    h, c = cell(zero, (zero, zero))
    expected = 0.5 * torch.tanh(torch.tensor(1.0))  # c = σ(0) · 0 + σ(0) · tanh(1)
    torch.testing.assert_close(c.squeeze(), expected)
    torch.testing.assert_close(h.squeeze(), torch.sigmoid(2 * expected) * torch.tanh(expected))
