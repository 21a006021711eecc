"""A trained net tells which languages a surname may be from."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rnnlab.corpora.folding import fold
from rnnlab.errors import LabError
from rnnlab.labs.names.data import encode
from rnnlab.labs.names.settings import Training
from rnnlab.labs.names.train import untrained
from rnnlab.runs import files as runs
from rnnlab.training.batches import pad

LONGEST = 100
"""Symbols of a name that `classify` takes; the longest surname in the lists has about 20."""


class Guess(NamedTuple):
    language: str
    probability: float


def classify(folder: Path, surname: str, count: int = 3) -> list[Guess]:
    """The `count` likeliest languages of `surname`, by the trained net in the run's `folder`.

    The likeliest first; accents are stripped as in training. Raises LabError if there is no such
    run, or if the name has no Latin letter or more than LONGEST symbols.
    """
    name = fold(surname)
    if len(name) > LONGEST:
        raise LabError(f"the name is {len(name)} symbols long; give one of at most {LONGEST}.")
    settings = runs.read_run(folder).settings
    languages = settings.pop("languages")
    settings.pop("side_by_side", None)
    net = untrained(Training.model_validate(settings), len(languages), seed=0)
    runs.read_weights(folder, net)
    net.eval()
    with torch.inference_mode():
        output: torch.Tensor = net(*pad([encode(name)]))
    best = output[0].double().exp().topk(min(count, len(languages)))
    likeliest = [languages[index] for index in best.indices.tolist()]
    return list(map(Guess, likeliest, best.values.tolist()))


def answer(run: Path, features: Path) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    """What the net in the run folder `run` says of surnames: a row for each.

    A row has the likeliest `language` and its `probability`. features: not read; names need no
    vocabulary. The returned function raises LabError, see `classify`.
    """
    return lambda surnames: [classify(run, each, count=1)[0]._asdict() for each in surnames]
