"""The poetry lab: character language models of Tang poems; loss in nats per character."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnlab.corpora.hanzi import PUNCTUATION
from rnnlab.files import read_sealed
from rnnlab.labs.poetry import data
from rnnlab.labs.poetry.data import END_ID, UNKNOWN_ID, Poems
from rnnlab.labs.poetry.settings import Training
from rnnlab.nets.language_model import LanguageModel
from rnnlab.text import cooccurrence
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training import experiment, machine
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
    model = language_model(net, len(known), training, seed)
    begin(model, poems, seed)
    task = PoetryTask(net, seed, model, poems, training, where)
    files = [features / name for name in data.FILES]
    origin = experiment.Origin("poetry", net, seed, training.model_dump(), {"cell": net}, files)

    def final() -> tuple[dict[str, float], None]:
        return task.held_out(known, unknown_kinds), None

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


Nats = NDArray[np.float64]


class Batch(NamedTuple):
    """Poems side by side: what is read, what comes next, and where that is not padding.

    ids, targets: (time, batch) int64; real: (time, batch) bool.
    """

    ids: torch.Tensor
    targets: torch.Tensor
    real: torch.Tensor


@dataclass
class PoetryTask:
    """One net on the poems, as the training loop wants it.

    Its items are the symbols to be predicted: a poem's characters and its end.
    """

    name: str
    seed: int
    net: LanguageModel
    poems: Poems
    training: Training
    machine: Machine

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

    def held_out(self, known: Vocabulary, unknown_kinds: int) -> dict[str, float]:
        """What the net makes of the validation part's characters; starts and ends don't count.

        In nats per character: `valid_nll` over all characters, punctuation among them and <unk> as
        one symbol; `valid_nll_hanzi` without punctuation; `valid_nll_upper` with ln
        `unknown_kinds` more for every <unk>, which makes it an upper bound on the loss of a net
        that also says which of so many unknown characters it was. `perplexity` is
        exp(`valid_nll`); `valid_unknown` the share of <unk>; `valid_nll_error` the standard
        error of `valid_nll` from the number of poems (of a ratio of means, Cochran 1977, 6.3).
        """
        nats, targets, poem = self.surprises()
        own = targets != END_ID
        stops = np.isin(targets, [known.ids[each] for each in PUNCTUATION if each in known.ids])
        nll = float(nats[own].mean())
        unknown = float((targets[own] == UNKNOWN_ID).mean())
        return {
            "valid_nll": nll,
            "valid_nll_hanzi": float(nats[own & ~stops].mean()),
            "valid_nll_upper": nll + unknown * math.log(max(unknown_kinds, 1)),
            "valid_nll_error": _error(nats[own], poem[own]),
            "valid_unknown": unknown,
            "perplexity": math.exp(nll),
        }

    def surprises(self) -> tuple[Nats, Rows, Rows]:
        """Of every symbol to be predicted in the validation part: nats, id, poem (row)."""
        nats, targets, poems = [], [], []
        self.net.eval()
        with torch.inference_mode(), self.machine.autocast():
            for rows in (piece for each in self.valid_batches() for piece in self.pieces(each)):
                batch = self.batch(rows)
                nats.append(self.net.surprise(*batch).nats.double().cpu().numpy())
                targets.append(batch.targets[batch.real].cpu().numpy())
                poems.append(rows[batch.real.nonzero()[:, 1].cpu().numpy()])
        return np.concatenate(nats), np.concatenate(targets), np.concatenate(poems)

    def batch(self, rows: Rows) -> Batch:
        device = self.machine.device
        ids, lengths = pad([self.poems.sequence(row) for row in rows])
        real = torch.arange(1, len(ids)).unsqueeze(1) < lengths
        return Batch(ids[:-1].to(device), ids[1:].to(device), real.to(device))

    def _batches(self, part: str, rng: np.random.Generator | None) -> list[Rows]:
        rows = self.poems.rows(part)
        lengths = self.poems.lengths(rows)
        return [rows[each] for each in by_length(lengths, self.training.batch, rng)]


def _error(nats: Nats, poem: Rows) -> float:
    """The standard error of the mean of `nats`, whose poems, not characters, are independent."""
    _, place = np.unique(poem, return_inverse=True)
    sums, sizes = np.bincount(place, nats), np.bincount(place)
    poems = len(sums)
    spread = ((sums - nats.mean() * sizes) ** 2).sum() * poems / max(poems - 1, 1)
    return float(np.sqrt(spread) / len(nats))
