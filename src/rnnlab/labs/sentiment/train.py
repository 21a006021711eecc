"""The sentiment lab: is a film review positive? One logit, binary cross-entropy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.data import Features
from rnnlab.labs.sentiment.measures import scores
from rnnlab.labs.sentiment.settings import Shape, Training
from rnnlab.nets.classifier import Classifier
from rnnlab.training import experiment, machine, malloc, memory
from rnnlab.training.batches import Rows, by_length, pad, pieces
from rnnlab.training.experiment import Places
from rnnlab.training.loop import Score
from rnnlab.training.machine import Machine
from rnnlab.training.optimizers import Adam
from rnnlab.training.seeding import generator, seed_torch


def train(
    net: str,
    seed: int,
    training: Training,
    features: Path,
    places: Places,
    own: Path | None = None,
    taught: Path | None = None,
) -> None:
    """Train the net of the name `net` with `seed` on the data in the folder `features`.

    own: the folder of the reviews' own word vectors, taught: the file of the unlabelled reviews,
    for those nets that take them. An interrupted training goes on from its checkpoint.
    """
    shape = Shape.of(net)
    where = machine.prepare(training)
    folder = own if own and training.vectors == "reviews" else features
    vectors = data.read_vectors(folder, shape.dimension, features)
    corpus = data.read(features)
    files = [*(features / name for name in data.FILES), data.vectors_file(folder, shape.dimension)]
    if taught and training.unlabelled:
        corpus = data.joined(corpus, data.taught(taught, len(vectors)))
        files.append(taught)
    longest = int(np.diff(corpus.offsets).max())
    most = training.batch * longest * shape.layers * shape.directions
    model = memory.fitting(
        lambda: classifier(vectors, shape, training, seed),
        min(training.max_step_states, most) * training.hidden,
        f"hidden or max_step_states of sentiment's {net}, or leave it out,",
    )
    task = SentimentTask(net, seed, model, corpus, training, where)
    settings, tags = training.model_dump(), shape._asdict()
    origin = experiment.Origin("sentiment", net, seed, settings, tags, files)

    def final() -> tuple[dict[str, float], pa.Table]:
        predictions = task.predict("test")
        found = scores(predictions["label"], predictions["probability"])
        tested = {f"test_{name}": value for name, value in found.items()}
        return {**tested, "padding": task.padding()}, predictions

    experiment.conduct(task, origin, training, where, places, final, training.keep_weights)


def classifier(vectors: torch.Tensor, shape: Shape, training: Training, seed: int) -> Classifier:
    """The untrained net of `shape`; its weights follow from shape, hidden size and seed."""
    seed_torch("sentiment", *shape, seed, "weights")
    return Classifier(
        vectors,
        shape.cell,
        training.hidden,
        shape.layers,
        shape.directions,
        training.dropout,
        training.word_dropout,
        training.state_dropout,
        training.pooling,
    )


@dataclass
class SentimentTask:
    """One net on the reviews, as the training loop wants it."""

    name: str
    seed: int
    net: Classifier
    features: Features
    training: Training
    machine: Machine

    def optimizer(self) -> Adam:
        return Adam(self.net.parameters(), self.training.learning_rate)

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        # Not by the net's name: nets of one seed take the same batches.
        return self._batches("train", generator("sentiment", self.seed, "order", epoch))

    def valid_batches(self) -> Sequence[Rows]:
        return self._batches("valid", None)

    def pieces(self, batch: Rows) -> list[Rows]:
        shape = Shape.of(self.name)
        most = self.training.max_step_states // (shape.layers * shape.directions)
        return pieces(batch, self._lengths(batch), most)

    def items(self, batch: Rows) -> int:
        return len(batch)

    def score(self, rows: Rows) -> Score:
        ids, lengths, labels = self._tensors(rows)
        logits = self.net(ids, lengths)
        loss = functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
        correct = ((logits > 0) == (labels > 0.5)).sum().item()
        return Score(loss, len(rows), correct, int(lengths.sum()))

    def predict(self, part: str) -> pa.Table:
        """A table `id, label, probability` (of a positive review), sorted by id."""
        rows = self.features.rows(part)
        probability = np.zeros(len(self.features.label))
        self.net.eval()
        with torch.inference_mode(), self.machine.autocast():
            for piece in self._in_pieces(self._batches(part, None)):
                ids, lengths, _ = self._tensors(piece)
                probability[piece] = torch.sigmoid(self.net(ids, lengths).double()).cpu().numpy()
        label = self.features.label[rows].astype(np.int8)
        return pa.table(
            {"id": self.features.id[rows], "label": label, "probability": probability[rows]}
        )

    def padding(self) -> float:
        """The share of padding in the first epoch's batches, as they go through the net."""
        real = total = 0
        for lengths in map(self._lengths, self._in_pieces(self.train_batches(1))):
            real, total = real + int(lengths.sum()), total + int(lengths.max()) * len(lengths)
        return 1 - real / total

    def _batches(self, part: str, rng: np.random.Generator | None) -> list[Rows]:
        rows = self.features.rows(part)
        lengths = self._lengths(rows)
        return [rows[each] for each in by_length(lengths, self.training.batch, rng)]

    def _in_pieces(self, batches: Sequence[Rows]) -> Iterator[Rows]:
        return (piece for batch in batches for piece in self.pieces(batch))

    def _lengths(self, rows: Rows) -> NDArray[np.int64]:
        lengths = self.features.lengths(rows)
        most = self.training.max_tokens
        return np.minimum(lengths, most) if most else lengths

    def _tensors(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Ids, lengths and labels of a batch, on the device, where there is room for its states."""
        widest = max(self.net.embedding.embedding_dim, 4 * self.training.hidden)
        malloc.give_back(4 * widest * len(rows) * int(self._lengths(rows).max()))
        ids, lengths = pad([self.features.sequence(row, self.training.max_tokens) for row in rows])
        labels = torch.from_numpy(self.features.label[rows].astype(np.float32))
        device = self.machine.device
        return ids.to(device), lengths.to(device), labels.to(device)
