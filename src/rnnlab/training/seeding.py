"""The one place that seeds: every random choice comes from a key that names it."""

import hashlib

import numpy as np


def derive(*key: int | str) -> int:
    """A 63-bit seed for `key`, the same on every machine; other keys give unrelated seeds."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*key: int | str) -> np.random.Generator:
    """NumPy's generator for `key`."""
    return np.random.default_rng(derive(*key))


def seed_torch(*key: int | str) -> None:
    """Seed PyTorch's global generators, of CPU and CUDA (initial weights, dropout), from `key`."""
    import torch

    torch.manual_seed(derive(*key))
