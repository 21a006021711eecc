"""The padded encoder against PyTorch's own nets over packed sequences: the same function."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnlab.nets.encoder import CELLS, Encoder, backwards, greatest, reorder

INPUTS, HIDDEN = 5, 7


def library_twin(encoder: Encoder, cell: str, layers: int, directions: int) -> nn.RNNBase:
    twin = CELLS[cell](INPUTS, HIDDEN, layers, bidirectional=directions == 2).double()
    for number, layer in enumerate(encoder.layers):
        for way, net in enumerate(layer):
            ending = f"_l{number}{'_reverse' if way else ''}"
            for name, weight in net.named_parameters():
                getattr(twin, name.replace("_l0", ending)).data.copy_(weight.data)
    return twin


def final_states(twin: nn.RNNBase, x: torch.Tensor, lengths: torch.Tensor, directions: int):
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    _, state = twin(packed)
    hidden = state[0] if isinstance(state, tuple) else state
    return torch.cat(list(hidden[-directions:]), dim=-1)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("directions", [1, 2])
@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6), seed=st.integers(0, 1000))
def test_equals_packed_library_net(cell, layers, directions, lengths, seed):
    torch.manual_seed(seed)
    encoder = Encoder(cell, INPUTS, HIDDEN, layers, directions).double()
    twin = library_twin(encoder, cell, layers, directions)
    sizes = torch.tensor(lengths)
    x = torch.randn(max(lengths), len(lengths), INPUTS, dtype=torch.double)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()

    output = encoder(ours, sizes)
    expected = final_states(twin, theirs, sizes, directions)
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-10)

    weight = torch.randn_like(expected)
    (output * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-10)
    for number, layer in enumerate(encoder.layers):
        for way, net in enumerate(layer):
            ending = f"_l{number}{'_reverse' if way else ''}"
            for name, parameter in net.named_parameters():
                other = getattr(twin, name.replace("_l0", ending)).grad
                torch.testing.assert_close(parameter.grad, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_padding_decides_nothing(cell):
    torch.manual_seed(0)
    encoder = Encoder(cell, INPUTS, HIDDEN, layers=2, directions=2)
    lengths = torch.tensor([3, 6])
    x = torch.randn(6, 2, INPUTS)
    other = x.clone()
    other[3:, 0] = 100.0
    assert torch.equal(encoder(x, lengths), encoder(other, lengths))


def test_reordering_twice_changes_nothing_and_gradients_go_the_same_way():
    order = backwards(torch.tensor([3, 5, 1]), 5)
    x = torch.randn(5, 3, 2, dtype=torch.double, requires_grad=True)
    assert torch.equal(reorder(reorder(x, order), order), x)
    assert torch.autograd.gradcheck(lambda given: reorder(given, order), x)
    assert torch.autograd.gradgradcheck(lambda given: reorder(given, order), x)


def test_the_greatest_value_is_that_of_real_steps_alone():
    torch.manual_seed(1)
    states, lengths = torch.randn(5, 3, 4), torch.tensor([5, 1, 3])
    states[lengths[1] :, 1], states[lengths[2] :, 2] = 99.0, 99.0  # behind their ends
    found = greatest(states, lengths)
    for row, length in enumerate(lengths):
        assert torch.equal(found[row], states[:length, row].max(0).values)


@pytest.mark.parametrize("cell", CELLS)
def test_final_states_are_among_all_states(cell):
    torch.manual_seed(1)
    encoder, lengths = Encoder(cell, 3, 4, layers=2, directions=2), torch.tensor([5, 2, 4])
    x = torch.randn(5, 3, 3)
    states, last = encoder.states(x, lengths), encoder(x, lengths)
    for row, length in enumerate(lengths):
        ends = torch.cat([states[length - 1, row, :4], states[0, row, 4:]])
        assert torch.allclose(ends, last[row], atol=1e-6)
