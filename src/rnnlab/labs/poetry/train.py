"""The poetry lab: character language models of Tang poems; loss in nats per character."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from rnnlab.files import read_sealed
from rnnlab.labs.poetry import data, log, scores
from rnnlab.labs.poetry.data import Poems
from rnnlab.labs.poetry.scores import Surprises
from rnnlab.labs.poetry.settings import ArmTraining, Training
from rnnlab.nets.language_model import LanguageModel, Surprise
from rnnlab.text import cooccurrence
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training import experiment, machine, memory
from rnnlab.training.batches import Rows, by_length, pad, pieces
from rnnlab.training.experiment import Places
from rnnlab.training.loop import Score
from rnnlab.training.machine import Machine
from rnnlab.training.optimizers import Adam
from rnnlab.training.seeding import generator, seed_torch


def train(net: str, seed: int, training: Training, features: Path, places: Places) -> None:
    """Train the net of the cell `net` with `seed` on the data in the folder `features`.

    An interrupted training goes on from its checkpoint.
    """
    where = machine.prepare(training)
    known = Vocabulary.read(features / data.WORDS)
    unknown_kinds = read_sealed(features / data.COVERAGE)["unknown_kinds"]
    poems = data.read(features)
    most = min(training.max_symbols, training.batch * int(np.diff(poems.offsets).max()))
    model = memory.fitting(
        lambda: language_model(net, len(known), training, seed),
        most * training.layers * training.hidden,
        "embedding, hidden, layers or max_symbols of poetry.training",
    )
    begin(model, poems, seed)
    task = PoetryTask(net, seed, model, poems, training, where)
    files = [features / name for name in data.FILES]
    origin = experiment.Origin("poetry", net, seed, training.model_dump(), {"cell": net}, files)

    def final() -> tuple[dict[str, float], None]:
        return task.final(known, unknown_kinds, places), None

    experiment.conduct(task, origin, training, where, places, final)


def language_model(cell: str, symbols: int, training: Training, seed: int) -> LanguageModel:
    """The untrained net; its weights follow from cell, sizes and seed."""
    seed_torch("poetry", cell, seed, "weights")
    sizes = training.embedding, training.hidden, training.layers
    return LanguageModel(cell, symbols, *sizes, training.dropout, training.clusters)


def begin(model: LanguageModel, poems: Poems, seed: int) -> None:
    """Let training begin with what counting the training part tells.

    The biases from how often each symbol comes, the vectors from which symbols it stands beside;
    a symbol without neighbours keeps its drawn vector.
    """
    table = model.embedding.weight
    model.output.begin_with(torch.from_numpy(poems.counts("train", len(table))))
    rows = [poems.sequence(row) for row in poems.rows("train")]
    found = torch.from_numpy(cooccurrence.vectors(rows, len(table), table.shape[1], seed))
    with torch.no_grad():
        table.copy_(torch.where(found.any(1, keepdim=True), found, table))


class Batch(NamedTuple):
    """Poems side by side: what is read, what comes next, and where that is not padding.

    ids, targets: (time, batch) int64; real: (time, batch) bool.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    real: torch.Tensor


def same_number(poems: Poems) -> Rows:
    """Training poems, drawn at random, as many as test it, or all; for every net the same."""
    rows, number = poems.rows("train"), len(poems.rows("test"))
    return np.sort(generator("poetry", "scored").permutation(rows)[:number])


class Reader(Protocol):
    """A net that reads poems."""

    def eval(self) -> Any: ...

    def surprise(
        self, ids: torch.Tensor, targets: torch.Tensor, real: torch.Tensor
    ) -> Surprise: ...


@dataclass
class Scored(ABC):
    """A net on the poems, whatever it is and however it is trained: how it is scored."""

    name: str
    seed: int
    net: Reader
    poems: Poems
    training: Training | ArmTraining
    machine: Machine

    @abstractmethod
    def pieces(self, batch: Rows) -> list[Rows]: ...

    @abstractmethod
    def batch(self, rows: Rows) -> Batch: ...

    def final(self, known: Vocabulary, unknown_kinds: int, places: Places) -> dict[str, float]:
        """The scores of `scores.scores` on the test part, and `logged_loss`; what each poem
        of it, and of as many training poems, cost goes into the run's folder."""
        tested = self.surprises(self.poems.rows("test"))
        seen = self.surprises(same_number(self.poems))
        scores.write_poems(places.output, {"test": tested, "train": seen})
        found = scores.scores(tested, known, unknown_kinds)
        return {**found, "logged_loss": self.logged_loss()}

    def logged_loss(self) -> float:
        """The loss of `log.logged(poems)`, as the published log has it: the mean over poems of the
        nats that each loses per symbol."""
        found = self.surprises(log.logged(self.poems))
        return float(np.mean(found.by_poem().nats_per_symbol))

    def surprises(self, rows: Rows) -> Surprises:
        """Of every symbol to be predicted in the poems `rows`."""
        nats, targets, poems = [], [], []
        order = by_length(self.poems.lengths(rows), self.training.batch, None)
        self.net.eval()
        with torch.inference_mode(), self.machine.autocast():
            for piece in (piece for each in order for piece in self.pieces(rows[each])):
                batch = self.batch(piece)
                nats.append(self.net.surprise(*batch).nats.double().cpu().numpy())
                targets.append(batch.targets[batch.real].cpu().numpy())
                poems.append(piece[batch.real.nonzero()[:, 1].cpu().numpy()])
        return Surprises(*(np.concatenate(each) for each in (nats, targets, poems)))


@dataclass
class PoetryTask(Scored):
    """One net on the poems, as the training loop wants it.

    Its items are the symbols to be predicted: a poem's characters and its end.
    """

    net: LanguageModel
    training: Training

    def optimizer(self) -> Adam:
        """AdamW (Loshchilov and Hutter 2019) on the net's matrices; plain Adam on the table of
        vectors and on biases, where decay would make the rare as common as the rest."""
        table, decay = self.net.embedding.weight, self.training.weight_decay
        weights = list(self.net.parameters())
        spared = [each for each in weights if each.dim() == 1 or each is table]
        return Adam(weights, self.training.learning_rate, decay, spared)

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        # Not by the net's name: nets of one seed take the same batches.
        return self._batches("train", generator("poetry", self.seed, "order", epoch))

    def valid_batches(self) -> Sequence[Rows]:
        return self._batches("valid", None)

    def pieces(self, batch: Rows) -> list[Rows]:
        return pieces(batch, self.poems.lengths(batch), self.training.max_symbols)

    def items(self, batch: Rows) -> int:
        return int(self.poems.lengths(batch).sum())

    def score(self, rows: Rows) -> Score:
        batch = self.batch(rows)
        nats, hits = self.net.surprise(*batch)
        return Score(nats.sum(), len(nats), float(hits.sum()), len(nats))

    def batch(self, rows: Rows) -> Batch:
        device = self.machine.device
        ids, lengths = pad([self.poems.sequence(row) for row in rows])
        real = torch.arange(1, len(ids)).unsqueeze(1) < lengths
        return Batch(ids[:-1].to(device), ids[1:].to(device), real.to(device))

    def _batches(self, part: str, rng: np.random.Generator | None) -> list[Rows]:
        rows = self.poems.rows(part)
        lengths = self.poems.lengths(rows)
        return [rows[each] for each in by_length(lengths, self.training.batch, rng)]
