"""A checkpoint is one safetensors file, replaced in one move: whole, or not there."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from rnnlab.files import replacing

Tensors = dict[str, torch.Tensor]


class Checkpoint:
    """What a training needs to go on, under the fingerprint of its run."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def save(self, state: Tensors, header: dict[str, Any]) -> None:
        """Write `state` and `header` (plain JSON), atomically."""
        metadata = {"fingerprint": self.fingerprint, "header": json.dumps(header)}
        with replacing(self.path) as part:
            save_file(state, part, metadata)

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """What `save` wrote; None if there is none, it is broken, or of another fingerprint."""
        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("fingerprint") != self.fingerprint:
                    return None
                state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return state, json.loads(metadata["header"])
        except (FileNotFoundError, SafetensorError):
            return None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def flatten_optimizer(optimizer: torch.optim.Optimizer) -> Tensors:
    """An optimizer's moments as named tensors; its settings are not among them."""
    state: dict[int, dict[str, torch.Tensor]] = optimizer.state_dict()["state"]
    return {
        f"{index}.{key}": value
        for index, moments in state.items()
        for key, value in moments.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put what `flatten_optimizer` gave back into a fresh optimizer over the same weights."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def below(prefix: str, tensors: Iterable[tuple[str, torch.Tensor]]) -> Tensors:
    start = f"{prefix}/"
    return {name.removeprefix(start): value for name, value in tensors if name.startswith(start)}
