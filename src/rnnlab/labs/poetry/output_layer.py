"""What the language model's output layer costs: a training step, timed in several ways."""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

import torch

from rnnlab.files import write_json
from rnnlab.labs.poetry import data
from rnnlab.labs.poetry.settings import Training
from rnnlab.labs.poetry.train import Batch, PoetryTask, language_model
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training import machine
from rnnlab.training.optimizers import Adam

BATCHES = 6
"""Steps that are timed, on batches of about the median length; one more warms up."""


class Way(NamedTuple):
    """A kind of output layer.

    clusters: the two-step softmax, or the plain one. everywhere: scores for padding too.
    precision: fp32 or bf16.
    """

    clusters: bool
    everywhere: bool
    precision: str


def compare(features: Path, training: Training, output: Path) -> None:
    """Time steps of the LSTM with a plain softmax, and with what this project does instead.

    Writes a list, from the plainest way to the one that `training` asks for: what the way is,
    and its symbols per second, without padding (forward, backward and update; the median step).
    """
    asked = machine.prepare(training).precision
    plain = Way(False, True, "fp32"), Way(False, False, "fp32"), Way(False, False, asked)
    clustered = Way(bool(training.clusters), False, asked)
    ways = dict.fromkeys([*plain, clustered])  # each once: what is asked for may be plain, or fp32
    rates = [{**way._asdict(), "symbols_per_second": rate(features, training, way)} for way in ways]
    write_json(output, rates)


def rate(features: Path, training: Training, way: Way) -> float:
    """Real symbols that the LSTM learns from in a second, done the way `way`."""
    clusters = training.clusters if way.clusters else []
    settings = training.model_copy(update={"clusters": clusters, "precision": way.precision})
    where = machine.prepare(settings)
    symbols = len(Vocabulary.read(features / data.WORDS))
    net = language_model("lstm", symbols, settings, 0).to(where.device)
    task = PoetryTask("lstm", 0, net, data.read(features), settings, where)
    optimizer = task.optimizer()
    batches = task.valid_batches()
    middle = batches[len(batches) // 2 :][:BATCHES]
    rates = []
    for rows in [middle[0], *middle]:
        batch = task.batch(rows)
        real = int(batch.real.sum())
        started = time.process_time()
        step(task, optimizer, batch, way)
        if where.device.type == "cuda":
            torch.cuda.synchronize()
        rates.append(real / (time.process_time() - started))
    return statistics.median(rates[1:])


def step(task: PoetryTask, optimizer: Adam, batch: Batch, way: Way) -> None:
    """One step of training."""
    optimizer.zero_grad()
    asked = torch.ones_like(batch.real) if way.everywhere else batch.real
    with task.machine.autocast():
        nats = task.net.surprise(batch.ids, batch.targets, asked).nats
    loss = nats[batch.real.flatten()] if way.everywhere else nats
    loss.mean().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
