"""The names lab: which language is a surname from? Log-probabilities, negative log-likelihood.

Two regimes over the same nets. As published: one name a step under plain SGD, drawn as PyTorch's
tutorial draws: a random language, then a random (distinct) name of its training part. So all
languages weigh the same, however many names they have; all names held out are for validation.
Batched: every training name once an epoch, many at once, under Adam; a language weighs as much as
it has names; of the names held out, validation has some and the test the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.errors import LabError
from rnnlab.files import write_text
from rnnlab.labs.names.data import Corpus, read
from rnnlab.labs.names.measures import scores
from rnnlab.labs.names.settings import DIVERGED, PEEPHOLE, PRINTED, Asked, Training
from rnnlab.nets import namer
from rnnlab.runs import files as runs
from rnnlab.training import experiment, machine, memory
from rnnlab.training.batches import Rows, by_length, pad
from rnnlab.training.experiment import Places, Plan
from rnnlab.training.loop import Score
from rnnlab.training.machine import Machine
from rnnlab.training.optimizers import SGD, Adam
from rnnlab.training.seeding import generator, seed_torch
from rnnlab.training.side_by_side import Scores


class Wanted(NamedTuple):
    """A run to be trained, see `train`."""

    name: str
    seed: int
    training: Training
    places: Places
    keep_weights: bool = True


class Roots(NamedTuple):
    """Where the folders of runs begin."""

    models: Path
    timings: Path
    checkpoints: Path

    def places(self, folder: str) -> Places:
        timing, checkpoint = self.timings / f"{folder}.json", self.checkpoints / folder
        return Places(self.models / folder, timing, checkpoint.with_suffix(".safetensors"))


def train(name: str, seed: int, training: Training, split: Path, places: Places) -> runs.Run:
    """Train the net `name` (`lstm`, `lstm-as-published`, …) with `seed` on the table `split`.

    An interrupted training goes on from its checkpoint. Raises LabError if it diverges.
    """
    return _train(Wanted(name, seed, training, places), split)


def _train(wanted: Wanted, split: Path) -> runs.Run:
    where = machine.prepare(wanted.training)
    task, plan = _prepare(wanted, read(split), split, where)
    origin, optimization, places, final, keep_weights = plan
    return experiment.conduct(task, origin, optimization, where, places, final, keep_weights)


def train_side_by_side(
    wanted: Sequence[Wanted], split: Path, checkpoint: Path
) -> list[runs.Run | LabError]:
    """Train nets of one structure as published, all at once; they differ in seed and rate.

    checkpoint: the file that an interrupted training goes on from. A run that diverges gives the
    LabError that says so.
    """
    where, corpus = machine.prepare(wanted[0].training), read(split)
    # Each run is what it is alone but for rounding, which depends on who is there.
    company = [f"seed {each.seed}, rate {each.training.learning_rate:g}" for each in wanted]
    prepared = [_prepare(each, corpus, split, where, side_by_side=company) for each in wanted]
    group = NamesGroup([task for task, _ in prepared])
    return experiment.conduct_side_by_side(group, [plan for _, plan in prepared], where, checkpoint)


def _prepare(
    wanted: Wanted, corpus: Corpus, split: Path, where: Machine, **more: Any
) -> tuple["NamesTask", Plan]:
    """more: settings that decide bits beside the training's own."""
    name, seed, training, places, keep_weights = wanted
    net = memory.fitting(
        lambda: untrained(training, len(corpus.languages), seed),
        training.batch * max(map(len, corpus.sequences)) * training.hidden,
        f"names.nets.{training.structure}.hidden or names.batched.training.batch",
    )
    task = NamesTask(name, seed, net, corpus, training, where)
    settings = {**training.model_dump(), "languages": corpus.languages, **more}
    tags = {"structure": training.structure, "regime": training.regime}
    origin = experiment.Origin("names", name, seed, settings, tags, [split])
    return task, Plan(origin, training, places, task.final, keep_weights)


def train_asked(asked: Sequence[Asked], at_once: int, split: Path, roots: Roots) -> None:
    """Train runs as published, those of one structure and size side by side, `at_once` at most.

    Where training diverged and that is a finding, a run's folder holds the sentence alone, in the
    file DIVERGED; else LabError is raised. All runs of a seed see the same names in the same order,
    and start from the same weights if they are of one size.
    """
    for _, alike in groupby(asked, lambda each: (each.training.structure, each.training.hidden)):
        row = list(alike)
        for start in range(0, len(row), at_once):
            group = row[start : start + at_once]
            for each, run in zip(group, _train_all(group, split, roots), strict=True):
                if isinstance(run, LabError):
                    if not each.probe:
                        raise run
                    write_text(roots.models / each.folder / DIVERGED, f"{run}\n")


def _train_all(group: Sequence[Asked], split: Path, roots: Roots) -> Sequence[runs.Run | LabError]:
    wanted = [Wanted(*each[:3], roots.places(each.folder), not each.probe) for each in group]
    checkpoint = wanted[0].places.checkpoint
    if len(group) > 1:
        return train_side_by_side(wanted, split, checkpoint)
    machine.prepare(group[0].training)  # outside: a device that is not there is no finding
    try:
        return [_train(wanted[0], split)]
    except LabError as trouble:
        checkpoint.unlink(missing_ok=True)
        return [trouble]


def untrained(training: Training, languages: int, seed: int) -> nn.Module:
    """A net whose weights follow from structure, hidden size and seed, in both regimes alike.

    Slips of a print leave them as they are.
    """
    structure = PEEPHOLE if training.structure in PRINTED else training.structure
    seed_torch("names", structure, training.hidden, seed, "weights")
    sizes = len(SYMBOLS), training.hidden, languages
    return namer.build(training.structure, *sizes, training.dropout, training.unseen)


@dataclass
class NamesTask:
    """One net on the names, as the training loop wants it."""

    name: str
    seed: int
    net: nn.Module
    corpus: Corpus
    training: Training
    machine: Machine

    def optimizer(self) -> SGD:
        if self.training.regime == "as-published":
            return SGD(self.net.parameters(), self.training.learning_rate)
        return Adam(self.net.parameters(), self.training.learning_rate)

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        # Not by the net's name: nets with the same seed are compared in pairs.
        rng = generator("names", self.seed, "order", epoch)
        if self.training.block is not None:
            rows = self.corpus.rows("train")
            return one_by_one(rows, self.corpus.label, self.training.block, rng)
        return self._batches(self.training.batch, rng, "train")

    def valid_batches(self) -> Sequence[Rows]:
        return self._batches(256, None, *self._valid)

    def pieces(self, batch: Rows) -> list[Rows]:
        return [batch]

    def items(self, batch: Rows) -> int:
        return len(batch)

    def score(self, rows: Rows) -> Score:
        output, labels, lengths = self._forward(rows)
        loss = functional.nll_loss(output, labels, reduction="sum")
        correct = (output.argmax(dim=1) == labels).sum().item()
        return Score(loss, len(rows), correct, int(lengths.sum()))

    def final(self) -> tuple[dict[str, float], pa.Table]:
        """What a run has beyond its loop's scores: those of the test part, with its predictions; as
        published, which has no such part, those of validation."""
        part, parts = ("test", ("test",)) if self.training.block is None else ("valid", self._valid)
        rows, output = self._outputs(*parts)
        label, predicted = self.corpus.label[rows], output.argmax(1)
        columns = {"id": self.corpus.id[rows], "label": label, "predicted": predicted}
        columns["probability"] = np.exp(output.max(1))
        found = {f"{part}_{name}": each for name, each in scores(label, output).items()}
        told = {"valid_accuracy", "valid_loss"}  # by the loop
        return {name: found[name] for name in found if name not in told}, pa.table(columns)

    def _outputs(self, *parts: str) -> tuple[Rows, NDArray[np.float64]]:
        """The rows of `parts`, and (rows, languages) log-probabilities."""
        rows = self.corpus.rows(*parts)
        output = np.zeros((len(self.corpus.id), len(self.corpus.languages)))
        self.net.eval()
        with torch.inference_mode(), self.machine.autocast():
            for batch in self._batches(256, None, *parts):
                output[batch] = self._forward(batch)[0].double().cpu().numpy()
        return rows, output[rows]

    @property
    def _valid(self) -> Sequence[str]:
        """The parts that choose the weights kept: all that is held out, as published."""
        return ("valid",) if self.training.block is None else ("valid", "test")

    def _batches(self, size: int, rng: np.random.Generator | None, *parts: str) -> list[Rows]:
        rows = self.corpus.rows(*parts)
        lengths = np.array([len(self.corpus.sequences[row]) for row in rows])
        return [rows[batch] for batch in by_length(lengths, size, rng)]

    def _forward(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Log-probabilities (batch, languages), and (batch,): labels, and lengths on the CPU."""
        device = self.machine.device
        ids, lengths = pad([self.corpus.sequences[row] for row in rows])
        labels = torch.from_numpy(self.corpus.label[rows])
        return self.net(ids.to(device), lengths.to(device)), labels.to(device), lengths


class NamesGroup:
    """Nets of one structure that read one name a step, side by side."""

    def __init__(self, tasks: Sequence[NamesTask]) -> None:
        self.tasks = tasks
        corpus = tasks[0].corpus
        self._side_by_side = namer.SIDE_BY_SIDE[tasks[0].training.structure]
        self._device = tasks[0].machine.device
        self._ids, self._lengths = pad(corpus.sequences)
        self._labels = torch.from_numpy(corpus.label)

    def score(self, weights: Mapping[str, torch.Tensor], batches: Sequence[Rows]) -> Scores:
        rows = torch.from_numpy(np.stack(batches))
        lengths, labels = self._lengths[rows], self._labels[rows].to(self._device)
        ids = self._ids[: int(lengths.max())][:, rows].to(self._device)
        output = self._side_by_side(weights, ids, lengths.to(self._device))
        loss = -output.gather(2, labels.unsqueeze(2)).sum((1, 2))
        correct = (output.argmax(dim=2) == labels).sum(1)
        return Scores(loss, correct, rows.shape[1], lengths.sum(1).tolist())


def one_by_one(
    rows: Rows, label: NDArray[np.int64], steps: int, rng: np.random.Generator
) -> list[Rows]:
    """`steps` batches of one row: a random label first, then a random one of its `rows`.

    rows: what to draw from; label: of all rows, by row number.
    """
    rows = rows[np.argsort(label[rows], kind="stable")]
    labels, start, count = np.unique(label[rows], return_index=True, return_counts=True)
    drawn = rng.integers(len(labels), size=steps)
    within = (rng.random(steps) * count[drawn]).astype(np.int64)
    return list(rows[start[drawn] + within][:, np.newaxis])
