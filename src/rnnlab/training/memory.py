"""Whether a net fits into the machine, before anything is done with it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
import torch
from torch import nn

from rnnlab.errors import LabError

Net = TypeVar("Net", bound=nn.Module)
BYTES = 4
"""Of a number in fp32."""
COPIES = 4
"""Of a weight while it is trained: itself, its gradient, Adam's two moments."""
_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says what a container may use, if it is less than there is."""


def fitting(build: Callable[[], Net], states: int, keys: str) -> Net:
    """The net that `build` makes, once it is clear that there is memory to train it.

    states: numbers that its hidden states are, in one step. What it takes is at least 4 bytes for
    each of them, and for each of a weight's copies. keys: what to lower in params.yaml. Raises
    LabError, which says how much it would take, if that is more than the machine has.
    """
    with torch.device("meta"):  # sizes alone, no memory
        weights = sum(each.numel() for each in build().parameters())
    needed, here = BYTES * (COPIES * weights + states), available()
    if needed > here:
        raise LabError(
            f"this net has {weights:,} weights and would take at least {needed / 2**30:,.1f} GiB "
            f"of memory to train, but the machine has {here / 2**30:,.1f} GiB; lower {keys} in "
            "params.yaml."
        )
    return build()


def available() -> int:
    """Bytes of memory that this process may use, used or not."""
    limit = _LIMIT.read_text().strip() if _LIMIT.is_file() else ""
    total: int = psutil.virtual_memory().total
    return min(total, int(limit)) if limit.isdecimal() else total
