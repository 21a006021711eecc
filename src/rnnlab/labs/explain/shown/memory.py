"""How far cells learn to look: table, figure, and what the prose quotes."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from rnnlab.document.parts import Figure, Part, Source, Table
from rnnlab.document.text import MISSING, Cell, Text, columns, number, percent
from rnnlab.labs.explain import facts, sources

MEMORY = columns(
    "task | cell | learns up to N, median (range)", "任务 | 单元 | 学会的最大 N：中位数（范围）"
)
TASKS: dict[str, Text] = {"recall": Text("recall", "回忆"), "adding": Text("adding", "加法")}
TITLE = Text("Training steps until learnt, by distance", "学会所需的训练步数与距离")


def parts(found: facts.Facts) -> dict[str, Part]:
    source = sources.stage("memory")
    return {
        "memory": Figure("explain-memory", TITLE, source),
        "climbs": climbs(found.memory, source),
    }


def prose(found: facts.Facts) -> dict[str, Any]:
    settings = found.memory.settings
    return {
        "memory": settings,
        "memory_steps": number(settings.steps),
        "furthest": max(settings.distances),
        "coverage": percent(1 - 2 ** (1 - len(settings.seeds)), 0),
        "solved": percent(settings.solved, 0),
    }


def climbs(memory: facts.Memory, source: Source) -> Table:
    """A row for every task and cell: how far its nets learnt to look, and by distance how many
    did and in how many steps."""
    distances = memory.settings.distances
    rows: list[list[Cell]] = [
        [TASKS[task], cell, _reach(climb), *(_needed(climb.get(each, {})) for each in distances)]
        for task, cells in memory.tasks.items()
        for cell, climb in cells.items()
    ]
    return Table((*MEMORY, *(f"N = {each}" for each in distances)), rows, source)


def _reach(climb: facts.Climb) -> Text:
    reached = facts.reach(climb)
    found = f"{median(reached):g}"
    low, high = min(reached), max(reached)
    return Text(f"{found} ({low}–{high})", f"{found}（{low}–{high}）")


def _needed(trials: Mapping[int, facts.Trial]) -> Cell:
    """How many nets learnt, of those tried, and the median of the steps that they took."""
    needed = [trial.steps for trial in trials.values() if trial.steps is not None]
    learnt = f"{len(needed)}/{len(trials)}" if trials else MISSING
    if not needed:
        return learnt
    steps = number(median(needed), 0)
    return Text(f"{learnt}: {steps}", f"{learnt}：{steps}")
