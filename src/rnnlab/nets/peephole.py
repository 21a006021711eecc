"""The peephole LSTM carried along sequences, for several nets side by side.

The formulas are those of `rnnlab.nets.cells.PeepholeLSTMCell`. On single names, where the number of
operations is what costs time, three things make them few: maps from the same source are laid side
by side and taken as one product; several nets take each product together; and the loop back
(backpropagation through time, Werbos 1990) is written out, so that a weight's gradient is one
product over all steps. tests/nets/test_cells.py proves it equal to the cell, gradients included.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional

Weights = Mapping[str, torch.Tensor]
"""By the names of the cell's parameters; the first axis is over nets."""


def carry(weights: Weights, x: torch.Tensor, twice: bool = False) -> torch.Tensor:
    """x: (time, nets, batch, 4 · hidden), what `of_symbols` gives by symbol → the hidden states
    (time, nets, batch, hidden).

    twice: the slip of a published print, whose output is o · tanh(c) · tanh(c).
    """
    of_h = torch.cat([weights[f"{gate}_h.weight"] for gate in "ifog"], dim=1)
    of_c = torch.cat([weights[f"{gate}_c.weight"] for gate in "if"], dim=1)
    with torch.autocast(x.device.type, enabled=False):
        states: torch.Tensor = _Steps.apply(x, of_h, of_c, weights["o_c.weight"], twice)  # type: ignore[no-untyped-call]
    return states


def of_symbols(weights: Weights) -> torch.Tensor:
    """What each symbol adds to the gates i, f, o and the candidate g: (nets, symbols, 4 · hidden).

    With a one-hot input a map of it is a look-up of its columns; all biases are in it, too.
    """
    of_x = torch.cat([weights[f"{gate}_x.weight"] for gate in "ifog"], dim=1)
    by_source = [
        torch.cat([weights[f"{gate}_{source}.bias"] for gate in gates], dim=1)
        for source, gates in (("x", "ifog"), ("h", "ifog"), ("c", "ifo"))
    ]
    by_source[2] = functional.pad(by_source[2], (0, by_source[0].shape[1] - by_source[2].shape[1]))
    biases = torch.stack(by_source, dim=1)
    # Times 1, so that each bias gets a gradient of its own. A sum alone hands one to all of them,
    # and what scales gradients in place would scale it several times.
    bias = (biases * biases.new_ones(())).sum(1, keepdim=True)
    return of_x.transpose(1, 2) + bias


class _Steps(torch.autograd.Function):
    """The loop. What each product goes into lies in memory of its own: only so is it one call for
    all nets."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        of_h: torch.Tensor,
        of_c: torch.Tensor,
        of_new_c: torch.Tensor,
        twice: bool,
    ) -> torch.Tensor:
        steps, nets, batch, _ = x.shape
        hidden = of_new_c.shape[1]
        h, c, tanh_c = x.new_zeros(3, steps + 1, nets, batch, hidden).unbind()
        write_forget = x.new_empty(steps, nets, batch, 2 * hidden)
        show, candidate = x.new_empty(2, steps, nets, batch, hidden).unbind()
        from_h, from_c, from_new_c = (each.transpose(1, 2) for each in (of_h, of_c, of_new_c))
        for t in range(steps):
            gates, show_x, candidate_x = torch.baddbmm(x[t], h[t], from_h).split(
                [2 * hidden, hidden, hidden], dim=2
            )
            write, forget = (
                torch.baddbmm(gates, c[t], from_c, out=write_forget[t]).sigmoid_().chunk(2, dim=2)
            )
            torch.tanh(candidate_x, out=candidate[t])
            torch.addcmul(forget * c[t], write, candidate[t], out=c[t + 1])
            torch.baddbmm(show_x, c[t + 1], from_new_c, out=show[t]).sigmoid_()
            torch.tanh(c[t + 1], out=tanh_c[t + 1])
            torch.mul(show[t], tanh_c[t + 1], out=h[t + 1])
            if twice:
                h[t + 1] *= tanh_c[t + 1]
        ctx.twice = twice
        ctx.save_for_backward(write_forget, show, candidate, h, c, tanh_c, of_h, of_c, of_new_c)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        write_forget, show, candidate, h, c, tanh_c, of_h, of_c, of_new_c = ctx.saved_tensors
        hidden = show.shape[3]
        # All factors that do not flow back, of all steps at once.
        write, forget = write_forget.chunk(2, dim=3)
        shown, slope = tanh_c[1:], 1 - tanh_c[1:].square()
        if ctx.twice:
            shown, slope = shown.square(), 2 * shown * slope
        to_show = shown * (show - show * show)
        to_c = show * slope
        to_candidate = write * (1 - candidate.square())
        to_gates = torch.cat([candidate, c[:-1]], dim=3) * (write_forget - write_forget.square())
        d_show, d_gates = torch.empty_like(show), torch.empty_like(write_forget)
        d_x = grad.new_empty(*show.shape[:3], 4 * hidden)
        d_h, d_c = torch.zeros_like(h[0]), torch.zeros_like(c[0])
        for t in reversed(range(len(show))):
            d_h = d_h + grad[t]
            torch.mul(d_h, to_show[t], out=d_show[t])
            d_c = torch.baddbmm(torch.addcmul(d_c, d_h, to_c[t]), d_show[t], of_new_c)
            torch.mul(d_c.repeat(1, 1, 2), to_gates[t], out=d_gates[t])
            torch.cat([d_gates[t], d_show[t], d_c * to_candidate[t]], dim=2, out=d_x[t])
            d_c = torch.baddbmm(d_c * forget[t], d_gates[t], of_c)
            d_h = torch.bmm(d_x[t], of_h)
        return (
            d_x,
            _over_steps(d_x, h[:-1]),
            _over_steps(d_gates, c[:-1]),
            _over_steps(d_show, c[1:]),
            None,
        )


def _over_steps(grad: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """A map's gradient: grad (time, nets, batch, to) and its source → (nets, to, from)."""
    to, source = (each.transpose(0, 1).flatten(1, 2) for each in (grad, source))
    return torch.bmm(to.transpose(1, 2), source)
