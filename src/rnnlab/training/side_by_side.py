"""Small nets of one structure, trained side by side: what costs time is paid once for all of them.

A step on one short sequence is hundreds of operations on a few numbers each, whose fixed costs are
nearly all it takes. Here every weight has a first axis over nets, and an operation acts on all of
them. Each net has its own seed, order of examples, learning rate and clipping, and hears nothing of
the others; it ends with what it would learn alone, but for rounding.

How many pay off is a matter of structure and hidden size, and measured (`make bench`): once the
weights of all leave the processor's cache, more nets cost more than they save.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import nn
from torch.func import stack_module_state
from tqdm import tqdm

from rnnlab.errors import LabError
from rnnlab.runs.checkpoints import Checkpoint, Parts
from rnnlab.runs.history import Epoch, Pace
from rnnlab.settings.training import Optimization
from rnnlab.training.loop import NOT_FINITE, Progress, Steps, Task, completed, diverged, say
from rnnlab.training.machine import Machine, usage
from rnnlab.training.optimizers import SGD
from rnnlab.training.stacked import clip, scale


class Scores(NamedTuple):
    """How nets did on a batch each."""

    loss: torch.Tensor
    """(nets,): nats, each net's summed over its items."""
    correct: torch.Tensor
    """(nets,): how many of the items were predicted right."""
    items: int
    """Of each net's batch."""
    tokens: Sequence[int]
    """Real (unpadded) steps that went through each net."""


class Group(Protocol):
    """What a lab tells the loop of runs that are trained side by side."""

    @property
    def tasks(self) -> Sequence[Task]:
        """A run each, seen alone; all have as many batches an epoch."""
        ...

    def score(self, weights: Mapping[str, torch.Tensor], batches: Sequence[Any]) -> Scores:
        """weights: the tasks' nets', by name, the first axis over nets; batches: one for each."""
        ...


@dataclasses.dataclass
class _Member:
    task: Task
    optimization: Optimization
    on_epoch: Callable[[Epoch, Pace], None]
    progress: Progress = dataclasses.field(default_factory=Progress)
    best: dict[str, torch.Tensor] = dataclasses.field(default_factory=dict)
    trouble: LabError | None = None
    """Why it takes part no longer; its weights go on, which touches no other net."""


def fit(
    group: Group,
    optimizations: Sequence[Optimization],
    machine: Machine,
    checkpoint: Checkpoint,
    on_epochs: Sequence[Callable[[Epoch, Pace], None]],
    section: str,
) -> list[Progress | LabError]:
    """Train the nets of `group` in place, under plain SGD; each is left with its best weights.

    As `rnnlab.training.loop.fit` does it with one, and to the same bits whenever it is interrupted.
    optimizations: one a net, with as many epochs each; on_epochs: what hears of each net's epochs.
    A net whose loss is not finite or runs away gives the LabError that says so; the others go on.
    The seconds of an epoch are its share of what all took.
    """
    nets = [task.net.to(machine.device) for task in group.tasks]
    members = [_Member(*each) for each in zip(group.tasks, optimizations, on_epochs, strict=True)]
    (epochs,) = {each.epochs for each in optimizations}
    done = _resume(members, checkpoint)
    weights: dict[str, torch.Tensor] = stack_module_state(nets)[0]
    for number in range(done + 1, epochs + 1):
        started = machine.seconds()
        usage(machine.device)
        steps, tokens = _epoch(group, members, weights, number, machine, section)
        _unstack(weights, nets)
        train_seconds = (machine.seconds() - started) / len(members)
        for member, own, count in zip(members, steps, tokens, strict=True):
            if member.trouble is None:
                _close(member, own, count, number, train_seconds, machine, section)
        _save(members, number, checkpoint)
        if all(member.trouble for member in members):
            break
    for member in members:
        member.task.net.load_state_dict(member.best, strict=not member.trouble)
    return [member.trouble or member.progress for member in members]


def _epoch(
    group: Group,
    members: Sequence[_Member],
    weights: Mapping[str, torch.Tensor],
    number: int,
    machine: Machine,
    section: str,
) -> tuple[list[Steps], list[int]]:
    """Each net's steps, and the tokens that it was trained on."""
    device = machine.device
    rates = torch.tensor([each.optimization.learning_rate for each in members], device=device)
    limits = [each.optimization.clip_norm or math.inf for each in members]
    limit = torch.tensor(limits, device=device)
    slowing = torch.tensor([1 - each.optimization.last_learning_rate for each in members])
    epochs = members[0].optimization.epochs
    optimizer = SGD(weights.values(), rate=1.0)
    batches = [member.task.train_batches(number) for member in members]
    steps, tokens = [Steps() for _ in members], [0] * len(members)
    first = members[0].task
    title = f"{first.name} seed {first.seed} and {len(members) - 1} beside it, epoch {number}"
    bar = tqdm(list(zip(*batches, strict=True)), title, leave=False, mininterval=1, disable=None)
    for place, row in enumerate(bar):
        optimizer.zero_grad()
        with machine.autocast():
            scores = group.score(weights, row)
        (scores.loss.sum() / scores.items).backward()
        norms = clip(weights.values(), limit)
        # Under SGD a net's own rate is a factor of its gradient.
        behind = (number - 1 + place / len(bar)) / epochs
        scale(weights.values(), rates * (1 - slowing.to(device) * behind))
        optimizer.step()
        found = (each.tolist() for each in (scores.loss, scores.correct, norms))
        for member, own, loss, correct, norm in zip(members, steps, *found, strict=True):
            own.add(loss, scores.items, correct, norm)
            if member.trouble is None and not own.finite:
                member.trouble = diverged(member.task, number, section, NOT_FINITE)
        tokens = [sum(each) for each in zip(tokens, scores.tokens, strict=True)]
    return steps, tokens


@torch.no_grad()
def _unstack(weights: Mapping[str, torch.Tensor], nets: Sequence[nn.Module]) -> None:
    for name, stacked in weights.items():
        for net, own in zip(nets, stacked, strict=True):
            net.get_parameter(name).copy_(own)


def _close(
    member: _Member,
    steps: Steps,
    tokens: int,
    number: int,
    train_seconds: float,
    machine: Machine,
    section: str,
) -> None:
    """Score the net on the validation part, and note its epoch."""
    started = machine.seconds()
    task, progress = member.task, member.progress
    try:
        row = completed(task, number, steps, machine, section)
    except LabError as trouble:
        member.trouble = trouble
        return
    valid_seconds = machine.seconds() - started
    system = usage(machine.device)
    progress.history.append(row)
    progress.pace.append(Pace(number, train_seconds, valid_seconds, tokens, system, time.time()))
    if progress.best.epoch == number:
        member.best = {name: each.detach().clone() for name, each in task.net.state_dict().items()}
    say(task, row, progress, member.optimization.epochs)
    member.on_epoch(row, progress.pace[-1])


def _save(members: Sequence[_Member], done: int, checkpoint: Checkpoint) -> None:
    parts: Parts = {}
    headers = []
    for place, member in enumerate(members):
        parts |= {f"net {place}": member.task.net.state_dict(), f"best {place}": member.best}
        trouble = str(member.trouble) if member.trouble else None
        headers.append({**dataclasses.asdict(member.progress), "trouble": trouble})
    checkpoint.save(parts, {"done": done, "members": headers})


def _resume(members: Sequence[_Member], checkpoint: Checkpoint) -> int:
    """How many epochs are done."""
    found = checkpoint.load()
    if found is None:
        return 0
    parts, header = found
    for place, (member, row) in enumerate(zip(members, header["members"], strict=True)):
        member.task.net.load_state_dict(parts[f"net {place}"])
        member.best = parts.get(f"best {place}", {})
        member.progress = Progress.of(row)
        member.trouble = LabError(row["trouble"]) if row["trouble"] else None
        for epoch, pace in zip(member.progress.history, member.progress.pace, strict=True):
            member.on_epoch(epoch, pace)
    tqdm.write(f"going on after epoch {header['done']}, from {checkpoint.path}")
    return int(header["done"])
