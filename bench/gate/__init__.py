"""How much of what can be changed by hand does `make check` find? `python -m bench.gate`

A copy of a workspace whose gate holds, with data and without, is changed in one place at random,
looked at by the gate, and put back. The rates go to docs/gate.md.
"""

import contextlib
import multiprocessing
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from bench import ROOT
from bench.gate.changes import CAUGHT, KINDS, PASSES
from bench.gate.tree import Tree
from bench.measuring import Row
from rnnlab import docparts
from rnnlab.cli.project import PROJECT
from rnnlab.errors import LabError
from rnnlab.files import write_json
from rnnlab.gate import check as gate
from rnnlab.gate import finding

RESULTS = ROOT / "bench/gate-results.json"
PAGE = ROOT / "docs/gate.md"
CODE = ("src", "stages", "docs", "bench")
"""What a workspace has by links, or not at all, and a copy of it needs."""
DATA = ("data", "models", "timings")


def copy(workspace: Path, root: Path, has_data: bool) -> Tree:
    """A project of its own in the new folder `root`, as a workspace and the project behind it are
    now."""
    left_out = ["logs", "checkpoints", "mlruns", "tmp", *CODE, *([] if has_data else DATA)]
    kept = shutil.ignore_patterns("*.pyc", "__pycache__", "*.egg-info", "cache", ".venv", "mlflow*")

    def top(folder: str, names: list[str]) -> set[str]:
        return {*kept(folder, names), *(left_out if Path(folder) == workspace else [])}

    shutil.copytree(workspace, root, ignore=top, ignore_dangling_symlinks=True)
    for name in CODE:
        shutil.copytree(ROOT / name, root / name, ignore=kept)
    shutil.copy(ROOT / "README.md", root / "README.md")
    (root / ".dvc/config").write_text("[core]\n    no_scm = True\n    analytics = false\n")
    return Tree(root, has_data)


def prepare(workspace: Path, folder: Path) -> tuple[Tree, Tree]:
    """Copies of a workspace, with data and without, both with expectations.

    Raises LabError if its gate does not hold.
    """
    whole, bare = (copy(workspace, folder / name, name == "whole") for name in ("whole", "bare"))
    with contextlib.chdir(whole.root):
        gate.expect(PROJECT)
    for name in ("expected.yaml", "data.md5"):
        shutil.copy(whole.root / "reports" / name, bare.root / "reports" / name)
    for tree in (whole, bare):
        if trouble := look(tree):
            raise LabError(f"{workspace}: its gate does not hold: {trouble[0]}; run `make demo`.")
    return whole, bare


def look(tree: Tree) -> list[str]:
    """What the gate finds, in words; nothing if all holds."""
    with contextlib.chdir(tree.root):
        found = gate.check(PROJECT)
    return [f"{each.what} {each.amount}" for each in found if each.state != finding.HOLDS]


def tried(name: str, number: int, trees: tuple[Tree, Tree]) -> Row:
    """One change of a kind: what it was, and what the gate said; the tree is as before."""
    rng, made = Random(f"{name} {number}"), KINDS[name]
    tree = trees[0] if made.data else trees[number % 2]
    try:
        told = made.change(rng, tree)
        said = look(tree)
    finally:
        tree.restore()
    return {"kind": name, "what": told, "data": tree.has_data, "found": len(said), "said": said[:1]}


def attack(workspace: Path, changes: int, names: list[str]) -> list[Row]:
    """What becomes of so many changes of each of the kinds `names`."""
    with tempfile.TemporaryDirectory() as folder:
        trees = prepare(workspace, Path(folder))
        rows = []
        for name in names:
            rows += [tried(name, number, trees) for number in range(changes)]
            found = sum(row["found"] > 0 for row in rows[-changes:])
            typer.echo(f"{name}: {found} of {changes} found")
    return rows


def page(rows: list[Row]) -> str:
    """The rates, as a table for docs/gate.md."""
    head = ["| change | wanted | tried | found |", "|---|---|---|---|"]
    tries = Counter(row["kind"] for row in rows)
    found = Counter(row["kind"] for row in rows if row["found"])
    for name, each in KINDS.items():
        if tries[name]:
            rate = f"{found[name]} ({found[name] / tries[name]:.0%})"
            head.append(f"| {name} | {each.wanted} | {tries[name]} | {rate} |")
    must = [row for row in rows if KINDS[row["kind"]].wanted == CAUGHT]
    share = sum(row["found"] > 0 for row in must) / max(len(must), 1)
    total = f"Of {len(must)} changes that must be found, {share:.1%} were."
    return "\n".join([*head, "", total, ""])


def wrong(rows: list[Row]) -> Iterator[Row]:
    """Changes that were missed, or complained of, and should not have been."""
    for row in rows:
        wanted = KINDS[row["kind"]].wanted
        if (wanted == CAUGHT and not row["found"]) or (wanted == PASSES and row["found"]):
            yield row


def main(
    workspace: Annotated[Path, typer.Option(help="one that is up to date")] = ROOT
    / "workspaces/demo",
    changes: Annotated[int, typer.Option(min=1, help="of each kind")] = 14,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 2,
    only: Annotated[str, typer.Option(help="kinds that have this in their name")] = "",
    output: Annotated[Path, typer.Option(help="all that was tried")] = RESULTS,
) -> None:
    """Change a project at random, look whether the gate finds it, and write docs/gate.md.

    Exit code 1 if something was missed that must be found, or found that must pass.

    Example: python -m bench.gate --only dvc.lock --changes 5
    """
    docparts.named(output, ROOT)
    names = [name for name in KINDS if only in name]
    if not names:
        raise LabError(f"--only: no kind has {only!r} in its name. Known: {'; '.join(KINDS)}.")
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as processes:
        shares = [names[number::jobs] for number in range(jobs)]
        done = processes.map(partial(attack, workspace, changes), shares)
        rows = [row for share in done for row in share]
    for row in wrong(rows):
        typer.echo(f"WRONG {row}")
    if not only:
        write_json(output, rows)
        docparts.put(PAGE, "attacked", page(rows), [output])
    raise typer.Exit(any(wrong(rows)))
