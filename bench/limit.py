"""The machine's own limit: how fast it multiplies matrices."""

import os
from collections.abc import Sequence

import torch

from bench.contest import GATES, HIDDEN, StepByStep, Team, build, forget
from bench.measuring import Row, summary
from rnnlab.labs.sentiment.settings import Shape

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "tf32": torch.float32}
STEPS, BATCH = 200, 128
Pair = tuple[torch.Tensor, torch.Tensor]


class Multiplier(StepByStep):
    """Multiplies matrices instead of training: its "tokens" are operations.

    Either square ones, the limit; or the products of a net of one layer and direction on a batch,
    STEPS tokens long, and nothing else, which is what is left of the limit for that net. What does
    not wait for the step before is one product over all steps: the input's share, and the gradients
    of input and weights. The state's share, and its gradient, is a product a step.
    """

    def __init__(self, style: str, what: int | str, device: str) -> None:
        """style: fp32, bf16, or tf32 on CUDA; what: the matrices' size, or a net's name."""
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        torch.manual_seed(0)
        torch.backends.cuda.matmul.allow_tf32 = style == "tf32"
        self.dtype, self.device = DTYPES[style], device
        if isinstance(what, str):
            pairs = self._net(what)
        else:
            pairs = [(self._matrix(what, what), self._matrix(what, what))]
        super().__init__([pairs], [sum(2 * len(a) * b.numel() for a, b in pairs)])

    def step(self, batch: Sequence[Pair]) -> float:
        for a, b in batch:
            product = torch.mm(a, b)
        return float(product[0, 0])

    def _matrix(self, rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, device=self.device).to(self.dtype)

    def _net(self, net: str) -> list[Pair]:
        cell, layers, directions, dimension = Shape.of(net)
        if (layers, directions) != (1, 1):
            raise ValueError(f"{net} has more than one layer and direction")
        rows, width = STEPS * BATCH, GATES[cell] * HIDDEN
        inputs, states = self._matrix(rows, dimension), self._matrix(rows, HIDDEN)
        gates, own = self._matrix(rows, width), self._matrix(HIDDEN, width)
        weights = self._matrix(dimension, width)
        forward = [(inputs, weights), *((state, own) for state in states.split(BATCH))]
        through_time = [(gate, own.T) for gate in gates.split(BATCH)]
        gradients = [(gates, weights.T), (inputs.T, gates), (states.T, gates)]
        return [*forward, *through_time, *gradients]


def rate(
    made: Sequence[Team], style: str, what: int | str, times: int, repeats: int, device: str = "cpu"
) -> Row:
    """Operations a second, `times` at a time, in the best arrangement."""
    rows = []
    for team in made:
        team.ask(build, style, team.trainer, style, what, device)
        team.train(style, [0] * times)
        rates = summary([team.train(style, [0] * times) for _ in range(repeats)])
        rows.append({"arrangement": team.arrangement, "operations_per_second": rates})
        team.ask(forget, style)
    return max(rows, key=lambda row: row["operations_per_second"]["median"])
