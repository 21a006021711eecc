"""A checkpoint is one safetensors file, replaced in one move: whole, or not there."""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from rnnlab.files import replacing, sha256

Tensors = dict[str, torch.Tensor]


def fingerprint(**facts: Any) -> str:
    """A digest of all that decides a run's bits: settings, seed, data and code.

    The code is every rnnlab module that this process has loaded, and PyTorch's version.
    """
    facts["code"] = _loaded_code()
    facts["torch"] = torch.__version__
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _loaded_code() -> dict[str, str]:
    files = {
        name: getattr(module, "__file__", None)
        for name, module in sys.modules.items()
        if name.split(".")[0] == "rnnlab"
    }
    return {name: sha256(Path(file)) for name, file in files.items() if file}


def save(path: Path, fingerprint: str, state: Tensors, header: dict[str, Any]) -> None:
    """Write `state` and `header` (plain JSON) to `path` under `fingerprint`, atomically."""
    with replacing(path) as part:
        save_file(state, part, {"fingerprint": fingerprint, "header": json.dumps(header)})


def load(path: Path, fingerprint: str) -> tuple[Tensors, dict[str, Any]] | None:
    """What `save` wrote; None if there is none, it is broken, or its fingerprint is another."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("fingerprint") != fingerprint:
                return None
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return state, json.loads(metadata["header"])
    except (FileNotFoundError, SafetensorError):
        return None


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
