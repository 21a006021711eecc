"""`python -m tests.attack`: see the package."""

import contextlib
import io
import logging
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from tests import attack
from tests.attack import ATTACKS, BAD, GOOD, KILLS, OFTEN

from rnnlab import docparts
from rnnlab.errors import LabError, guarded

PAGE = Path(__file__).parents[2] / "docs/reproducing.md"
SHOWN = 3
"""Findings of a kind that are printed in full."""


def main(
    inputs: Annotated[int, typer.Option(min=0, help="hostile inputs, over all kinds")] = 2000,
    kills: Annotated[int, typer.Option(min=0, help="kills, over all kinds")] = 200,
    only: Annotated[str, typer.Option(help="kinds that have this in their name")] = "",
    first: Annotated[int, typer.Option(help="number of the first input, to see one again")] = 0,
    page: Annotated[
        Path, typer.Option(help="where the counts go, if all kinds are asked for")
    ] = PAGE,
) -> None:
    """Throw hostile inputs at the project and kill its work; exit code 1 if anything is found.

    Example: python -m tests.attack --only checkpoints --inputs 50
    """
    logging.disable(logging.WARNING)  # the sentence that ends a download says all of it
    attack.load()
    attacks = {name: each for name, each in ATTACKS.items() if only in name}
    killed = {name: each for name, each in KILLS.items() if only in name}
    if not attacks and not killed:
        raise LabError(
            f"--only: nothing is named {only!r}; known: {', '.join([*ATTACKS, *KILLS])}."
        )
    outcomes = {
        name: Counter(_judged(name, make, first + n) for n in range(share))
        for (name, make), share in zip(
            attacks.items(), shares(inputs, [1] * len(attacks)), strict=True
        )
    }
    broken = {
        name: Counter(_same(name, kill, first + n) for n in range(share))
        for (name, kill), share in zip(
            killed.items(), shares(kills, [OFTEN[each] for each in killed]), strict=True
        )
    }
    text = table(outcomes, broken)
    typer.echo(text)
    if not only:
        docparts.put(page, "attacked", text)
    if any(counts[each] for counts in outcomes.values() for each in BAD):
        raise typer.Exit(1)
    if any(counts["other bits"] for counts in broken.values()):
        raise typer.Exit(1)


def shares(total: int, weights: list[int]) -> list[int]:
    """`total` in whole parts, as `weights` say."""
    ends = [total * sum(weights[: n + 1]) // sum(weights) for n in range(len(weights))]
    return [end - start for start, end in pairwise([0, *ends])]


def table(outcomes: Mapping[str, Counter[str]], broken: Mapping[str, Counter[str]]) -> str:
    """The counts as two tables in Markdown."""
    columns = (*GOOD, *BAD)
    rows = [
        [name, counts.total(), *(counts[each] for each in columns)]
        for name, counts in outcomes.items()
    ]
    rows.append(
        ["all", *map(sum, zip(*(row[1:] for row in rows), strict=True))] if rows else ["all"]
    )
    kills = [
        [name, each.total(), each["same bits"], each["other bits"]] for name, each in broken.items()
    ]
    kills.append(
        ["all", *map(sum, zip(*(row[1:] for row in kills), strict=True))] if kills else ["all"]
    )
    return (
        _markdown(["hostile input", "tried", *columns], rows)
        + "\n"
        + _markdown(["killed", "times", "then the same bits", "other bits"], kills)
    )


def _markdown(head: list[str], rows: Iterable[list[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def _judged(name: str, make: attack.Make, number: int) -> str:
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        case = make(Random(f"{name} {number}"), Path(folder))
        outcome, said = attack.judge(case)
    _found[name, outcome] += 1
    if outcome in BAD and _found[name, outcome] <= SHOWN:
        typer.echo(f"{name} {number} ({case.what}): {outcome}\n{said[-2000:]}", err=True)
    return outcome


def _same(name: str, kill: attack.Killed, number: int) -> str:
    folder = Path(tempfile.mkdtemp())
    started = time.monotonic()
    same = kill(Random(f"{name} {number}"), folder)
    note = "" if same else f" OTHER BITS in {folder}"
    typer.echo(f"{name} {number}: {time.monotonic() - started:.1f} s{note}", err=True)
    if same:
        shutil.rmtree(folder)
    return "same bits" if same else "other bits"


_found: Counter[tuple[str, str]] = Counter()

if __name__ == "__main__":
    guarded(lambda: typer.run(main))
