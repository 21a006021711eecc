"""The machine's own limit: how fast it multiplies matrices, and what a net needs of that.

As a contender (`python -m bench.limit`) it multiplies instead of training; its "tokens" are
floating-point operations.
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
    serve(Multiplier)
