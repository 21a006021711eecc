"""The RNN and GRU loops written out against PyTorch's own nets: the same function."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rnnlab.nets.recurrence import carry

KINDS = [nn.RNN, nn.GRU]


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
    batch=st.integers(1, 5), seed=st.integers(0, 1000),
)  # fmt: skip
def test_equals_the_library(kind, inputs, hidden, steps, batch, seed):
    torch.manual_seed(seed)
    net, x, start = twins(kind, inputs, hidden, steps, batch)
    weighting = torch.randn(steps, batch, hidden, dtype=torch.double)
    ours = everything(lambda *given: carry(net, *given), net, x, start, weighting)
    theirs = everything(net, net, x, start, weighting)
    for one, other in zip(ours, theirs, strict=True):
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


@pytest.mark.parametrize(
    "net", [nn.GRU(3, 4, 2), nn.RNN(3, 4, nonlinearity="relu"), nn.GRU(3, 4, bidirectional=True),
            nn.GRU(3, 4, bias=False), nn.LSTM(3, 4)],
)  # fmt: skip
def test_leaves_other_nets_to_the_library(net):
    x = torch.randn(6, 2, 3)
    ours, theirs = carry(net, x), net(x)
    assert torch.equal(ours[0], theirs[0])
