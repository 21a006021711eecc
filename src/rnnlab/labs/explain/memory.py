"""Two memory tasks, trained until they are learnt: over how many steps does a cell learn to look?

Recall: a sequence begins with one of a few answers, N random distractors follow, then the net
names the answer. Adding (Hochreiter and Schmidhuber 1997): among N + 1 random numbers one in each
half is marked, and the net gives the two's sum. Two tasks, since one can mislead. Nets of one cell
and one N, which differ in their seeds, are trained side by side: every weight has a first axis,
over nets, and no net sees another's. Every net climbs: it is trained anew for a larger N until the
first that it doesn't learn.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from rnnlab.labs.explain.settings import ExplosionSettings, MemorySettings, MemoryTask
from rnnlab.training.optimizers import Adam
from rnnlab.training.seeding import derive, generator
from rnnlab.training.stacked import clip

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""Blocks of `hidden` columns in a cell's weights, in PyTorch's order: an LSTM's are i, f, g, o."""
OPEN, ORTHOGONAL = "-open", "-orthogonal"
"""End the name of an LSTM that starts with its forget gates open, of an RNN whose U starts
orthogonal."""


class Nets(nn.Module):
    """Small recurrent nets side by side: input → cell → last hidden state → Linear → answer.

    The formulas are those of rnnlab.nets.cells; the initial weights are PyTorch's, uniform
    within ±1/√hidden, net i's from seeds[i].
    """

    def __init__(
        self, cell: str, inputs: int, hidden: int, answers: int, seeds: Sequence[int]
    ) -> None:
        super().__init__()
        self.cell, self.hidden = cell, hidden
        width = GATES[cell] * hidden
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]

        def weights(*shape: int) -> nn.Parameter:
            drawn = torch.stack([torch.rand(shape, generator=source) for source in sources])
            return nn.Parameter((2 * drawn - 1) / math.sqrt(hidden))

        self.from_input, self.input_bias = weights(inputs, width), weights(1, width)
        self.from_hidden, self.hidden_bias = weights(hidden, width), weights(1, width)
        self.output, self.output_bias = weights(hidden, answers), weights(1, answers)

    @torch.no_grad()
    def open_forget_gates(self, bias: float) -> None:
        """Let an LSTM's forget gates start near σ(`bias`)."""
        self.input_bias[..., self.hidden : 2 * self.hidden] = bias

    @torch.no_grad()
    def make_orthogonal(self) -> None:
        """Let an RNN's U keep the length of every state."""
        self.from_hidden.copy_(torch.linalg.qr(self.from_hidden)[0])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """inputs: (nets, batch, time, inputs) → answers (nets, batch, answers)."""
        nets, batch, time, _ = inputs.shape
        read = torch.baddbmm(self.input_bias, inputs.flatten(1, 2), self.from_input)
        h = c = read.new_zeros(nets, batch, self.hidden)
        for x in read.view(nets, batch, time, -1).unbind(2):
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


class Batch(NamedTuple):
    """Sequences of each net."""

    inputs: torch.Tensor
    """(nets, batch, N + 1, inputs)."""
    target: torch.Tensor
    """(nets, batch): the answer's number (recall), or the sum (adding)."""


def recall(settings: MemorySettings, distance: int, rngs: Sequence[np.random.Generator]) -> Batch:
    """`settings.batch` sequences for each net, from its own generator: symbols, one-hot.

    The answers are the symbols below `settings.answers`, the distractors those behind.
    """
    symbols, shape = settings.answers + settings.distractors, (settings.batch, distance)
    drawn = []
    for rng in rngs:
        answer = rng.integers(settings.answers, size=(settings.batch, 1))
        between = settings.answers + rng.integers(settings.distractors, size=shape)
        drawn.append(np.concatenate([answer, between], axis=1))
    ids = torch.from_numpy(np.stack(drawn))
    return Batch(functional.one_hot(ids, symbols).float(), ids[..., 0])


def adding(
    settings: MemorySettings | ExplosionSettings, distance: int, rngs: Sequence[np.random.Generator]
) -> Batch:
    """As `recall`: numbers from 0 to 1, and beside each whether it is marked (1, else 0)."""
    rows, length = np.arange(settings.batch), distance + 1
    drawn = []
    for rng in rngs:
        values = np.zeros((settings.batch, length, 2), dtype=np.float32)
        values[..., 0] = rng.random((settings.batch, length))
        for start, end in ((0, length // 2), (length // 2, length)):
            values[rows, rng.integers(start, end, size=settings.batch), 1] = 1
        drawn.append(values)
    inputs = torch.from_numpy(np.stack(drawn))
    return Batch(inputs, inputs.prod(3).sum(2))


DRAW = {"recall": recall, "adding": adding}


def judged(
    task: MemoryTask, given: torch.Tensor, target: torch.Tensor, within: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each net's mean loss and share of right answers, (nets,) both.

    given: (nets, batch, answers). Recall: cross-entropy in nats; adding: squared error, and right
    is what lies within `within` of the sum.
    """
    if task == "recall":
        losses = functional.cross_entropy(given.flatten(0, 1), target.flatten(), reduction="none")
        return losses.view_as(target).mean(1), (given.argmax(2) == target).float().mean(1)
    errors = given.squeeze(2) - target
    return errors.square().mean(1), (errors.abs() <= within).float().mean(1)


def train_all(settings: MemorySettings) -> dict[str, Any]:
    """Let all cells climb in both tasks; what `climb` gives of each, as plain JSON."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.set_deterministic_debug_mode("error")
    tasks = {
        task: {cell: climb(task, cell, settings) for cell in settings.cells}
        for task in settings.tasks
    }
    return {"settings": settings.model_dump(), "tasks": tasks}


def climb(task: MemoryTask, cell: str, settings: MemorySettings) -> dict[str, dict[str, Any]]:
    """Distance → seed → what `train` gives of the net; a net that failed climbs no further."""
    left, found = list(settings.seeds), {}
    for distance in settings.distances:
        trained = train(task, cell, distance, left, settings)
        found[str(distance)] = {str(seed): trial for seed, trial in trained.items()}
        left = [seed for seed, trial in trained.items() if trial["steps"] is not None]
        needed = {seed: trial["steps"] for seed, trial in trained.items()}
        tqdm.write(f"{task}, {cell}, {distance} steps back: learnt after {needed}")
        if not left:
            break
    return found


def train(
    task: MemoryTask, cell: str, distance: int, seeds: Sequence[int], settings: MemorySettings
) -> Mapping[int, dict[str, Any]]:
    """Train a net of each seed until it has learnt, or for `settings.steps`.

    Of each seed: "steps", after which the share of right answers over the last `settings.recent`
    steps was `settings.solved` or more, None if that never came; "right", the share at the end.
    """
    kind = cell.removesuffix(OPEN).removesuffix(ORTHOGONAL)
    inputs, answers = 2, 1
    if task == "recall":
        inputs, answers = settings.answers + settings.distractors, settings.answers
    own = [derive("memory", task, cell, distance, seed) for seed in seeds]
    nets = Nets(kind, inputs, settings.hidden, answers, own)
    if cell.endswith(OPEN):
        nets.open_forget_gates(settings.forget_bias)
    if cell.endswith(ORTHOGONAL):
        nets.make_orthogonal()
    optimizer = Adam(nets.parameters(), settings.learning_rate)
    limits = torch.full((len(seeds),), settings.clip_norm)
    rngs = [generator("memory", task, distance, seed) for seed in seeds]
    rights: list[torch.Tensor] = []
    needed: list[int | None] = [None] * len(seeds)
    for step in tqdm(range(1, settings.steps + 1), f"{cell} {distance}", leave=False, disable=None):
        batch = DRAW[task](settings, distance, rngs)
        loss, right = judged(task, nets(batch.inputs), batch.target, settings.within)
        optimizer.zero_grad()
        loss.sum().backward()
        clip(nets.parameters(), limits)
        optimizer.step()
        rights = [*rights[-settings.recent + 1 :], right]
        share = torch.stack(rights).mean(0)
        if step >= settings.recent:
            solved = (share >= settings.solved).tolist()
            needed = [
                step if before is None and now else before
                for before, now in zip(needed, solved, strict=True)
            ]
        if None not in needed:
            break
    shares = [round(each, 4) for each in share.tolist()]
    return {
        seed: {"steps": steps, "right": each}
        for seed, steps, each in zip(seeds, needed, shares, strict=True)
    }
