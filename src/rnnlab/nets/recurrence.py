"""PyTorch's RNN and GRU carried along a sequence, sooner on a CPU.

PyTorch's LSTM has a compiled kernel on CPUs (oneDNN); its RNN and GRU are loops of small
operations whose gradients are recorded one by one. Here the loops are written out, forward and
backward (backpropagation through time, Werbos 1990): each step works on one small block that
stays in the CPU's cache, the products over all steps at once are taken outside the loop, and tanh
is taken as 2 σ(2a) - 1, which PyTorch computes six times sooner and which differs by rounding only.

The products within the loop stay fp32 under autocast, since bf16 gains little on blocks so small:
only those over all steps at once are rounded. tests/test_recurrence.py proves both equal to
PyTorch's, outputs and gradients.
"""

from typing import Any, cast

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

State = torch.Tensor | tuple[torch.Tensor, torch.Tensor]
"""What a net carries from step to step: (layers, batch, hidden); of an LSTM, two of these."""

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input


def carry(
    net: nn.RNNBase, x: torch.Tensor, before: State | None = None
) -> tuple[torch.Tensor, State]:
    """What `net(x, before)` gives, sooner where it is known how.

    x: (time, batch, inputs) → states (time, batch, hidden), and the state after the last step.
    """
    steps = _STEPS.get(type(net))
    plain = net.num_layers == 1 and not net.bidirectional and net.bias and not net.batch_first
    if isinstance(net, nn.RNN) and net.nonlinearity != "tanh":
        plain = False
    if steps is None or not plain or x.device.type != "cpu" or isinstance(before, tuple):
        return net(x, before)  # type: ignore[no-any-return]
    start = x.new_zeros(x.shape[1], net.hidden_size) if before is None else before[0]
    states = steps(net, x, start.to(cast(torch.Tensor, net.weight_hh_l0).dtype))
    return states, states[-1:]


def _elman(net: Any, x: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    given = functional.linear(x, net.weight_ih_l0, net.bias_ih_l0 + net.bias_hh_l0)
    with torch.autocast("cpu", enabled=False):
        states: torch.Tensor = _ElmanSteps.apply(given, start, net.weight_hh_l0)  # type: ignore[no-untyped-call]
    return states


def _gru(net: Any, x: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    hidden = net.hidden_size
    # PyTorch stacks r, z, n; with n first, each side's three gradients lie together (see there).
    weight, bias = net.weight_ih_l0.roll(hidden, 0), net.bias_ih_l0.roll(hidden, 0)
    of_r_z, of_n = net.bias_hh_l0.split([2 * hidden, hidden])
    given = functional.linear(x, weight, bias + functional.pad(of_r_z, (hidden, 0)))
    with torch.autocast("cpu", enabled=False):
        states: torch.Tensor = _GRUSteps.apply(  # type: ignore[no-untyped-call]
            given, start, net.weight_hh_l0, of_n
        )
    return states


class _ElmanSteps(torch.autograd.Function):
    """h_t = tanh(a_t + U h_{t-1}), the a_t given."""

    @staticmethod
    def forward(
        ctx: Any, given: torch.Tensor, start: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        """given: (time, batch, hidden), start: (batch, hidden) → (time, batch, hidden)."""
        states = start.new_empty(len(given) + 1, *start.shape)
        states[0] = start
        from_state = 2 * weight.t()
        h, *rest = states.unbind()
        for a, after in zip(given.unbind(), rest, strict=True):
            h = torch.mul(a, 2, out=after).addmm_(h, from_state).sigmoid_().mul_(2).sub_(1)
        ctx.save_for_backward(states, weight)
        ctx.precision = given.dtype
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Gradients of given, start and weight."""
        states, weight = ctx.saved_tensors
        inner = torch.empty_like(states[1:])  # gradients of what tanh is taken of
        flow = torch.zeros_like(states[0])
        steps = zip(grad.unbind(), states[1:].unbind(), inner.unbind(), strict=True)
        for above, h, out in reversed(list(steps)):
            _tanh_backward(flow.add_(above), h, grad_input=out)
            torch.mm(out, weight, out=flow)
        return inner.to(ctx.precision), flow, _of_weight(inner, states, ctx.precision)


class _GRUSteps(torch.autograd.Function):
    """h_t = (1 - z) · n + z · h_{t-1}, the gates as in `rnnlab.nets.cells.GRUCell`.

    Given is what the input contributes to n, r and z, in this order, side by side.
    """

    @staticmethod
    def forward(
        ctx: Any, given: torch.Tensor, start: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
    ) -> torch.Tensor:
        """given: (time, batch, 3 · hidden), start: (batch, hidden) → (time, batch, hidden).

        weight: (3 · hidden, hidden), of r, z and n; bias: (hidden), what r multiplies in n.
        """
        steps, hidden = len(given), start.shape[1]
        states = start.new_empty(steps + 1, *start.shape)
        states[0] = start
        gates = start.new_empty(given.shape)  # n, r, z
        seen = torch.empty_like(states[1:])  # U_n h + b
        to_r_z, to_n = (each.t() for each in weight.split([2 * hidden, hidden]))
        given_gates, r_z = given.unbind(), gates[:, :, hidden:].unbind()
        n, r, z = (each.unbind() for each in gates.split(hidden, 2))
        h, *rest = states.unbind()
        for t, (after, kept) in enumerate(zip(rest, seen.unbind(), strict=True)):
            gates[t].copy_(given_gates[t])
            r_z[t].addmm_(h, to_r_z).sigmoid_()
            torch.addmm(bias, h, to_n, out=kept)
            n[t].addcmul_(r[t], kept).mul_(2).sigmoid_().mul_(2).sub_(1)
            h = torch.lerp(n[t], h, z[t], out=after)
        ctx.save_for_backward(states, gates, seen, weight)
        ctx.precision = given.dtype
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Gradients of given, start, weight and bias."""
        states, gates, seen, weight = ctx.saved_tensors
        steps, batch, hidden = seen.shape
        # Gradients of what the gates are taken of: n towards the input, r, z, and n towards the
        # state, where r stands in between. The first three are given's, the last three the state's.
        inner = seen.new_empty(steps, batch, 4 * hidden)
        to_n, to_r, to_z, to_seen = (each.unbind() for each in inner.split(hidden, 2))
        n, r, z = (each.unbind() for each in gates.split(hidden, 2))
        to_state, above = inner[:, :, hidden:].unbind(), grad.unbind()
        before, kept = states.unbind(), seen.unbind()
        flow = torch.zeros_like(states[0])
        for t in range(steps - 1, -1, -1):
            flow.add_(above[t])
            part = flow * z[t]
            _tanh_backward(flow - part, n[t], grad_input=to_n[t])
            torch.mul(to_n[t], r[t], out=to_seen[t])
            _sigmoid_backward((before[t] - n[t]).mul_(flow), z[t], grad_input=to_z[t])
            _sigmoid_backward(to_n[t] * kept[t], r[t], grad_input=to_r[t])
            flow = part.addmm_(to_state[t], weight)
        to_given, to_state_all = inner[:, :, : 3 * hidden], inner[:, :, hidden:]
        return (
            to_given.to(ctx.precision),
            flow,
            _of_weight(to_state_all, states, ctx.precision),
            inner[:, :, 3 * hidden :].sum((0, 1)),
        )


def _of_weight(inner: torch.Tensor, states: torch.Tensor, precision: torch.dtype) -> torch.Tensor:
    """The gradient of the weight that carried `states`[:-1] into what `inner` is the gradient of.

    One product over all steps, so worth taking in the precision that autocast wants.
    """
    flat, earlier = (each.flatten(0, 1).to(precision) for each in (inner, states[:-1]))
    return (flat.t() @ earlier).to(states.dtype)


_STEPS = {nn.RNN: _elman, nn.GRU: _gru}
