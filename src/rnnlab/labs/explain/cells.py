"""The cells from zero: their structure, the published example, and how near PyTorch's they are."""

from typing import Any

import torch
from torch import nn

from rnnlab.nets.cells import ElmanCell, GRUCell, LSTMCell, PeepholeLSTMCell
from rnnlab.nets.encoder import CELLS
from rnnlab.nets.library import Discrepancy, difference
from rnnlab.training.seeding import generator, seed_torch

SIZES = 30
"""Random sizes, beside the published ones, that each cell is compared at."""
BOUNDS = {"time": 40, "batch": 8, "inputs": 20, "hidden": 64}
"""The largest of the random sizes."""
PRECISIONS = {"fp32": torch.float32, "fp64": torch.float64}


class LastStep(nn.Module):
    """The library route: nn.LSTM → its output at the last time step → Linear."""

    def __init__(self, inputs: int, hidden: int, layers: int, outputs: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (batch, time, inputs) → (batch, outputs)."""
        states, _ = self.lstm(x)
        output: torch.Tensor = self.linear(states[:, -1])
        return output


def compare_with_pytorch() -> dict[str, Any]:
    """Structures, the example of the published sizes, and the equality, as plain JSON."""
    torch.set_deterministic_debug_mode("error")
    torch.set_num_threads(1)  # sums in one order, whatever the number of cores
    cells = [kind(3, 5) for kind in (ElmanCell, LSTMCell, PeepholeLSTMCell, GRUCell)]
    structures = {
        type(cell).__name__: {"text": str(cell), "parameters": count_weights(cell)}
        for cell in cells
    }
    differences = {
        name: {precision: equality(name, dtype) for precision, dtype in PRECISIONS.items()}
        for name in CELLS
    }
    found = {"structures": structures, "example": example(), "equality": differences}
    return {**found, "sizes": SIZES, "bounds": BOUNDS}


def example() -> dict[str, Any]:
    """The published examples, run: one step of the LSTM cell, and the library route."""
    seed_torch("cells", "example")
    cell = LSTMCell(inputs=3, hidden=5)
    x = torch.randn(1, 3)
    h, c = cell(x, cell.start(x))
    net = LastStep(inputs=10, hidden=20, layers=2, outputs=1)
    output = net(torch.randn(5, 7, 10))
    return {
        **{name: _rounded(each) for name, each in (("x", x), ("h", h), ("c", c))},
        "library": str(net),
        "library_parameters": count_weights(net),
        "output_shape": list(output.shape),
        "output": _rounded(output),
    }


def count_weights(net: nn.Module) -> int:
    """How many weights `net` has, counted one by one."""
    return nn.utils.parameters_to_vector(net.parameters()).numel()


def equality(cell: str, dtype: torch.dtype) -> dict[str, float]:
    """The largest differences over the published sizes and random ones."""
    rng = generator("cells", "sizes")
    random = [tuple(int(rng.integers(1, top + 1)) for top in BOUNDS.values()) for _ in range(SIZES)]
    found = []
    for number, (time, batch, inputs, hidden) in enumerate([(7, 5, 10, 20), (1, 1, 3, 5), *random]):
        seed_torch("cells", cell, number)
        library = CELLS[cell](inputs, hidden).to(dtype)
        found.append(difference(library, torch.randn(time, batch, inputs, dtype=dtype)))
    worst = zip(Discrepancy._fields, map(max, *found), strict=True)
    return {name: float(f"{value:.3g}") for name, value in worst}


def _rounded(tensor: torch.Tensor) -> list[Any]:
    rows: list[Any] = torch.round(tensor.detach().double(), decimals=4).tolist()
    return rows
