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
step's is so small that bf16 takes as long. tests/nets/test_recurrence.py proves both nets equal to
PyTorch's, outputs and gradients.
"""

from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

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
    if not knows(net, x) or isinstance(before, tuple):
        return net(x, before)  # type: ignore[no-any-return]
    states = _carry(net, x, None if before is None else before[0], None)
    return states, states[-1:]


def carry_back(net: nn.RNNBase, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The states of a `net` that `knows` reading each sequence from its own end to its beginning.

    x: (time, batch, inputs), lengths: (batch,) → (time, batch, hidden), in the sequence's order:
    the last state is that of step 0. Behind a sequence's end the state is 0.
    """
    return _carry(net, x, None, lengths)


def knows(net: nn.RNNBase, x: torch.Tensor) -> bool:
    """Is it known here how to carry `net` along `x`?"""
    plain = net.num_layers == 1 and not net.bidirectional and net.bias and not net.batch_first
    if isinstance(net, nn.RNN) and net.nonlinearity != "tanh":
        plain = False
    return plain and type(net) in _STEPS and x.device.type == "cpu"


def _carry(
    net: nn.RNNBase, x: torch.Tensor, start: torch.Tensor | None, lengths: torch.Tensor | None
) -> torch.Tensor:
    """lengths: read backwards from there."""
    own = cast(torch.Tensor, net.weight_hh_l0).dtype
    if start is None:
        start = x.new_zeros(x.shape[1], net.hidden_size)
    product = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    with torch.autocast("cpu", enabled=False):
        way = _Way(len(x), lengths, own)
        return _STEPS[type(net)](net, x.to(product), start.to(own), way)


def _elman(net: Any, x: torch.Tensor, start: torch.Tensor, way: "_Way") -> torch.Tensor:
    states: torch.Tensor = _ElmanSteps.apply(  # type: ignore[no-untyped-call]
        x, start, net.weight_ih_l0, net.weight_hh_l0, net.bias_ih_l0 + net.bias_hh_l0, way
    )
    return states


def _gru(net: Any, x: torch.Tensor, start: torch.Tensor, way: "_Way") -> torch.Tensor:
    hidden = net.hidden_size
    # PyTorch stacks r, z, n; with n first, what the input and what the state contributes to are
    # two overlapping stretches of one row (see `_GRUSteps`).
    weight, bias = (each.roll(hidden, 0) for each in (net.weight_ih_l0, net.bias_ih_l0))
    bias = functional.pad(bias, (0, hidden)) + functional.pad(net.bias_hh_l0, (hidden, 0))
    states: torch.Tensor = _GRUSteps.apply(  # type: ignore[no-untyped-call]
        x, start, weight, net.weight_hh_l0, bias, way
    )
    return states


class _Way:
    """In which order steps are taken, and which of them are real.

    Backwards, a sequence begins at its own end: on the way there its state is held at 0.
    """

    def __init__(self, steps: int, lengths: torch.Tensor | None, dtype: torch.dtype) -> None:
        """lengths: (batch,), if the sequences are read backwards."""
        self.backwards = lengths is not None
        self.real: list[torch.Tensor | None] = [None] * steps
        """By step, 1 and 0, (batch, 1); None where all are real."""
        if lengths is not None:
            shortest = int(lengths.min())
            real = torch.arange(shortest, steps).unsqueeze(1) < lengths
            self.real[shortest:] = real.unsqueeze(2).to(dtype).unbind()

    def along(self, items: Iterable[Any]) -> Iterable[Any]:
        """The items, of steps or blocks, in the order in which they are read."""
        return reversed(list(items)) if self.backwards else items

    def against(self, items: Iterable[Any]) -> Iterable[Any]:
        return items if self.backwards else reversed(list(items))

    def split(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """states: (time + 1, …), the start among them → those before and those after each step."""
        return (states[1:], states[:-1]) if self.backwards else (states[:-1], states[1:])

    def flows(self, grad: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """grad: (time, …), what the states after the steps get from elsewhere.

        The gradient that the last step begins with; by step, what the state before it gets.
        """
        nothing = torch.zeros_like(grad[0])
        if self.backwards:
            return grad[0].clone(), [*grad[1:].unbind(), nothing]
        return grad[-1].clone(), [nothing, *grad[:-1].unbind()]


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
        way: _Way,
    ) -> torch.Tensor:
        """x: (time, batch, inputs), start: (batch, hidden) → (time, batch, hidden).

        of_input, of_state: W and U. A block's products are taken in x's type.
        """
        minus_one, to_a = start.new_tensor(-1), of_state.t()
        states = start.new_empty(len(x) + 1, *start.shape)
        before, after = way.split(states)
        first, *_ = way.along(before)
        h = first.copy_(start)
        for block in way.along(_blocks(after)):
            _linear(x[block], of_input, bias, out=after[block])
            for a, real in way.along(zip(after[block].unbind(), way.real[block], strict=True)):
                a.addmm_(h, to_a, beta=2, alpha=2).sigmoid_()  # σ(2a)
                h = torch.add(minus_one, a, alpha=2, out=a)
                if real is not None:
                    h.mul_(real)
        ctx.save_for_backward(x, of_input, of_state, states)
        ctx.way = way
        return after

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of x, start, of_input, of_state and bias."""
        way: _Way = ctx.way
        x, of_input, of_state, states = ctx.saved_tensors
        found = _Gradients(x, of_input, of_state)
        flow, above = way.flows(grad)
        before, after = way.split(states)
        blocks = _blocks(after)
        room = torch.empty_like(after[blocks[0]])  # gradients of a block's a
        rooms = room.unbind()
        for block in way.against(blocks):
            steps = zip(rooms, after[block].unbind(), above[block], way.real[block], strict=False)
            for to_a, h, more, real in way.against(steps):
                if real is not None:
                    flow.mul_(real)
                _tanh_backward(flow, h, grad_input=to_a)
                torch.addmm(more, to_a, of_state, out=flow)
            found.add(block, room[: len(after[block])], before[block])
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
        way: _Way,
    ) -> torch.Tensor:
        """x: (time, batch, inputs), start: (batch, hidden) → (time, batch, hidden).

        of_input: (3 · hidden, inputs), of n, r, z; of_state: (3 · hidden, hidden), of r, z, s;
        bias: (4 · hidden,). A block's products are taken in x's type.
        """
        hidden = start.shape[1]
        minus_one, to_gates = start.new_tensor(-1), of_state.t()
        twice = torch.ones_like(bias)
        twice[:hidden] = 2  # of n's share a, since tanh is taken of 2 (a + r · s)
        from_x, bias = of_input * twice[: 3 * hidden, None], bias * twice
        states = start.new_empty(len(x) + 1, *start.shape)
        before, after = way.split(states)
        first, *_ = way.along(before)
        h = first.copy_(start)
        gates = start.new_empty(*x.shape[:2], 4 * hidden)
        blocks = _blocks(gates)
        room = torch.empty_like(gates[blocks[0]])  # a block's gates
        a, seen = room.split(3 * hidden, 2)
        views = (room[:, :, hidden:], room[:, :, hidden : 3 * hidden], *room.split(hidden, 2))
        rooms = [each.unbind() for each in views]
        for block in way.along(blocks):
            count = len(x[block])
            _linear(x[block], from_x, bias[: 3 * hidden], out=a[:count])
            seen[:count] = bias[3 * hidden :]
            steps = zip(*rooms, after[block].unbind(), way.real[block], strict=False)
            for from_state, r_z, n, r, z, s, h_t, real in way.along(steps):
                from_state.addmm_(h, to_gates)
                r_z.sigmoid_()
                n.addcmul_(r, s, value=2).sigmoid_()
                torch.add(minus_one, n, alpha=2, out=n)
                h = torch.lerp(n, h, z, out=h_t)
                if real is not None:
                    h.mul_(real)
            gates[block] = room[:count]
        ctx.save_for_backward(x, of_input, of_state, states, gates)
        ctx.way = way
        return after

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of x, start, of_input, of_state and bias."""
        way: _Way = ctx.way
        x, of_input, of_state, states, gates = ctx.saved_tensors
        found = _Gradients(x, of_input, of_state)
        hidden = states.shape[2]
        flow, above = way.flows(grad)
        before, _ = way.split(states)
        blocks = _blocks(gates)
        room, to_room = (torch.empty_like(gates[blocks[0]]) for _ in range(2))
        views = (
            to_room.unflatten(2, (4, hidden)),
            to_room[:, :, hidden:],
            room.split(hidden, 2)[2],
        )
        rooms = [each.unbind() for each in views]
        for block in way.against(blocks):
            count = len(x[block])
            n, r, z, s = room[:count].copy_(gates[block]).split(hidden, 2)
            to_n, to_r, to_z, to_s = to_room[:count].split(hidden, 2)
            # The gates' gradients if that of h_t were 1;
            _tanh_backward(1 - z, n, grad_input=to_n)
            _sigmoid_backward(to_n * s, r, grad_input=to_r)
            _sigmoid_backward(before[block] - n, z, grad_input=to_z)
            torch.mul(to_n, r, out=to_s)
            # it is `flow`, known step by step.
            steps = zip(*rooms, above[block], way.real[block], strict=False)
            for to_gates, to_state, z_t, more, real in way.against(steps):
                if real is not None:
                    flow.mul_(real)
                to_gates.mul_(flow.unsqueeze(1))
                torch.addcmul(more, flow, z_t, out=flow).addmm_(to_state, of_state)
            found.add(block, to_room[:count], before[block])
        return found.x, flow, found.of_input, found.of_state, found.bias, None


class _Gradients:
    """What the input and the weights of a sequence's steps get, gathered block by block."""

    def __init__(self, x: torch.Tensor, of_input: torch.Tensor, of_state: torch.Tensor) -> None:
        """x: the input as it was multiplied, in whose type these products are taken too."""
        self.given, self.weight, self.x = x, of_input.to(x.dtype), torch.empty_like(x)
        self.of_input, self.of_state = torch.zeros_like(of_input), torch.zeros_like(of_state)
        self.bias = of_input.new_zeros(())

    def add(self, block: slice, inner: torch.Tensor, before: torch.Tensor) -> None:
        """inner: (steps, batch, gates), gradients of what the gates are taken of.

        The input contributes to the first gates, the states `before` the steps to the last.
        """
        self.bias = self.bias + inner.sum((0, 1))
        x, h, rows = (
            each.flatten(0, 1).to(self.x.dtype) for each in (self.given[block], before, inner)
        )
        to_input, to_state = rows[:, : len(self.of_input)], rows[:, -len(self.of_state) :]
        torch.mm(to_input, self.weight, out=self.x[block].flatten(0, 1))
        # A transpose, since PyTorch multiplies these sooner this way round.
        self.of_input += (x.t() @ to_input).t()
        self.of_state += (h.t() @ to_state).t()


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


_STEPS: dict[type[nn.RNNBase], Callable[..., torch.Tensor]] = {nn.RNN: _elman, nn.GRU: _gru}
