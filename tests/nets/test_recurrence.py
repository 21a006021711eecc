"""The RNN and GRU loops written out against PyTorch's own nets: the same function."""

from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rnnlab.nets import recurrence
from rnnlab.nets.recurrence import carry, carry_back

KINDS = [nn.RNN, nn.GRU]
blocks = st.sampled_from([1, 500, recurrence.BLOCK])
"""Bytes of a block: a step, some steps, the whole sequence."""


def twins(kind, inputs, hidden, steps, batch, dtype=torch.double):
    """A net, its input and its first state; the latter two want gradients."""
    net = kind(inputs, hidden).to(dtype)
    x = torch.randn(steps, batch, inputs, dtype=dtype, requires_grad=True)
    start = torch.randn(1, batch, hidden, dtype=dtype, requires_grad=True)
    return net, x, start


def everything(run, net, x, start, weighting):
    """States, last state, and the gradients of x, start and all weights."""
    states, last = run(x, start)
    loss = (states * weighting).sum() + last.sum()
    return [states, last, *torch.autograd.grad(loss, [x, start, *net.parameters()])]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(
    inputs=st.integers(1, 6), hidden=st.integers(1, 7), steps=st.integers(1, 9),
    batch=st.integers(1, 5), seed=st.integers(0, 1000), block=blocks,
)  # fmt: skip
def test_equals_the_library(kind, inputs, hidden, steps, batch, seed, block):
    torch.manual_seed(seed)
    net, x, start = twins(kind, inputs, hidden, steps, batch)
    weighting = torch.randn(steps, batch, hidden, dtype=torch.double)
    with mock.patch.object(recurrence, "BLOCK", block):
        ours = everything(lambda *given: carry(net, *given), net, x, start, weighting)
    theirs = everything(net, net, x, start, weighting)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(
    inputs=st.integers(1, 6),
    hidden=st.integers(1, 7),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
    block=blocks,
)
def test_backwards_equals_the_library_on_each_sequence_reversed(
    kind, inputs, hidden, lengths, seed, block
):
    torch.manual_seed(seed)
    net, x, _ = twins(kind, inputs, hidden, max(lengths), len(lengths))
    weighting = torch.randn(max(lengths), len(lengths), hidden, dtype=torch.double)
    with mock.patch.object(recurrence, "BLOCK", block):
        states = carry_back(net, x, torch.tensor(lengths))
        ours = torch.autograd.grad((states * weighting).sum(), [x, *net.parameters()])
    expected = torch.zeros_like(states)
    for number, length in enumerate(lengths):
        read, _ = net(x[:length, number].flip(0))
        expected[:length, number] = read.flip(0)
    theirs = torch.autograd.grad((expected * weighting).sum(), [x, *net.parameters()])
    for one, other in zip([states, *ours], [expected, *theirs], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_by_finite_differences(kind):
    torch.manual_seed(1)
    net, x, start = twins(kind, 3, 4, 5, 2)
    assert torch.autograd.gradcheck(lambda a, b: carry(net, a, b), (x, start))


@pytest.mark.parametrize("kind", KINDS)
def test_fp32_over_many_steps(kind):
    torch.manual_seed(2)
    net, x, start = twins(kind, 20, 32, 300, 8, torch.float32)
    weighting = torch.randn(300, 8, 32)
    ours = everything(lambda *given: carry(net, *given), net, x, start, weighting)
    theirs = everything(net, net, x, start, weighting)
    for one, other in zip(ours, theirs, strict=True):
        scale = max(1.0, other.abs().max().item())
        torch.testing.assert_close(one / scale, other / scale, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_autocast_is_at_least_as_near_to_fp32_as_the_library(kind):
    torch.manual_seed(3)
    net, x, start = twins(kind, 20, 32, 100, 8, torch.float32)
    exact, _ = net(x, start)
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = carry(net, x, start)[0], net(x, start)[0]
    error, library_error = ((each.float() - exact).abs().mean() for each in (ours, theirs))
    assert 0 < error <= library_error


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_under_autocast_are_about_as_near_to_fp32s_as_the_librarys(kind):
    torch.manual_seed(4)
    net, x, start = twins(kind, 20, 32, 100, 8, torch.float32)
    weighting = torch.randn(100, 8, 32)
    exact = everything(net, net, x, start, weighting)[2:]
    with torch.autocast("cpu", torch.bfloat16):
        ours = everything(lambda *given: carry(net, *given), net, x, start, weighting)[2:]
        theirs = everything(net, net, x, start, weighting)[2:]
    for one, other, true in zip(ours, theirs, exact, strict=True):
        assert one.dtype == true.dtype
        assert 0 < (one - true).norm() <= 1.1 * (other - true).norm() + 1e-3 * true.norm()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("autocast", [False, True])
def test_same_inputs_give_the_same_bits(kind, autocast):
    torch.manual_seed(5)
    net, x, start = twins(kind, 100, 64, 40, 128, torch.float32)
    weighting = torch.randn(40, 128, 64)

    def bits():
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            return everything(lambda *given: carry(net, *given), net, x, start, weighting)

    for one, other in zip(bits(), bits(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_can_be_asked_for_twice(kind):
    torch.manual_seed(6)
    net, x, start = twins(kind, 3, 4, 5, 2)
    loss = carry(net, x, start)[0].square().sum()
    wanted = [x, start, *net.parameters()]
    first = torch.autograd.grad(loss, wanted, retain_graph=True)
    for one, other in zip(first, torch.autograd.grad(loss, wanted), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "net", [nn.GRU(3, 4, 2), nn.RNN(3, 4, nonlinearity="relu"), nn.GRU(3, 4, bidirectional=True),
            nn.GRU(3, 4, bias=False), nn.LSTM(3, 4)],
)  # fmt: skip
def test_leaves_other_nets_to_the_library(net):
    x = torch.randn(6, 2, 3)
    ours, theirs = carry(net, x), net(x)
    assert torch.equal(ours[0], theirs[0])
