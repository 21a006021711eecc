"""A checkpoint is one safetensors file, replaced in one move: whole, or not there."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

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
        metadata = {"fingerprint": self.fingerprint, "header": json.dumps(header)}
        named = {
            f"{part}/{name}": tensor
            for part, tensors in parts.items()
            for name, tensor in tensors.items()
        }
        with replacing(self.path) as path:
            save_file(named, path, metadata)

    def load(self) -> tuple[Parts, dict[str, Any]] | None:
        """What `save` wrote; None if there is none, it is broken, or of another fingerprint."""
        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("fingerprint") != self.fingerprint:
                    return None
                parts: Parts = defaultdict(dict)
                for key in file.keys():  # noqa: SIM118
                    part, _, name = key.partition("/")
                    parts[part][name] = file.get_tensor(key)
                return parts, json.loads(metadata["header"])
        except (FileNotFoundError, SafetensorError):
            return None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
