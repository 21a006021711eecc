"""The memory task: recall a symbol that was shown N steps ago. How far back does a net learn?

A sequence begins with one of a few answers; N random distractors follow; after the last of them
the net names the answer. Nets of one cell and one N, which differ in seed and in clipping, are
trained side by side: every weight has a first axis, over nets, and no net sees another's.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from rnnlab.labs.explain.settings import MemorySettings
from rnnlab.training.optimizers import Adam
from rnnlab.training.seeding import derive, generator
from rnnlab.training.stacked import clip

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""Blocks of `hidden` columns in a cell's weights, in PyTorch's order: an LSTM's are i, f, g, o."""
OPEN = "-open"
"""Ends the name of an LSTM that starts with its forget gates open."""
LEARNT, RECENT = 0.01, 20
"""Training ends early once all nets' loss (nats) is below LEARNT over the RECENT steps."""


class Nets(nn.Module):
    """Small recurrent nets side by side: symbol → cell → last hidden state → Linear → answer.

    The formulas are those of rnnlab.nets.cells; the initial weights are PyTorch's, uniform
    within ±1/√hidden, net i's from seeds[i].
    """

    def __init__(
        self, cell: str, symbols: int, hidden: int, answers: int, seeds: Sequence[int]
    ) -> None:
        super().__init__()
        self.cell, self.hidden = cell, hidden
        width = GATES[cell] * hidden
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]

        def weights(*shape: int) -> nn.Parameter:
            drawn = torch.stack([torch.rand(shape, generator=source) for source in sources])
            return nn.Parameter((2 * drawn - 1) / math.sqrt(hidden))

        self.from_input, self.input_bias = weights(symbols, width), weights(1, width)
        self.from_hidden, self.hidden_bias = weights(hidden, width), weights(1, width)
        self.output, self.output_bias = weights(hidden, answers), weights(1, answers)

    def open_forget_gates(self, bias: float) -> None:
        """Let an LSTM's forget gates start near σ(`bias`)."""
        with torch.no_grad():
            self.input_bias[..., self.hidden : 2 * self.hidden] = bias

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """ids: (nets, batch, time) int64 → scores of the answers (nets, batch, answers)."""
        nets, batch, _ = ids.shape
        # A one-hot symbol times a matrix is one of its rows.
        rows = self.from_input + self.input_bias
        net = torch.arange(nets).unsqueeze(1)
        h = c = rows.new_zeros(nets, batch, self.hidden)
        for symbols in ids.unbind(2):
            x = rows[net, symbols]
            u = torch.baddbmm(self.hidden_bias, h, self.from_hidden)
            if self.cell == "rnn":
                h = torch.tanh(x + u)
            elif self.cell == "lstm":
                i, f, g, o = (x + u).chunk(4, dim=2)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
            else:
                (r_x, z_x, n_x), (r_u, z_u, n_u) = x.chunk(3, dim=2), u.chunk(3, dim=2)
                r, z = torch.sigmoid(r_x + r_u), torch.sigmoid(z_x + z_u)
                h = torch.lerp(torch.tanh(n_x + r * n_u), h, z)
        return torch.baddbmm(self.output_bias, h, self.output)


def sequences(
    settings: MemorySettings, distance: int, count: int, rngs: Sequence[np.random.Generator]
) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` sequences for each net, from its own generator: ids (nets, batch, N + 1) and answers
    (nets, batch), int64.

    The answers are the ids below `settings.answers`, the distractors those behind.
    """
    ids, answers = [], []
    for rng in rngs:
        answer: NDArray[np.int64] = rng.integers(settings.answers, size=(count, 1))
        between = settings.answers + rng.integers(settings.distractors, size=(count, distance))
        ids.append(np.concatenate([answer, between], axis=1))
        answers.append(answer[:, 0])
    return torch.from_numpy(np.stack(ids)), torch.from_numpy(np.stack(answers))


def train_all(settings: MemorySettings) -> dict[str, Any]:
    """Train all cells over all distances; what `train` gives of each, as plain JSON."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.set_deterministic_debug_mode("error")
    cells: dict[str, dict[str, Any]] = {cell: {} for cell in settings.cells}
    for cell, found in cells.items():
        for distance in settings.distances:
            found[str(distance)] = train(cell, distance, settings)
            solved = {key: each["accuracy"] for key, each in found[str(distance)].items()}
            tqdm.write(f"{cell}, {distance} steps back: accuracies {solved}")
    return {"settings": settings.model_dump(), "cells": cells}


def train(cell: str, distance: int, settings: MemorySettings) -> dict[str, Any]:
    """Train `cell` to recall over `distance` steps, once a seed with clipping and once without.

    Of "clipped" and "unclipped": the nets' accuracies on fresh sequences, the largest gradient
    norm (before clipping) of each net's training, one entry a seed, and the number of training
    steps. The two nets of one seed start equal and see the same sequences. A net whose loss is
    no longer finite counts as one that guesses.
    """
    half = len(settings.seeds)
    seeds = [derive("memory", cell, distance, seed) for seed in settings.seeds] * 2
    kind, symbols = cell.removesuffix(OPEN), settings.answers + settings.distractors
    nets = Nets(kind, symbols, settings.hidden, settings.answers, seeds)
    if cell.endswith(OPEN):
        nets.open_forget_gates(settings.forget_bias)
    limits = torch.tensor([settings.clip_norm] * half + [math.inf] * half)
    optimizer = Adam(nets.parameters(), settings.learning_rate)
    rngs = [generator("memory", distance, seed, "train") for seed in settings.seeds * 2]
    largest = torch.zeros(2 * half)
    losses: list[torch.Tensor] = []
    for _ in tqdm(range(settings.steps), f"{cell} {distance}", leave=False, disable=None):
        ids, answers = sequences(settings, distance, settings.batch, rngs)
        scores = nets(ids).flatten(0, 1)
        by_sequence = functional.cross_entropy(scores, answers.flatten(), reduction="none")
        loss = by_sequence.view(answers.shape).mean(1)  # of each net, nats
        optimizer.zero_grad()
        loss.sum().backward()
        largest = torch.maximum(largest, clip(nets.parameters(), limits))
        optimizer.step()
        losses.append(loss.detach())
        recent = torch.stack(losses[-RECENT:])
        if len(recent) == RECENT and bool((recent.mean(0) < LEARNT).all()):
            break
    tests = [generator("memory", distance, seed, "test") for seed in settings.seeds * 2]
    ids, answers = sequences(settings, distance, settings.tested, tests)
    with torch.inference_mode():
        right = (nets(ids).nan_to_num().argmax(2) == answers).double().mean(1)
    accuracies = [round(share, 4) for share in right.tolist()]
    norms = [float(f"{each:.4g}") if math.isfinite(each) else None for each in largest.tolist()]
    halves = {"clipped": slice(half), "unclipped": slice(half, None)}
    return {
        name: {"accuracy": accuracies[own], "largest_norm": norms[own], "steps": len(losses)}
        for name, own in halves.items()
    }
