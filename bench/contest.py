"""Contenders for the training of a net, on the machine's cores, in turns.

A contender is tried in two arrangements: one process on all cores, or one process on each core,
side by side, each pinned to its own. The faster one is kept.
"""

import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from unittest.mock import patch

import numpy as np
from tqdm import tqdm

from bench import reviews as files
from bench.measuring import Row, start, summary, take_turns
from rnnlab.errors import LabError
from rnnlab.labs.sentiment.settings import Shape

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
NETS = tuple(f"{cell}-{rest}-100d" for rest in ("1-1", "2-2", "5-2") for cell in GATES)
NET = "lstm-1-1-100d"
"""Where one net stands for all."""
HIDDEN = 64
KERAS = "keras"
"""The contender that compiles a step for each length of batch, which is done before it is timed."""
KEPT = "-kept"
"""Ends the name of a contender whose malloc keeps what it frees; before it stands its style."""


class Work(NamedTuple):
    """What is trained on."""

    data: Path
    """The file of the reviews."""
    batches: int
    """How many are timed."""
    device: str = "cpu"

    @property
    def cycle(self) -> list[int]:
        """Numbers of the batches that are timed; number 0 is to warm up on."""
        return list(range(1, self.batches + 1))


class Trainer(Protocol):
    """A net with its optimizer and its batches: made from a style, a net's name and a `Work`."""

    def train(self, numbers: list[int]) -> Row:
        """A step on each of the batches with these numbers: `tokens`, `seconds`, `losses`."""
        ...


class StepByStep(ABC):
    """A trainer whose steps are timed here."""

    def __init__(self, batches: Sequence[Any], tokens: Sequence[int]) -> None:
        """tokens: how many real (unpadded) ones each batch has."""
        self.batches, self.tokens = batches, tokens

    @abstractmethod
    def step(self, batch: Any) -> float:
        """Train on `batch`; the loss, so that the step has been done when this returns."""

    def train(self, numbers: list[int]) -> Row:
        """A step on each of the batches with these numbers."""
        started = time.perf_counter()
        losses = [self.step(self.batches[number]) for number in numbers]
        seconds = time.perf_counter() - started
        tokens = sum(int(self.tokens[number]) for number in numbers)
        return {"tokens": tokens, "seconds": seconds, "losses": losses}


# What the process of a contender does; it keeps its trainers by name.
_trainers: dict[str, Trainer] = {}


def build(name: str, trainer: Callable[..., Trainer], *arguments: Any) -> None:
    _trainers[name] = trainer(*arguments)


def train(name: str, numbers: list[int]) -> Row:
    return _trainers[name].train(numbers)


def forget(name: str) -> None:
    del _trainers[name]


class Team:
    """One process for each set of cores, all at the same work at the same time."""

    def __init__(
        self, trainer: Callable[..., Trainer], cores: Sequence[set[int]], **environment: str
    ) -> None:
        self.trainer, self.arrangement = trainer, f"{len(cores)} × {len(cores[0])}"
        with patch.dict(os.environ, environment):
            self.processes = [start(each) for each in cores]

    def ask(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """What `function` returns in each."""
        asked = [process.submit(function, *arguments) for process in self.processes]
        return [each.result() for each in asked]

    def train(self, name: str, numbers: list[int]) -> float:
        """Real tokens a second of all processes, added up."""
        done = self.ask(train, name, numbers)
        return float(sum(each["tokens"] / each["seconds"] for each in done))

    def enter(self, name: str, net: str, work: Work) -> float:
        """Build a net and warm it up; tokens a second on the middle batch.

        On short ones another arrangement may be faster.
        """
        self.ask(build, name, self.trainer, name.removesuffix(KEPT), net, work)
        middle = [work.cycle[work.batches // 2]]
        self.train(name, middle if name == KERAS else [0])
        return self.train(name, middle)

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.shutdown()


@contextmanager
def teams(trainer: Callable[..., Trainer], **environment: str) -> Iterator[list[Team]]:
    """Teams in both arrangements, idle until asked."""
    cores = os.sched_getaffinity(0)
    arrangements = [[{core} for core in sorted(cores)], [cores]][: len(cores)]
    with ExitStack() as stack:
        yield [stack.enter_context(Team(trainer, each, **environment)) for each in arrangements]


class Entry:
    """A contender's net in the faster of its arrangements."""

    def __init__(self, name: str, net: str, work: Work, made: Sequence[Team]) -> None:
        self.name, self.cycle = name, work.cycle
        rates = {team: team.enter(name, net, work) for team in made}
        self.tried = {team.arrangement: rate for team, rate in rates.items()}
        self.team = max(made, key=lambda team: rates[team])
        self.rate = rates.pop(self.team)
        for team in rates:
            team.ask(forget, name)
        if name == KERAS:
            self.team.train(name, self.cycle)

    def measure(self, seconds: float, tokens: int) -> float:
        """Tokens a second over whole cycles, of `tokens` each: as many as fit by the last rate."""
        cycles = max(1, round(seconds * self.rate / len(self.team.processes) / tokens))
        self.rate = self.team.train(self.name, self.cycle * cycles)
        return self.rate


def race(
    net: str, contenders: Mapping[str, Sequence[Team]], work: Work, seconds: float, repeats: int
) -> list[Row]:
    """A row for each contender that can train `net`: tokens a second, in turns.

    seconds: about what a turn takes, though never less than once all batches. Raises LabError if
    the project itself can't train it.
    """
    reviews = files.read(work.data)
    timed = np.concatenate(files.chosen(reviews, work.batches)[1:])
    tokens = int(reviews.lengths(timed).sum())
    entries = {}
    for name, made in contenders.items():
        try:
            entries[name] = Entry(name, net, work, made)
        except Exception as error:
            if name.startswith(("ours-", "before-")):
                raise LabError(f"{name} can't train {net}: {error}") from error
            tqdm.write(f"{name} can't train {net}: {error}", file=sys.stderr)
    measures = {name: partial(each.measure, seconds, tokens) for name, each in entries.items()}
    rates = take_turns(measures, repeats)
    for name, entry in entries.items():
        entry.team.ask(forget, name)
    same = {"operations_per_token": operations(net)}
    return [
        {
            "net": net,
            "contender": name,
            "arrangement": entry.team.arrangement,
            "tried": entry.tried,
            **same,
            "tokens_per_second": summary(rates[name]),
        }
        for name, entry in entries.items()
    ]


def operations(net: str) -> int:
    """Floating-point operations that training on one token takes at least, in products alone.

    Forward, a layer and direction multiplies the input (width D) and the state (H) with G gates'
    weights: 2 · G · H · (D + H) operations. Backward takes the same twice: for the gradient of
    what was multiplied, and for that of the weights. The embedding's look-up and the one Linear a
    review count for nothing.
    """
    cell, layers, directions, dimension = Shape.of(net)
    widths = [dimension] + [HIDDEN * directions] * (layers - 1)
    return 3 * sum(2 * GATES[cell] * HIDDEN * (each + HIDDEN) * directions for each in widths)


def with_share(row: Row, peak: Mapping[str, float]) -> Row:
    """A row of `race` with the share of the machine's rate of products that its net reaches.

    peak: operations a second, by precision; rivals have fp32.
    """
    most = peak.get(row["contender"].removeprefix("ours-"), peak["fp32"])
    reached = row["tokens_per_second"]["median"] * row["operations_per_token"]
    return {**row, "peak_share": reached / most}
