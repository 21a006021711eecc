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

FEATURES = ()
"""What `answer` reads of the features' folder: names need no vocabulary."""
LONGEST = 100
"""Symbols of a name that is taken; the longest surname in the lists has about 20."""


class Guess(NamedTuple):
    language: str
    probability: float


class Linguist:
    """A trained net, which tells languages of surnames; on the CPU."""

    def __init__(self, run: Path) -> None:
        """The net in the run's folder `run`. Raises LabError if there is none."""
        settings = runs.read_run(run).settings
        self.languages: list[str] = settings.pop("languages")
        settings.pop("side_by_side", None)
        self.net = untrained(Training.model_validate(settings), len(self.languages), seed=0)
        runs.read_weights(run, self.net)
        self.net.eval()

    @torch.inference_mode()
    def guesses(self, surname: str, count: int = 3) -> list[Guess]:
        """The `count` likeliest languages of `surname`, the likeliest first.

        Accents are stripped as in training. Raises LabError if the name has no Latin letter or more
        than LONGEST symbols.
        """
        name = fold(surname)
        if len(name) > LONGEST:
            raise LabError(f"the name is {len(name)} symbols long; give one of at most {LONGEST}.")
        output: torch.Tensor = self.net(*pad([encode(name)]))
        best = output[0].double().exp().topk(min(count, len(self.languages)))
        likeliest = [self.languages[index] for index in best.indices.tolist()]
        return list(map(Guess, likeliest, best.values.tolist()))


def answer(run: Path, features: Path) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    """What the net in the run folder `run` says of surnames: a row for each.

    A row has the likeliest `language` and its `probability`. features: not read. The
    returned function raises LabError, see `Linguist.guesses`.
    """
    linguist = Linguist(run)
    return lambda surnames: [linguist.guesses(each, count=1)[0]._asdict() for each in surnames]


def classes(run: runs.Run) -> Sequence[str]:
    """What `run` tells apart, in the order of its predictions' numbers."""
    found: list[str] = run.settings["languages"]
    return found
