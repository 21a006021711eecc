"""What `rnnlab repro` shows: a line for each stage that runs, the time left, a table at the end.

Not on a terminal, it is a line when a stage begins and one when it ends.
"""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from rnnlab.pipeline import schedule
from rnnlab.pipeline.plan import Plan
from rnnlab.settings.workers import Workers

_BAR = re.compile(r"^(?P<what>.*?):? *(?P<percent>\d+)%\|")
_EPOCH = re.compile(r"\bepoch (?P<epoch>\d+)/(?P<epochs>\d+)")
WAITS, RUNS, DONE, FAILED, STOPPED = "not started", "running", "done", "failed", "interrupted"


@dataclass
class Stage:
    """What is known of one."""

    state: str = WAITS
    began: float = 0.0
    seconds: float = 0.0
    says: str = ""
    epoch: int = 0
    epochs: int = 0
    share: float = 0.0
    """How much of its epochs is done."""
    reason: str = ""
    tail: list[str] = field(default_factory=list)

    def hear(self, event: Mapping[str, Any]) -> None:
        """A line that the stage printed, or its progress bar as it stands."""
        if line := event.get("line"):
            self.says = line
            if found := _EPOCH.search(line):
                self.epoch, self.epochs = int(found["epoch"]), int(found["epochs"])
                self.share = self.epoch / self.epochs
        if found := _BAR.match(event.get("bar", "")):
            self.says = f"{found['what']} {found['percent']}%"
            if self.epochs:
                self.share = min((self.epoch + int(found["percent"]) / 100) / self.epochs, 1.0)

    def left(self, expected: float | None) -> float | None:
        """Seconds until it ends: by its epochs, else as long as it usually takes."""
        gone = time.monotonic() - self.began if self.began else 0.0
        if self.share > 0.05:
            return gone / self.share - gone
        return None if expected is None else max(expected - gone, 0.0)


class Board:
    """All stages of a plan, shown for as long as the block lasts."""

    def __init__(self, plan: Plan, known: dict[str, float], cores: int, takes: Workers) -> None:
        self.stages = {name: Stage() for name in plan.needs}
        self.known = known
        """Seconds that stages took, in this run and before."""
        self._plan, self.cores = plan, cores
        self._taken = schedule.taken(plan.needs, takes)
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._console = Console(highlight=False, markup=False)
        live = Live(console=self._console, refresh_per_second=4, get_renderable=self._draw)
        self._live = live if self._console.is_terminal else None
        if not self._live:
            self._console.width = 160

    def __enter__(self) -> "Board":
        if self._live and self.stages:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
        if len(self.named(WAITS)) < len(self.stages):
            self._show_end()

    def named(self, state: str) -> list[str]:
        return [name for name, stage in self.stages.items() if stage.state == state]

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(text, soft_wrap=True)

    def hear(self, event: Mapping[str, Any]) -> None:
        """What a worker tells of a stage."""
        with self._lock:
            stage = self.stages[event["stage"]]
            if stage.state == DONE:
                return  # its worker was lost behind its end: Dask asks DVC once more, for nothing
            if event.get("began"):
                again = " again" if stage.state == RUNS else ""
                stage.state, stage.began, stage.share, stage.epochs = RUNS, time.monotonic(), 0, 0
                if not self._live:
                    self.say(f"begins{again}: {event['stage']}")
            elif stage.state == RUNS:
                stage.hear(event)

    def done(self, name: str, seconds: float, ran: bool) -> None:
        """ran: whether it took so long because its command ran."""
        with self._lock:
            if ran:
                self.known[name] = seconds
            self._end(name, DONE, seconds)

    def fail(self, name: str, reason: str, tail: list[str]) -> None:
        with self._lock:
            stage = self.stages[name]
            stage.reason, stage.tail = reason, tail
            self._end(name, FAILED, time.monotonic() - stage.began if stage.began else 0)

    def stop(self, outdated: set[str]) -> None:
        """Nothing runs any more: what had begun and is still among the `outdated` is not done."""
        with self._lock:
            for name, stage in self.stages.items():
                if name not in outdated and stage.state in (WAITS, RUNS):
                    stage.state = DONE
                elif stage.state == RUNS:
                    stage.state = STOPPED

    def _end(self, name: str, state: str, seconds: float) -> None:
        stage = self.stages[name]
        stage.state, stage.seconds = state, seconds
        if not self._live:
            gone = len(self.named(DONE)) + len(self.named(FAILED))
            self.say(f"{state}: {name}, {_clock(seconds)} ({gone} of {len(self.stages)})")

    # What is shown while it runs ---------------------------------------------------------------

    def _draw(self) -> Group:
        with self._lock:
            return self._drawn()

    def _drawn(self) -> Group:
        table = Table.grid(padding=(0, 1))
        expected = schedule.expected(self.stages, self.known) if self.known else {}
        for name in self.named(RUNS):
            stage = self.stages[name]
            left = stage.left(expected.get(name))
            gone = time.monotonic() - stage.began
            share = stage.share or (gone / (gone + left) if left else 0.0)
            table.add_row(
                Text(name, no_wrap=True),
                ProgressBar(100, min(share, 1.0) * 100, width=16),
                Text(_clock(gone), justify="right"),
                Text(f"{_clock(left)} left" if left is not None else "", justify="right"),
                Text(stage.says, no_wrap=True, overflow="ellipsis", style="dim"),
            )
        done, failed = len(self.named(DONE)), len(self.named(FAILED))
        line = f"{done} of {len(self.stages)} stages, {_clock(time.monotonic() - self._started)}"
        line += f", {failed} failed" if failed else ""
        if expected:
            line += f", about {_clock(self._left(expected))} left"
        return Group(table, Text(line))

    def _left(self, expected: Mapping[str, float]) -> float:
        """Seconds until all is done, if every stage takes as long as expected."""
        ended = set(self.stages) - {*self.named(WAITS), *self.named(RUNS)}
        needs = self._plan.without(ended).needs
        seconds = {name: self.stages[name].left(expected[name]) or 0.0 for name in needs}
        return schedule.makespan(needs, seconds, self.cores, self._taken)

    # What is shown at the end ------------------------------------------------------------------

    def _show_end(self) -> None:
        named = {state: self.named(state) for state in (DONE, FAILED, STOPPED, RUNS, WAITS)}
        counts = [f"{len(names)} {state}" for state, names in named.items() if names]
        if len(named[DONE]) == len(self.stages):
            self.say(f"{counts[0]} in {_clock(time.monotonic() - self._started)}.")
            return
        first = Column("stage", no_wrap=True, min_width=max(map(len, self.stages)))
        table = Table(first, "", "took", "why", box=None, pad_edge=False)
        for name, stage in self.stages.items():
            took = _clock(stage.seconds) if stage.seconds else ""
            table.add_row(name, stage.state, took, self._why(name))
        self._console.print(table)
        for name in named[FAILED]:
            if self.stages[name].tail:
                self.say(f"\nThe end of {Path('logs') / name}.log:")
                for line in self.stages[name].tail:
                    self.say(f"  {line}")
        self.say(f"\n{', '.join(counts)}.")

    def _why(self, name: str) -> str:
        if self.stages[name].state != WAITS:
            return self.stages[name].reason
        above = [each for each in self._plan.needs if each in self._plan.needs[name]]
        waits = (each for each in above if self.stages[each].state != DONE)
        return next((f"waits for {each}" for each in waits), "")


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
