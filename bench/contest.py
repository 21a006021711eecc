"""Teams of contenders on the machine's cores, asked in turns.

A contender is tried in two arrangements: one process on all cores, or one process on each core,
side by side, each pinned to its own. The faster one is kept.
"""

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.reviews import WARMING

ROOT = Path(__file__).parent.parent


class BrokenError(Exception):
    """A contender that can't take part, and why."""


class Program(NamedTuple):
    """How to start a contender: `python -m module`, in which environment."""

    module: str
    python: str = sys.executable
    environment: tuple[tuple[str, str], ...] = ()


class Member:
    """One process of a team; `ask` and `answer` apart, so that members work at the same time."""

    def __init__(self, program: Program, cores: set[int], log: Path) -> None:
        variables = {**os.environ, **dict(program.environment)}
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._errors = log.open("a", encoding="utf-8")
        pinned = f"import os; os.sched_setaffinity(0, {sorted(cores)}); "
        start = f"import runpy; runpy.run_module({program.module!r}, run_name='__main__')"
        self._process = subprocess.Popen(
            [program.python, "-c", pinned + start], cwd=ROOT, env=variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip

    def ask(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # `answer` tells of it
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            raise BrokenError(_last_line(self._log))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BrokenError(answer["error"])
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()


class Team:
    """The same program in one process for each set of cores, all at work at the same time."""

    def __init__(self, program: Program, cores: Sequence[set[int]], log: Path) -> None:
        self.processes, self.threads = len(cores), len(cores[0])
        self._members = [Member(program, each, log) for each in cores]

    def ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What each member answers. Raises BrokenError if one can't."""
        for member in self._members:
            member.ask(request)
        return [member.answer() for member in self._members]

    def train(self, style: str, batches: list[int]) -> float:
        """Real tokens a second of all members, added up."""
        answers = self.ask({"style": style, "train": batches})
        return float(sum(each["tokens"] / each["seconds"] for each in answers))

    def close(self) -> None:
        for member in self._members:
            member.close()

    @property
    def arrangement(self) -> str:
        return f"{self.processes} × {self.threads}"


@contextlib.contextmanager
def teams(program: Program, cache: Path) -> Iterator[list[Team]]:
    """The program in both arrangements, idle until asked."""
    cores = sorted(os.sched_getaffinity(0))
    log = cache / "logs" / f"{program.module}.log"
    arrangements: list[list[set[int]]] = [[{core} for core in cores]]
    if len(cores) > 1:
        arrangements.append([set(cores)])
    made = [Team(program, each, log) for each in arrangements]
    try:
        yield made
    finally:
        for team in made:
            team.close()


class Entry:
    """A contender's net, built and warm, in the faster of its arrangements."""

    def __init__(
        self, made: Sequence[Team], build: Mapping[str, Any], cycle: list[int], tokens: int,
        compiles: bool,
    ) -> None:  # fmt: skip
        """cycle: the batches that are timed; tokens: in all of them; compiles: for each length.

        Tried on the cycle's middle batch: on short ones another arrangement may be faster.
        """
        self.style, self.cycle, self._tokens = build["style"], cycle, tokens
        self.tried: dict[str, float] = {}
        middle = cycle[len(cycle) // 2]
        for team in made:
            team.ask({"build": build})
            team.train(self.style, [middle if compiles else WARMING])
            self.tried[team.arrangement] = team.train(self.style, [middle])
        self.team = max(made, key=lambda team: self.tried[team.arrangement])
        for team in made:
            if team is not self.team:
                team.ask({"forget": self.style})
        self._rate = self.tried[self.team.arrangement]
        if compiles:
            self.team.train(self.style, cycle)

    def measure(self, seconds: float) -> float:
        """Tokens a second over whole cycles: as many as fit into `seconds` by the last rate."""
        cycles = max(1, round(seconds * self._rate / self.team.processes / self._tokens))
        self._rate = self.team.train(self.style, self.cycle * cycles)
        return self._rate

    def close(self) -> None:
        self.team.ask({"forget": self.style})


def race(entries: Mapping[str, Entry], seconds: float, repeats: int) -> dict[str, dict[str, Any]]:
    """Tokens a second of each, in turns of about so many seconds."""
    return take_turns(
        {name: partial(entry.measure, seconds) for name, entry in entries.items()}, repeats
    )


def take_turns(
    measures: Mapping[str, Callable[[], float]], repeats: int
) -> dict[str, dict[str, Any]]:
    """Each contender once, then each again, and so on: A B A B. Returns summaries by name."""
    values: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            values[name].append(measure())
    return {name: summary(each) for name, each in values.items()}


def summary(values: Sequence[float]) -> dict[str, Any]:
    """What the repeats say: their median, and the spread from lowest to highest."""
    return {
        "median": statistics.median(values),
        "low": min(values),
        "high": max(values),
        "values": list(values),
    }


def ratio(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """`one` to `other`, turn by turn: both met the same machine in the same minute."""
    return summary([a / b for a, b in zip(one["values"], other["values"], strict=True)])


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """b of the best fit values ≈ a · sizes^b, least squares over logarithms."""
    x, y = [math.log(each) for each in sizes], [math.log(each) for each in values]
    return statistics.linear_regression(x, y).slope


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word"
