"""The published run made again, as its log shows it, and with something changed.

The log's words are those of a course's exercise (nndl, chapter 6, Tang poems, PyTorch), whose code
tells the rest: poems of 5 to 80 characters, sorted by length, in batches of 100 that are never
shuffled; a poem is read from start symbol to end symbol, and what is to be predicted is the same
one step on, its last symbol, the end, repeated; each poem's mean loss, averaged over the batch;
RMSprop at 0.01, gradients clipped to norm 1. The exercise runs poem after poem; here a batch's
poems lie side by side, which is the same function (tests/labs/poetry/test_as_published.py).

Otherwise than there: the vocabulary is this lab's, in which the rarest characters share a symbol;
and two parts of the poems are held out.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from rnnlab.files import read_sealed
from rnnlab.labs.poetry import data, log
from rnnlab.labs.poetry.settings import ArmTraining
from rnnlab.labs.poetry.train import Batch, Scored
from rnnlab.nets.course_poet import HIDDEN, LAYERS, CoursePoet
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training import experiment, machine, memory
from rnnlab.training.batches import Rows, pad, pieces
from rnnlab.training.experiment import Places
from rnnlab.training.loop import Score
from rnnlab.training.optimizers import SGD, Adam, RMSprop
from rnnlab.training.seeding import generator, seed_torch

OPTIMIZERS: dict[str, type[SGD]] = {"rmsprop": RMSprop, "adam": Adam}


def train(arm: str, seed: int, training: ArmTraining, features: Path, places: Places) -> None:
    """Train the published net as `training` says on the data in the folder `features`.

    An interrupted training goes on from its checkpoint.
    """
    where = machine.prepare(training)
    known = Vocabulary.read(features / data.WORDS)
    unknown_kinds = read_sealed(features / data.COVERAGE)["unknown_kinds"]
    poems = data.read(features)
    most = min(training.max_symbols, training.batch * (log.LONGEST + 2))
    net = memory.fitting(
        lambda: untrained(len(known), training.relu, seed),
        most * (LAYERS * HIDDEN + len(known)),
        "max_symbols of poetry.published.training",
    )
    task = ArmTask(arm, seed, net, poems, training, where)
    files = [features / name for name in data.FILES]
    settings = training.model_dump()
    origin = experiment.Origin("poetry", arm, seed, settings, {"cell": "lstm"}, files)

    def final() -> tuple[dict[str, float], None]:
        return task.final(known, unknown_kinds, places), None

    kept = training.keep_weights
    experiment.conduct(task, origin, training, where, places, final, kept, keep_steps=True)


def untrained(symbols: int, relu: bool, seed: int) -> CoursePoet:
    """The net; all arms with a seed begin with the same weights."""
    seed_torch("poetry", "as published", seed, "weights")
    return CoursePoet(symbols, relu)


@dataclass
class ArmTask(Scored):
    """The published net on the poems. Its items are poems, whose losses are means of their own."""

    net: CoursePoet
    training: ArmTraining

    def optimizer(self) -> SGD:
        kind = OPTIMIZERS[self.training.optimizer]
        return kind(self.net.parameters(), self.training.learning_rate)

    def train_batches(self, epoch: int) -> list[Rows]:
        found = log.batches(log.read_by_it(self.poems, "train"), self.training.batch)
        if self.training.shuffled:
            order = generator("poetry", self.seed, "order", epoch).permutation(len(found))
            return [found[place] for place in order]
        return found

    def valid_batches(self) -> list[Rows]:
        rows = log.read_by_it(self.poems, "valid")
        return np.array_split(rows, max(1, len(rows) // self.training.batch))

    def pieces(self, batch: Rows) -> list[Rows]:
        return pieces(batch, self.poems.lengths(batch) + 1, self.training.max_symbols)

    def items(self, batch: Rows) -> int:
        return len(batch)

    def score(self, rows: Rows) -> Score:
        batch = self.batch(rows)
        nats, hits = self.net.surprise(*batch)
        weights = (batch.real / batch.real.sum(0))[batch.real]  # each poem's symbols sum up to 1
        correct = float((hits * weights).sum())
        return Score((nats * weights).sum(), len(rows), correct, len(nats))

    def batch(self, rows: Rows) -> Batch:
        device = self.machine.device
        ids, lengths = pad([self.poems.sequence(row) for row in rows])
        targets, _ = pad([np.append(own[1:], own[-1]) for own in map(self.poems.sequence, rows)])
        real = torch.arange(len(ids)).unsqueeze(1) < lengths
        return Batch(ids.to(device), targets.to(device), real.to(device))
