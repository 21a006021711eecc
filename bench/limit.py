"""The machine's own limit: how fast it multiplies matrices, and what a net needs of that.

As a contender (`python -m bench.limit`) it multiplies instead of training; its "tokens" are
floating-point operations. Two kinds: square matrices, the limit; and the products of a net, in the
shapes that it has them in and nothing else, which is what is left of the limit for that net.
"""

import os
import time
from typing import Any

import torch

from bench.contender import serve

SIZES = (512, 1024, 2048)
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Multiplier:
    """Square matrices of one type; "batch" i is a product of size SIZES[i]."""

    def __init__(self, style: str) -> None:
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        torch.manual_seed(0)
        self.pairs = [torch.randn(2, size, size).to(DTYPES[style]) for size in SIZES]

    def train(self, batches: list[int]) -> dict[str, Any]:
        started = time.perf_counter()
        operations = 0
        for number in batches:
            a, b = self.pairs[number]
            torch.mm(a, b)
            operations += 2 * SIZES[number] ** 3
        return {"tokens": operations, "seconds": time.perf_counter() - started}


class Products:
    """The products of training a net of one layer and direction on a batch, STEPS tokens long.

    What does not wait for the step before is one product over all steps: the input's share, and
    the gradients of input and weights. The state's share, and its gradient, is a product a step.
    """

    STEPS, BATCH = 200, 128

    def __init__(self, style: str, net: dict[str, Any]) -> None:
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        torch.manual_seed(0)
        if (net["layers"], net["directions"]) != (1, 1):
            raise ValueError(f"{net} has more than one layer and direction")
        rows, width, hidden = self.STEPS * self.BATCH, net["dimension"], net["hidden"]
        gates = GATES[net["cell"]] * hidden
        sizes = {"input": (rows, width), "state": (rows, hidden), "gates": (rows, gates),
                 "weights": (width, gates), "own": (hidden, gates)}  # fmt: skip
        made = {name: torch.randn(size).to(DTYPES[style]) for name, size in sizes.items()}
        self.input, self.state, self.gates = made["input"], made["state"], made["gates"]
        self.weights, self.own = made["weights"], made["own"]
        self.states, self.steps = self.state.split(self.BATCH), self.gates.split(self.BATCH)
        self.operations = rows * operations(**net)

    def train(self, batches: list[int]) -> dict[str, Any]:
        started = time.perf_counter()
        for _ in batches:
            torch.mm(self.input, self.weights)
            for state in self.states:
                torch.mm(state, self.own)
            for gates in self.steps:
                torch.mm(gates, self.own.T)
            torch.mm(self.gates, self.weights.T)
            torch.mm(self.input.T, self.gates)
            torch.mm(self.state.T, self.gates)
        seconds = time.perf_counter() - started
        return {"tokens": self.operations * len(batches), "seconds": seconds}


def build(style: str, net: dict[str, Any] | None = None) -> Multiplier | Products:
    """style: a type of DTYPES; net: whose products, if not square matrices."""
    return Multiplier(style) if net is None else Products(style, net)


def operations(cell: str, layers: int, directions: int, dimension: int, hidden: int) -> int:
    """Floating-point operations that training on one token takes at least, in products alone.

    Forward, a layer and direction multiplies the input (width D) and the state (H) with G gates'
    weights: 2 · G · H · (D + H) operations. Backward takes the same twice: for the gradient of
    what was multiplied, and for that of the weights. The embedding's look-up and the one Linear a
    review count for nothing.
    """
    widths = [dimension] + [hidden * directions] * (layers - 1)
    forward = sum(2 * GATES[cell] * hidden * (width + hidden) * directions for width in widths)
    return 3 * forward


if __name__ == "__main__":
    serve(build)
