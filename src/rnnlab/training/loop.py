"""The one training loop: epochs of steps, validation, the best epoch kept, resumable at each."""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import nn
from tqdm import tqdm

from rnnlab.errors import LabError
from rnnlab.runs import checkpoints
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.runs.history import Epoch, Pace
from rnnlab.settings.training import Optimization
from rnnlab.training.machine import Machine, usage
from rnnlab.training.optimizers import SGD
from rnnlab.training.seeding import seed_torch

NOT_FINITE = "is no longer a finite number"
RUNAWAY = 10.0
"""An epoch whose mean loss is so many times that of its first step has diverged."""


class Score(NamedTuple):
    """How a net did on a batch, or a piece of one."""

    loss: torch.Tensor
    """Scalar: nats, summed over the items."""
    items: int
    """What loss and accuracy are averaged over: reviews, names, characters."""
    correct: float
    """How many of the items were predicted right."""
    tokens: int
    """Real (unpadded) steps that went through the net."""


@dataclasses.dataclass
class Progress:
    """What training leaves behind, epoch by epoch; the net itself holds the best weights.

    Here and not beside `Epoch`, since which epoch is best decides the weights that are kept.
    """

    history: list[Epoch] = dataclasses.field(default_factory=list)
    pace: list[Pace] = dataclasses.field(default_factory=list)
    steps: list[list[float]] = dataclasses.field(default_factory=list)
    """By epoch, nats an item of each training step, if they are kept."""

    @property
    def best(self) -> Epoch:
        """The epoch of the lowest validation loss, the earliest of equals."""
        return min(self.history, key=lambda row: row.valid_loss)

    @property
    def waited(self) -> int:
        """How many epochs have passed since the best."""
        return len(self.history) - self.best.epoch if self.history else 0

    @classmethod
    def of(cls, header: dict[str, Any]) -> "Progress":
        """From a checkpoint's header, which has it as plain JSON."""
        history = [Epoch(**row) for row in header["history"]]
        return cls(history, [Pace(**row) for row in header["pace"]], header["steps"])


@dataclasses.dataclass
class Steps:
    """What the training steps of an epoch summed up to, of one net."""

    loss: float = 0.0
    """Nats, over all items."""
    items: int = 0
    correct: float = 0.0
    norms: list[float] = dataclasses.field(default_factory=list)
    """Of the gradient at each step, before it was clipped."""
    losses: list[float] = dataclasses.field(default_factory=list)
    """Nats an item, of each step."""

    def add(self, loss: float, items: int, correct: float, norm: float) -> None:
        self.losses.append(loss / items)
        self.loss, self.items, self.correct = (
            self.loss + loss,
            self.items + items,
            self.correct + correct,
        )
        self.norms.append(norm)

    @property
    def finite(self) -> bool:
        """Whether all losses and norms so far were finite numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.norms[-1])


class Task(Protocol):
    """What a lab tells the loop of one seeded run."""

    name: str
    seed: int

    @property
    def net(self) -> nn.Module: ...

    def optimizer(self) -> SGD: ...

    def train_batches(self, epoch: int) -> Sequence[Any]:
        """The batches of epoch `epoch` (from 1), one a step, in the order that they are taken."""
        ...

    def valid_batches(self) -> Sequence[Any]: ...

    def pieces(self, batch: Any) -> Sequence[Any]:
        """`batch`, cut into what has room in memory at once."""
        ...

    def items(self, batch: Any) -> int:
        """How many items all pieces of `batch` have together."""
        ...

    def score(self, piece: Any) -> Score: ...


def fit(
    task: Task,
    optimization: Optimization,
    machine: Machine,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Epoch, Pace], None] = lambda epoch, pace: None,
    section: str = "training",
    keep_steps: bool = False,
) -> Progress:
    """Train `task.net` in place, and leave it with the best epoch's weights.

    After each epoch all that the next one needs is in `checkpoint`; a later call with one of the
    same fingerprint goes on from there, to the same bits. `on_epoch` hears of every epoch, those
    of an earlier, interrupted call too. `section` is the part of params.yaml that a sentence about
    a diverging loss names. The learning rate falls in a straight line, step by step, to the share
    `last_learning_rate` of what it is at first, over all `epochs`, however early `patience` ends
    them. keep_steps: whether the progress keeps the loss of every step.

    Raises LabError if the loss is not finite or runs away.
    """
    task.net.to(machine.device)
    optimizer = task.optimizer()
    epochs = optimization.epochs
    progress, best = _resume(task.net, optimizer, checkpoint)
    for row, pace in zip(progress.history, progress.pace, strict=True):
        on_epoch(row, pace)
    for number in range(len(progress.history) + 1, epochs + 1):
        if progress.waited >= (optimization.patience or epochs):
            break
        seed_torch(task.name, task.seed, "epoch", number)
        row, pace, losses = _epoch(task, optimizer, optimization, number, machine, section)
        progress.history.append(row)
        progress.pace.append(pace)
        progress.steps += [losses] * keep_steps
        if progress.best.epoch == number:
            best = {name: value.detach().clone() for name, value in task.net.state_dict().items()}
        parts = {"net": task.net.state_dict(), "best": best, "optimizer": optimizer.moments()}
        checkpoint.save(parts, dataclasses.asdict(progress))
        say(task, row, progress, epochs)
        on_epoch(row, pace)
    task.net.load_state_dict(best)
    return progress


def _epoch(
    task: Task,
    optimizer: SGD,
    optimization: Optimization,
    number: int,
    machine: Machine,
    section: str,
) -> tuple[Epoch, Pace, list[float]]:
    started = machine.seconds()
    usage(machine.device)
    task.net.train()
    batches = task.train_batches(number)
    steps, tokens = Steps(), 0
    title = f"{task.name} seed {task.seed} epoch {number}"
    bar = tqdm(batches, title, leave=False, unit="step", mininterval=1, disable=None)
    for place, batch in enumerate(bar):
        behind = (number - 1 + place / len(batches)) / optimization.epochs
        optimizer.share = 1 - (1 - optimization.last_learning_rate) * behind
        optimizer.zero_grad()
        score = backward(task, batch, machine)
        # The norm before it is scaled down to `clip_norm` where it exceeds that.
        limit = optimization.clip_norm or math.inf
        norm = float(nn.utils.clip_grad_norm_(task.net.parameters(), limit))
        optimizer.step()
        steps.add(score.loss.item(), score.items, score.correct, norm)
        if not steps.finite:
            raise diverged(task, number, section, NOT_FINITE)
        tokens += score.tokens
        rate = tokens / (machine.seconds() - started)
        mean, share = steps.loss / steps.items, steps.correct / steps.items
        bar.set_postfix_str(f"loss {mean:.3f}, {share:.1%}, {rate:,.0f} tokens/s", refresh=False)
    train_seconds = machine.seconds() - started
    row = completed(task, number, steps, machine, section)
    valid_seconds = machine.seconds() - started - train_seconds
    system = usage(machine.device)
    pace = Pace(number, train_seconds, valid_seconds, tokens, system, time.time())
    return row, pace, steps.losses


def completed(task: Task, number: int, steps: Steps, machine: Machine, section: str) -> Epoch:
    """The row of epoch `number`, whose training was `steps`, with the validation part's scores.

    Raises LabError if the training or validation loss is not finite or runs away.
    """
    valid_loss, valid_accuracy = evaluate(task, task.valid_batches(), machine)
    if not math.isfinite(valid_loss):
        raise diverged(task, number, section, NOT_FINITE)
    train_loss = steps.loss / steps.items
    if train_loss > RUNAWAY * max(steps.losses[0], 1.0):
        how = f"ran away from {steps.losses[0]:.3g} to {train_loss:.3g}"
        raise diverged(task, number, section, how)
    norm = math.fsum(steps.norms) / len(steps.norms)
    train = train_loss, steps.correct / steps.items
    return Epoch(number, *train, valid_loss, valid_accuracy, norm, max(steps.norms))


def backward(task: Task, batch: Any, machine: Machine) -> Score:
    """Add the gradient of the batch's mean loss to the weights', piece by piece.

    A step is a batch however many pieces it takes, so nets of any depth take the same steps.
    """
    items = task.items(batch)
    scores = []
    for piece in task.pieces(batch):
        with machine.autocast():
            score = task.score(piece)
        (score.loss / items).backward()
        scores.append(score._replace(loss=score.loss.detach()))
    return _sum(scores)


def _sum(scores: Sequence[Score]) -> Score:
    loss, items, correct, tokens = zip(*scores, strict=True)
    return Score(torch.stack(loss).sum(), sum(items), sum(correct), sum(tokens))


def evaluate(task: Task, batches: Sequence[Any], machine: Machine) -> tuple[float, float]:
    """Mean loss (nats an item) and accuracy (a fraction) of `task.net` as it stands."""
    task.net.eval()
    with torch.inference_mode(), machine.autocast():
        scores = [task.score(piece) for batch in batches for piece in task.pieces(batch)]
    loss = math.fsum(score.loss.item() for score in scores)
    items = sum(score.items for score in scores)
    return loss / items, sum(score.correct for score in scores) / items


def diverged(task: Task, epoch: int, section: str, how: str) -> LabError:
    """The sentence on a loss that did so, `how`."""
    return LabError(
        f"{task.name}, seed {task.seed}: the loss {how} in epoch {epoch}; "
        f"in params.yaml, section {section}, try a smaller learning_rate or a clip_norm of 1."
    )


def _resume(
    net: nn.Module, optimizer: SGD, checkpoint: Checkpoint
) -> tuple[Progress, checkpoints.Tensors]:
    found = checkpoint.load()
    if found is None:
        return Progress(), {}
    parts, header = found
    net.load_state_dict(parts["net"])
    optimizer.restore(parts.get("optimizer", {}))
    progress = Progress.of(header)
    tqdm.write(f"going on after epoch {len(progress.history)}, from {checkpoint.path}")
    return progress, parts["best"]


def say(task: Task, row: Epoch, progress: Progress, epochs: int) -> None:
    """A line on the epoch `row`; the time left is what the epochs so far took, on average."""
    pace = progress.pace[-1]
    spent = math.fsum(each.train_seconds + each.valid_seconds for each in progress.pace)
    left = spent / len(progress.pace) * (epochs - row.epoch)
    tqdm.write(
        f"{task.name} seed {task.seed} epoch {row.epoch}/{epochs}: "
        f"train {row.train_loss:.4f} ({row.train_accuracy:.2%}), "
        f"valid {row.valid_loss:.4f} ({row.valid_accuracy:.2%}), "
        f"{pace.tokens / pace.train_seconds:,.0f} tokens/s, "
        f"{left // 60:.0f} min {left % 60:.0f} s left"
    )
