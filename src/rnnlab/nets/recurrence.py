"""PyTorch's RNN and GRU carried along a sequence, sooner on a CPU.

PyTorch's LSTM has a compiled kernel on CPUs (oneDNN); its RNN and GRU are loops of small
operations whose gradients are recorded one by one. Here the loops are written out, forward and
backward (backpropagation through time, Werbos 1990), so that a step is little more than the one
product that waits for the step before:

- All that does not wait is taken for a block of steps at once, of numbers still in the CPU's cache:
  the input's share of the gates, the gradients of input and weights, and of each gate's gradient
  all but the factor that flows back through time.
- tanh a is taken as 2 σ(2a) - 1, which PyTorch computes many times sooner and which differs by
  rounding only.

Under autocast the products of a block are rounded as it says. Those within the loop stay fp32: a
step's is so small that bf16 takes as long. tests/test_recurrence.py proves both nets equal to
PyTorch's, outputs and gradients.
"""

from typing import Any, cast

import torch
from torch import nn
from torch.autograd.function import once_differentiable

State = torch.Tensor | tuple[torch.Tensor, torch.Tensor]
"""What a net carries from step to step: (layers, batch, hidden); of an LSTM, two of these."""
BLOCK = 2**21
"""Bytes of a block: measured; smaller ones' products are slow, larger ones leave the cache."""

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
    product = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    with torch.autocast("cpu", enabled=False):
        states = steps(net, x, start.to(cast(torch.Tensor, net.weight_hh_l0).dtype), product)
    return states, states[-1:]


def _elman(net: Any, x: torch.Tensor, start: torch.Tensor, product: torch.dtype) -> torch.Tensor:
    bias = net.bias_ih_l0 + net.bias_hh_l0
    states: torch.Tensor = _ElmanSteps.apply(  # type: ignore[no-untyped-call]
        x, start, net.weight_ih_l0, net.weight_hh_l0, bias, product
    )
    return states


def _gru(net: Any, x: torch.Tensor, start: torch.Tensor, product: torch.dtype) -> torch.Tensor:
    hidden = net.hidden_size
    # PyTorch stacks r, z, n; with n first, what the input and what the state contributes to are
    # two overlapping stretches of one row (see `_GRUSteps`).
    weight, bias = (each.roll(hidden, 0) for each in (net.weight_ih_l0, net.bias_ih_l0))
    bias = nn.functional.pad(bias, (0, hidden)) + nn.functional.pad(net.bias_hh_l0, (hidden, 0))
    states: torch.Tensor = _GRUSteps.apply(  # type: ignore[no-untyped-call]
        x, start, weight, net.weight_hh_l0, bias, product
    )
    return states


class _ElmanSteps(torch.autograd.Function):
    """h_t = tanh(a_t), a_t = W x_t + U h_{t-1} + b."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        start: torch.Tensor,
        of_input: torch.Tensor,
        of_state: torch.Tensor,
        bias: torch.Tensor,
        product: torch.dtype,
    ) -> torch.Tensor:
        """x: (time, batch, inputs), start: (batch, hidden) → (time, batch, hidden).

        of_input, of_state: W and U; product: the type in which a block's products are taken.
        """
        given, minus_one, to_a = x.to(product), start.new_tensor(-1), of_state.t()
        states = start.new_empty(len(x) + 1, *start.shape)
        states[0] = h = start
        for block in _blocks(states[1:]):
            after = states[1:][block]
            _linear(given[block], of_input, bias, out=after)
            for a in after.unbind():
                a.addmm_(h, to_a, beta=2, alpha=2).sigmoid_()  # σ(2a)
                h = torch.add(minus_one, a, alpha=2, out=a)
        ctx.save_for_backward(given, of_input, of_state, states)
        ctx.x_type = x.dtype
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of x, start, of_input, of_state and bias."""
        given, of_input, of_state, states = ctx.saved_tensors
        found = _Gradients(given, of_input, of_state, ctx.x_type)
        flow, above = grad[-1].clone(), _above(grad)
        blocks = _blocks(states[1:])
        room = torch.empty_like(states[1:][blocks[0]])  # gradients of a block's a
        rooms = room.unbind()
        for block in reversed(blocks):
            before, after = states[:-1][block], states[1:][block]
            steps = zip(rooms, after.unbind(), above[block], strict=False)
            for to_a, h, more in reversed(list(steps)):
                _tanh_backward(flow, h, grad_input=to_a)
                torch.addmm(more, to_a, of_state, out=flow)
            found.add(block, room[: len(after)], before)
        return found.x, flow, found.of_input, found.of_state, found.bias, None


class _GRUSteps(torch.autograd.Function):
    """h_t = (1 - z) · n + z · h_{t-1}, the gates as in `rnnlab.nets.cells.GRUCell`.

    n = tanh(a + r · s), where a is what the input contributes and s what the state does. A step's
    gates lie in one row: n, r, z, s. The input contributes to the first three, the state to the
    last three.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        start: torch.Tensor,
        of_input: torch.Tensor,
        of_state: torch.Tensor,
        bias: torch.Tensor,
        product: torch.dtype,
    ) -> torch.Tensor:
        """x: (time, batch, inputs), start: (batch, hidden) → (time, batch, hidden).

        of_input: (3 · hidden, inputs), of n, r, z; of_state: (3 · hidden, hidden), of r, z, s;
        bias: (4 · hidden,); product: the type in which a block's products are taken.
        """
        hidden = start.shape[1]
        given, minus_one, to_gates = x.to(product), start.new_tensor(-1), of_state.t()
        twice = torch.ones_like(bias)
        twice[:hidden] = 2  # of n's share a, since tanh is taken of 2 (a + r · s)
        from_x, bias = of_input * twice[: 3 * hidden, None], bias * twice
        states = start.new_empty(len(x) + 1, *start.shape)
        states[0] = h = start
        gates = start.new_empty(*x.shape[:2], 4 * hidden)
        blocks = _blocks(gates)
        room = torch.empty_like(gates[blocks[0]])  # a block's gates
        a, seen = room.split(3 * hidden, 2)
        views = (room[:, :, hidden:], room[:, :, hidden : 3 * hidden], *room.split(hidden, 2))
        rooms = [each.unbind() for each in views]
        for block in blocks:
            after = states[1:][block]
            count = len(after)
            _linear(given[block], from_x, bias[: 3 * hidden], out=a[:count])
            seen[:count] = bias[3 * hidden :]
            for from_state, r_z, n, r, z, s, h_t in zip(*rooms, after.unbind(), strict=False):
                from_state.addmm_(h, to_gates)
                r_z.sigmoid_()
                n.addcmul_(r, s, value=2).sigmoid_()
                torch.add(minus_one, n, alpha=2, out=n)
                h = torch.lerp(n, h, z, out=h_t)
            gates[block] = room[:count]
        ctx.save_for_backward(given, of_input, of_state, states, gates)
        ctx.x_type = x.dtype
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of x, start, of_input, of_state and bias."""
        given, of_input, of_state, states, gates = ctx.saved_tensors
        found = _Gradients(given, of_input, of_state, ctx.x_type)
        hidden = states.shape[2]
        flow, above = grad[-1].clone(), _above(grad)
        blocks = _blocks(gates)
        room, to_room = (torch.empty_like(gates[blocks[0]]) for _ in range(2))
        views = (to_room.unflatten(2, (4, hidden)), to_room[:, :, hidden:], room.split(hidden, 2)[2])
        rooms = [each.unbind() for each in views]
        for block in reversed(blocks):
            before = states[:-1][block]
            count = len(before)
            n, r, z, s = room[:count].copy_(gates[block]).split(hidden, 2)
            to_n, to_r, to_z, to_s = to_room[:count].split(hidden, 2)
            # The gates' gradients if that of h_t were 1;
            _tanh_backward(1 - z, n, grad_input=to_n)
            _sigmoid_backward(to_n * s, r, grad_input=to_r)
            _sigmoid_backward(before - n, z, grad_input=to_z)
            torch.mul(to_n, r, out=to_s)
            # it is `flow`, known step by step.
            steps = zip(*rooms, above[block], strict=False)
            for to_gates, to_state, z_t, more in reversed(list(steps)):
                to_gates.mul_(flow.unsqueeze(1))
                torch.addcmul(more, flow, z_t, out=flow).addmm_(to_state, of_state)
            found.add(block, to_room[:count], before)
        return found.x, flow, found.of_input, found.of_state, found.bias, None


class _Gradients:
    """What the input and the weights of a sequence's steps get, gathered block by block."""

    def __init__(
        self, given: torch.Tensor, of_input: torch.Tensor, of_state: torch.Tensor, x: torch.dtype
    ) -> None:
        """given: the input as it was multiplied, in whose type these products are taken too."""
        self.given, self.weight = given, of_input.to(given.dtype)
        self.x = torch.empty_like(given, dtype=x)
        self.of_input, self.of_state = torch.zeros_like(of_input), torch.zeros_like(of_state)
        self.bias: Any = 0

    def add(self, block: slice, inner: torch.Tensor, before: torch.Tensor) -> None:
        """inner: (steps, batch, gates), gradients of what the gates are taken of.

        The input contributes to the first gates, the states `before` the steps to the last.
        """
        rows = inner.flatten(0, 1)
        self.bias = self.bias + rows.sum(0)
        x, h, rows = (
            each.flatten(-3, -2).to(self.given.dtype) for each in (self.given[block], before, inner)
        )
        to_input, to_state = rows[:, : len(self.of_input)], rows[:, -len(self.of_state) :]
        self.x[block] = torch.mm(to_input, self.weight).view_as(self.given[block])
        self.of_input += to_input.t() @ x
        self.of_state += to_state.t() @ h


def _linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> None:
    """out = W x + b for x: (steps, batch, inputs), in whose type the product is taken."""
    rows, weight, bias = x.flatten(0, 1), weight.to(x.dtype), bias.to(x.dtype)
    if x.dtype == out.dtype:
        torch.addmm(bias, rows, weight.t(), out=out.flatten(0, 1))
    else:
        out.copy_(torch.addmm(bias, rows, weight.t()).view(out.shape))


def _blocks(x: torch.Tensor) -> list[slice]:
    """The steps of x: (time, batch, width) in blocks of about `BLOCK` bytes."""
    length = max(1, BLOCK // max(1, x[0].nbytes))
    return [slice(first, min(first + length, len(x))) for first in range(0, len(x), length)]


def _above(grad: torch.Tensor) -> list[torch.Tensor]:
    """By step, what the state before it gets from elsewhere: the first, from nowhere."""
    return [torch.zeros_like(grad[0]), *grad[:-1].unbind()]


_STEPS = {nn.RNN: _elman, nn.GRU: _gru}
