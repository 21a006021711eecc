"""How long the pipeline takes one stage at a time and two, and would take with 8 and 64 workers.

Each way runs in a clone of the last commit, from an empty cache; the largest of them that the
machine can show is measured, the others are computed from the times of its stages. The tables go
into docs/workers.md.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from dask.system import CPU_COUNT

from bench import ROOT
from bench.pipeline import RNNLAB, python
from rnnlab import docparts
from rnnlab.corpora.origin import MIRRORS
from rnnlab.errors import LabError, guarded
from rnnlab.labs.params import read_all
from rnnlab.pipeline import plan, schedule
from rnnlab.pipeline.engine import times
from rnnlab.provenance.again import address

PAGE = ROOT / "docs/workers.md"
WAYS = {
    "`dvc repro`": ("-m", "dvc", "repro"),
    "`rnnlab repro --jobs 2`": (*RNNLAB, "repro", "--jobs", "2"),
}


def measured(size: str) -> dict[str, str]:
    """Tables of what was measured, and of what follows from its stages' times."""
    mirrors = read_all(ROOT / "params.yaml").download.mirrors
    os.environ.setdefault(MIRRORS, " ".join(address(each, ROOT) for each in mirrors))
    place, seconds = Path("workspaces", size), {}
    with tempfile.TemporaryDirectory() as temporary:
        roots = {way: Path(temporary, f"way-{number}") for number, way in enumerate(WAYS)}
        for root in roots.values():  # first, since this folder may change while they run
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
        for way, root in roots.items():
            python(root, Path(), *RNNLAB, "workspace", size)
            seconds[way], _ = python(root, place, *WAYS[way])
            typer.echo(f"{way}: {seconds[way]:.0f} s")
        simulation = simulated(root / place)
    first = next(iter(seconds.values()))
    rows = [[way, f"{each:.0f}", f"{first / each:.2f}"] for way, each in seconds.items()]
    head = [f"{CPU_COUNT} cores, size {size}", "seconds", "times as fast"]
    return {"measured": table(head, rows), **simulation}


def simulated(place: Path) -> dict[str, str]:
    """What clusters would take, from the times of the stages that ran in `place`."""
    os.chdir(place)
    known, pipeline = times(), plan.make(force=True).needs
    if missing := pipeline.keys() - known.keys():
        raise LabError(f"{place}/logs has no time of {', '.join(sorted(missing))}; run them.")
    seconds, takes = schedule.expected(pipeline, known), read_all(Path("params.yaml")).workers
    cores = schedule.taken(pipeline, takes)
    work, longest = sum(seconds.values()), max(schedule.tails(pipeline, seconds).values())
    rows = []
    for workers in (1, 2, 8, 64):
        took = schedule.makespan(pipeline, seconds, workers, cores)
        faster = work / took
        rows.append([str(workers), f"{took:.0f}", f"{faster:.2f}", f"{faster / workers:.0%}"])
    head = ["workers (cores)", "seconds", "times as fast as one", "efficiency"]
    told = f"{len(pipeline)} stages, {work:.0f} s of work; the critical path takes {longest:.0f} s."
    return {"simulated": f"{told}\n\n{table(head, rows)}"}


def table(head: list[str], rows: list[list[str]]) -> str:
    """In Markdown, without blanks that only align."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main(
    size: Annotated[str, typer.Option(help="what is run, a file in sizes/")] = "demo",
    of: Annotated[
        Path | None, typer.Option(help="only compute, from what ran in this folder")
    ] = None,
) -> None:
    """Measure how long the pipeline takes one stage at a time and two; compute it for clusters.

    Example: python -m bench.workers --size quick
    """
    for name, text in (simulated(of.absolute()) if of else measured(size)).items():
        typer.echo(f"{text}\n")
        docparts.put(PAGE, name, text)


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
