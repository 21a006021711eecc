"""The names lab: which language is a surname from? Log-probabilities, negative log-likelihood.

Two regimes over the same nets. As published: one name a step under plain SGD, drawn as PyTorch's
tutorial draws: a random language, then a random (distinct) name of its training part. So all
languages weigh the same, however many names they have. Batched: every training name once an
epoch, many at once, under Adam; a language weighs as much as it has names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.errors import LabError
from rnnlab.labs.names.data import Corpus, read
from rnnlab.labs.names.settings import DIVERGED, NamesSettings, Training, rate_folder
from rnnlab.nets import namer
from rnnlab.runs import files as runs
from rnnlab.training import experiment, machine
from rnnlab.training.batches import Rows, by_length, pad
from rnnlab.training.experiment import Places
from rnnlab.training.loop import Score
from rnnlab.training.machine import Machine
from rnnlab.training.seeding import generator, seed_torch


def train(name: str, seed: int, training: Training, split: Path, places: Places) -> runs.Run:
    """Train the net `name` (`lstm`, `lstm-as-published`, …) with `seed` on the table `split`.

    An interrupted training goes on from its checkpoint. Raises LabError if it diverges.
    """
    where = machine.prepare(training)
    corpus = read(split)
    net = untrained(training, len(corpus.languages), seed)
    task = NamesTask(name, seed, net, corpus, training, where)
    settings = {**training.model_dump(), "languages": corpus.languages}
    tags = {"structure": training.structure, "regime": training.regime}
    origin = experiment.Origin("names", name, seed, settings, tags, [split])

    def final() -> tuple[dict[str, float], pa.Table]:
        predictions = task.predict()
        label, predicted = (predictions[each].to_numpy() for each in ("label", "predicted"))
        # Each language weighs the same.
        found = [(predicted[label == language] == language).mean() for language in np.unique(label)]
        return {"valid_balanced_accuracy": float(np.mean(found))}, predictions

    return experiment.conduct(task, origin, training, where, places, final)


def sweep(
    structure: str,
    settings: NamesSettings,
    split: Path,
    output: Path,
    timings: Path,
    checkpoints: Path,
) -> None:
    """Train `structure` as published at each learning rate of the sweep.

    Each rate gets a run's folder below `output`, but for one at which the published regime trains
    the very same run; where training diverged, which at high rates is a finding, that folder holds
    the sentence alone, in the file DIVERGED. All rates start from the same weights and see the same
    names in the same order.
    """
    for folder in (output, timings):
        folder.mkdir(parents=True, exist_ok=True)
    for training in settings.swept(structure):
        if settings.published_too(training):
            continue
        rate = rate_folder(training.learning_rate)
        timing, checkpoint = timings / f"{rate}.json", checkpoints / f"{rate}.safetensors"
        places = Places(output / rate, timing, checkpoint)
        machine.prepare(training)  # outside: a device that is not there is no finding
        try:
            train(f"{structure}-{rate}", settings.sweep.seed, training, split, places)
        except LabError as trouble:
            places.checkpoint.unlink(missing_ok=True)
            places.output.mkdir(parents=True, exist_ok=True)
            (places.output / DIVERGED).write_text(f"{trouble}\n", encoding="utf-8")


def untrained(training: Training, languages: int, seed: int) -> nn.Module:
    """A net whose weights follow from structure, hidden size and seed, in both regimes alike."""
    seed_torch("names", training.structure, training.hidden, seed, "weights")
    return namer.build(training.structure, len(SYMBOLS), training.hidden, languages)


@dataclass
class NamesTask:
    """One net on the names, as the training loop wants it."""

    name: str
    seed: int
    net: nn.Module
    corpus: Corpus
    training: Training
    machine: Machine

    def optimizer(self) -> torch.optim.Optimizer:
        if self.training.regime == "as-published":
            return torch.optim.SGD(self.net.parameters(), self.training.learning_rate)
        return torch.optim.Adam(self.net.parameters(), self.training.learning_rate, fused=True)

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        # Not by the net's name: nets with the same seed are compared in pairs.
        rng = generator("names", self.seed, "order", epoch)
        if self.training.block is not None:
            rows = self.corpus.rows("train")
            return one_by_one(rows, self.corpus.label, self.training.block, rng)
        return self._batches("train", self.training.batch, rng)

    def valid_batches(self) -> Sequence[Rows]:
        return self._batches("valid", 256, None)

    def pieces(self, batch: Rows) -> list[Rows]:
        return [batch]

    def items(self, batch: Rows) -> int:
        return len(batch)

    def score(self, rows: Rows) -> Score:
        output, labels, lengths = self._forward(rows)
        loss = functional.nll_loss(output, labels, reduction="sum")
        correct = (output.argmax(dim=1) == labels).sum().item()
        return Score(loss, len(rows), correct, int(lengths.sum()))

    def predict(self) -> pa.Table:
        """A table `id, label, predicted` (languages' indices), `probability` of the predicted.

        Of the validation part, sorted by id.
        """
        rows = self.corpus.rows("valid")
        predicted = np.zeros(len(self.corpus.id), dtype=np.int64)
        probability = np.zeros(len(self.corpus.id))
        self.net.eval()
        with torch.inference_mode(), self.machine.autocast():
            for batch in self.valid_batches():
                best = self._forward(batch)[0].double().max(dim=1)
                predicted[batch] = best.indices.cpu().numpy()
                probability[batch] = best.values.exp().cpu().numpy()
        columns = {"id": self.corpus.id, "label": self.corpus.label}
        columns |= {"predicted": predicted, "probability": probability}
        return pa.table({name: values[rows] for name, values in columns.items()})

    def _batches(self, part: str, size: int, rng: np.random.Generator | None) -> list[Rows]:
        rows = self.corpus.rows(part)
        lengths = np.array([len(self.corpus.sequences[row]) for row in rows])
        return [rows[batch] for batch in by_length(lengths, size, rng)]

    def _forward(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Log-probabilities (batch, languages), and (batch,): labels, and lengths on the CPU."""
        device = self.machine.device
        ids, lengths = pad([self.corpus.sequences[row] for row in rows])
        labels = torch.from_numpy(self.corpus.label[rows])
        return self.net(ids.to(device), lengths.to(device)), labels.to(device), lengths


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
