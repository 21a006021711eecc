"""Keras 3: the same net from its own layers, on the backend of $KERAS_BACKEND.

Given its ordinary advantages: padding before the reviews, as `pad_sequences` does by default, and
no mask, so that nothing is computed for masks; the same 25,000 words as the tutorial style; steps
compiled, once for each length of batch, before anything is timed.
"""

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from bench import contest
from bench import reviews as files
from bench.contest import HIDDEN, StepByStep, Team, Work
from rnnlab.labs.sentiment.settings import Shape

PYTHON = f"python3.{sys.version_info.minor}"
PACKAGES = Path(__file__).parent / ".venv" / "lib" / PYTHON / "site-packages"
"""Keras and its backends stay out of the project's own environment; it has PyTorch for them."""
BACKENDS = ("jax", "tensorflow", "torch")
WORDS = 25_000


class Keras(StepByStep):
    """A compiled Keras model."""

    def __init__(self, style: str, net: str, work: Work) -> None:
        sys.path.insert(0, str(PACKAGES))
        import keras

        keras.utils.set_random_seed(2077)
        cell, layers, directions, dimension = Shape.of(net)
        kinds = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
        self.model = keras.Sequential([keras.layers.Embedding(WORDS, dimension)])
        for number in range(layers):
            layer = kinds[cell](HIDDEN, return_sequences=number < layers - 1)
            self.model.add(keras.layers.Bidirectional(layer) if directions == 2 else layer)
        self.model.add(keras.layers.Dense(1))
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.model.compile(keras.optimizers.Adam(0.001), loss)
        reviews = files.read(work.data)
        chosen = files.chosen(reviews, work.batches)
        batches = [files.padded(reviews, rows, WORDS, before=True) for rows in chosen]
        super().__init__(
            [(ids.astype(np.int32), labels[:, np.newaxis]) for ids, _, labels in batches],
            [lengths.sum() for _, lengths, _ in batches],
        )

    def step(self, batch: tuple[Any, Any]) -> float:
        loss = self.model.train_on_batch(*batch)
        self.model.reset_metrics()
        return float(loss)


def teams(backend: str) -> AbstractContextManager[list[Team]]:
    """Teams with Keras on that backend."""
    environment = {"KERAS_BACKEND": backend, "KERAS_HOME": str(PACKAGES.parent)}
    return contest.teams(Keras, JAX_PLATFORMS="cpu", **environment)
