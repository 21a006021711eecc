"""Damaged checkpoints: a training takes them whole, or begins anew."""

import json
from pathlib import Path
from random import Random

import torch
from tests.attack import Case, attack
from tests.attack.bytes import spoil

from rnnlab.runs.checkpoints import Checkpoint

PARTS = {
    "net": {"weight": torch.arange(12.0).view(3, 4), "steps": torch.tensor(3.0)},
    "best": {"weight": torch.ones(3, 4, dtype=torch.bfloat16)},
}
HEADER = {"history": [{"epoch": 1, "train_loss": 0.5}]}


@attack("checkpoints")
def checkpoint(dice: Random, folder: Path) -> Case:
    made = Checkpoint(folder / "checkpoint", "mark")
    made.save(PARTS, HEADER)
    what = spoil(dice, made.path)
    return Case(what, made.load, lambda found: found is None or _whole(*found))


def _whole(parts: dict[str, dict[str, torch.Tensor]], header: dict[str, object]) -> bool:
    flat = {(name, key): each for name, part in parts.items() for key, each in part.items()}
    wanted = {(name, key): each for name, part in PARTS.items() for key, each in part.items()}
    same = flat.keys() == wanted.keys() and all(torch.equal(flat[key], wanted[key]) for key in flat)
    return same and json.dumps(header) == json.dumps(HEADER)
