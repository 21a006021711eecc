"""What stands behind a number of the page: stages, runs, and the data that these read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rnnlab.document.text import Text, listed, tell

DATA = "data/"
STAGES = Text("Stages: ", "阶段：")
RUNS = Text("Runs: ", "运行：")
READ = Text("Data read: ", "所读数据：")
NAMED = 12
"""Runs of a stage that are named, one by one; of more their number is told."""
Locked = Mapping[str, Any]
"""dvc.lock's entries by stage."""


def told(names: Iterable[str], lock: Locked, language: str) -> str:
    """The stages and runs called `names` (a run's has an @), a line for each kind, and the MD5 of
    each file or folder of data that one of them read, as dvc.lock has it."""
    names = list(names)
    stages = [name for name in names if "@" not in name]
    lines = [f"{tell(STAGES, language)}{listed(stages, language)}"] if stages else []
    grids: dict[str, list[str]] = defaultdict(list)
    for kind, _, run in (name.partition("@") for name in names if "@" in name):
        grids[kind].append(run)
    for kind, runs in grids.items():
        counted = Text(f"{kind} ({len(runs)})", f"{kind}（{len(runs)} 次）")
        named = f"{kind}@ {listed(runs, language)}" if len(runs) <= NAMED else counted
        lines.append(f"{tell(RUNS, language)}{tell(named, language)}")
    lines += [f"{tell(READ, language)}{path}, MD5 {md5}" for path, md5 in read(names, lock)]
    return "\n".join(lines)


def read(names: Iterable[str], lock: Locked) -> list[tuple[str, str]]:
    """Path and MD5 of the data that the stages read, each once."""
    found = {
        (str(dep["path"]), str(dep["md5"]))
        for name in names
        for dep in lock.get(name, {}).get("deps", ())
        if str(dep.get("path")).startswith(DATA) and "md5" in dep
    }
    return sorted(found)


def of_row(names: Sequence[str], cells: Iterable[str]) -> list[str]:
    """Those of `names` that concern a row of a table: if a cell is a net's name, its runs alone."""
    nets = set(cells)
    own = [name for name in names if _net(name) in nets]
    return own or list(names)


def _net(run: str) -> str:
    """`names-train@lstm-2077` → lstm; `names-train-side-by-side@lstm` → lstm."""
    net = run.partition("@")[2]
    head, _, seed = net.rpartition("-")
    return head if head and seed.isdigit() else net
