"""Keras 3 as a contender: the same net from its own layers, on the backend of $KERAS_BACKEND.

Given its ordinary advantages: padding before the reviews, as `pad_sequences` does by default, and
no mask, so that nothing is computed for masks; the same 25,000 words as the tutorial style; steps
compiled, once for each length of batch, before anything is timed. Needs Keras, its backend and
NumPy.
"""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from bench import reviews as files
from bench.contender import serve

WORDS = 25_000
CELLS = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


class Keras:
    """A compiled Keras model with its batches."""

    def __init__(self, style: str, net: dict[str, Any], data: str) -> None:
        reviews = files.read(Path(data))
        rows = files.chosen(reviews, files.count_chosen(net["layers"]))
        keras.utils.set_random_seed(2077)
        self.model = model(**net)
        self.batches = [batch(reviews, each) for each in rows]

    def train(self, batches: list[int]) -> dict[str, Any]:
        losses, tokens = [], 0
        started = time.perf_counter()
        for number in batches:
            ids, lengths, labels = self.batches[number]
            # A number, not a tensor: the step has been done when the clock is read.
            losses.append(float(self.model.train_on_batch(ids, labels)))
            tokens += int(lengths.sum())
            self.model.reset_metrics()
        return {"tokens": tokens, "seconds": time.perf_counter() - started, "losses": losses}


def model(cell: str, layers: int, directions: int, dimension: int, hidden: int) -> keras.Model:
    """Embedding → recurrent layers → Dense → one logit."""
    stack: list[keras.layers.Layer] = [keras.layers.Embedding(WORDS, dimension)]
    for number in range(layers):
        layer = CELLS[cell](hidden, return_sequences=number < layers - 1)
        stack.append(keras.layers.Bidirectional(layer) if directions == 2 else layer)
    stack.append(keras.layers.Dense(1))
    made = keras.Sequential(stack)
    made.compile(keras.optimizers.Adam(0.001), keras.losses.BinaryCrossentropy(from_logits=True))
    return made


def batch(reviews: files.Reviews, rows: files.Rows) -> tuple[Any, Any, Any]:
    sequences = [reviews.sequence(row) for row in rows]
    ids = files.padded([np.where(each < WORDS, each, 1) for each in sequences], before=True)
    labels = reviews.label[rows].astype(np.float32)[:, np.newaxis]
    return ids.astype(np.int32), reviews.lengths(rows), labels


if __name__ == "__main__":
    serve(Keras)
