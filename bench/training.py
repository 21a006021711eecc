"""How fast lstm-1-1-100d trains here: tokens a second, beside what people would write instead.

Contenders take the same batches (lengths drawn like those of IMDB's reviews), one thread each, and
two of a kind run side by side on two cores. Figures of one run compare; those of two runs do not.
"""

import json
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import typer
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnlab.files import write_json
from rnnlab.nets.classifier import Classifier
from rnnlab.settings.training import Machine as MachineSettings
from rnnlab.training.batches import Padded, by_length, pad
from rnnlab.training.machine import prepare
from rnnlab.training.seeding import generator, seed_torch

WORDS, DIMENSION, HIDDEN, BATCH = 44_000, 100, 64, 128
SEED_STYLE_WORDS = 400_000


class PackedClassifier(nn.Module):
    """The net as it is commonly written: one nn.LSTM over a packed sequence."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, DIMENSION)
        self.lstm = nn.LSTM(DIMENSION, HIDDEN)
        self.linear = nn.Linear(HIDDEN, 1)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(self.embedding(ids), lengths, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.linear(hidden[-1]).squeeze(-1)


def batches(number: int) -> list[Padded]:
    """Real-looking batches of like length; ids drawn so that a few words make most of the text."""
    rng = generator("bench")
    lengths = np.clip(rng.lognormal(5.35, 0.65, 20_000), 10, 2800).astype(np.int64)
    chosen = by_length(lengths, BATCH, rng)[:number]
    draw = lambda n: np.minimum(rng.zipf(1.3, n), WORDS) - 1  # noqa: E731
    return [pad([draw(int(length)) for length in lengths[rows]]) for rows in chosen]


def rate(net: nn.Module, precision: str, work: list[Padded], seconds: float) -> float:
    """Real (unpadded) tokens trained on, by seconds, after a warm-up batch."""
    adam = torch.optim.Adam(net.parameters(), fused=True)
    target = torch.zeros(BATCH)
    tokens, started = 0, 0.0
    for number in range(10_000):
        if number == 1:
            started = time.perf_counter()
        ids, lengths = work[number % len(work)]
        adam.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = net(ids, lengths).float()
        loss = nn.functional.binary_cross_entropy_with_logits(logits, target[: len(logits)])
        loss.backward()
        adam.step()
        if number:
            tokens += int(lengths.sum())
            if time.perf_counter() - started > seconds and number >= 2:
                break
    return tokens / (time.perf_counter() - started)


def ours(precision: str, seconds: float) -> float:
    prepare(MachineSettings(device="cpu", precision=precision, threads=1))
    seed_torch("bench")
    net = Classifier(torch.randn(WORDS, DIMENSION), "lstm", HIDDEN, layers=1, directions=1)
    return rate(net, precision, batches(40), seconds)


def packed(words: int, seconds: float) -> float:
    """The common way: packed, PyTorch's default settings, dense Adam over `words` rows."""
    torch.set_num_threads(1)
    seed_torch("bench")
    return rate(PackedClassifier(words), "fp32", batches(40), seconds)


CONTENDERS: dict[str, Callable[[float], float]] = {
    "ours-fp32": lambda seconds: ours("fp32", seconds),
    "ours-bf16": lambda seconds: ours("bf16", seconds),
    "packed-44k-words": lambda seconds: packed(WORDS, seconds),
    "packed-400k-words": lambda seconds: packed(SEED_STYLE_WORDS, seconds),
}


def _child(name: str, seconds: float, results: "multiprocessing.Queue[float]") -> None:
    results.put(CONTENDERS[name](seconds))


def together(name: str, processes: int, seconds: float) -> float:
    """Tokens a second of `processes` trainings side by side, added up."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[float] = context.Queue()
    children = [
        context.Process(target=_child, args=(name, seconds, results)) for _ in range(processes)
    ]
    for child in children:
        child.start()
    rates = [results.get() for _ in children]
    for child in children:
        child.join()
    return sum(rates)


def main(
    output: Path = Path("bench/results.json"), seconds: float = 15.0, processes: int = 2
) -> None:
    """Measure every contender and write rates and ratios to `output`."""
    rates = {}
    for name in CONTENDERS:
        rates[name] = together(name, processes, seconds)
        typer.echo(f"{name}: {rates[name]:,.0f} tokens/s, {processes} side by side")
    ratios = {
        "lstm-1-1-100d/seed-style": rates["ours-fp32"] / rates["packed-400k-words"],
        "lstm-1-1-100d/packed": rates["ours-fp32"] / rates["packed-44k-words"],
        "lstm-1-1-100d/bf16": rates["ours-bf16"] / rates["ours-fp32"],
    }
    write_json(output, {"ratios": ratios, "tokens_per_second": rates, "processes": processes,
                        "torch": torch.__version__})  # fmt: skip
    typer.echo(json.dumps(ratios, indent=2))


if __name__ == "__main__":
    typer.run(main)
