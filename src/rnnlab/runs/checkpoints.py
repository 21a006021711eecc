"""A checkpoint is one safetensors file, replaced in one move: whole, or not there."""

import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from tqdm import tqdm

from rnnlab.files import replacing

Tensors = dict[str, torch.Tensor]
Parts = dict[str, Tensors]
"""By what they are of: the net, its best epoch, the optimizer."""


class Checkpoint:
    """What a training needs to go on, under the fingerprint of its run."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def save(self, parts: Parts, header: dict[str, Any]) -> None:
        """Write `parts` and `header` (plain JSON), atomically."""
        named = {
            f"{part}/{name}": tensor
            for part, tensors in parts.items()
            for name, tensor in tensors.items()
        }
        metadata = {"fingerprint": self.fingerprint, "header": json.dumps(header)}
        metadata["sha256"] = _digest(named, metadata)
        with replacing(self.path) as path:
            save_file(named, path, metadata)

    def load(self) -> tuple[Parts, dict[str, Any]] | None:
        """What `save` wrote; None if there is none, it is broken, or of another fingerprint."""
        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("fingerprint") != self.fingerprint:
                    return None
                named = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except FileNotFoundError:
            return None
        except SafetensorError:
            named, metadata = {}, {}
        if metadata.get("sha256") != _digest(named, metadata):
            tqdm.write(f"{self.path} is damaged; beginning anew")
            return None
        parts: Parts = defaultdict(dict)
        for key, tensor in named.items():
            part, _, name = key.partition("/")
            parts[part][name] = tensor
        return parts, json.loads(metadata["header"])

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _digest(named: Tensors, metadata: dict[str, str]) -> str:
    """sha256 of the header, and of the tensors' names, shapes and bits."""
    total = hashlib.sha256(metadata.get("header", "").encode())
    for name in sorted(named):
        tensor = named[name].detach().cpu().contiguous()
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()
