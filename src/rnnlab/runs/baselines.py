"""What nets are held against, and is fitted at once: its scores, as those of nets of one seed."""

from pathlib import Path
from typing import Any

from rnnlab.files import read_sealed
from rnnlab.runs.scores import Nets, NetScores, spread

SCORES = "scores.json"
SEED = 0
"""What stands for the seed: none decides what is found."""


def read(scores: Path, seconds: Path, stage: str) -> Nets:
    """What the `stage` fitted, by name.

    scores: the file of their scores and numbers of parameters; seconds: that of their times. Raises
    LabError if one is missing or broken.
    """
    times = read_sealed(seconds)
    nets = {}
    for name, found in read_sealed(scores).items():
        size = found.pop("parameters")
        numbers = {**found, "train_seconds": times[name]}
        spreads: dict[str, Any] = {key: spread({SEED: each}) for key, each in numbers.items()}
        nets[name] = NetScores(parameters=size, runs={SEED: stage}, **spreads)
    return nets
