"""How long the pipeline takes one stage at a time and two, and would take with 8 and 64 workers.

Each way runs in a clone of the last commit, from an empty cache; the largest of them that the
machine can show is measured, the others are computed from the times of its stages. The tables go
into docs/workers.md.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer
from dask.system import CPU_COUNT

from rnnlab.files import write_text
from rnnlab.labs.params import read_all
from rnnlab.pipeline import plan, schedule
from rnnlab.pipeline.engine import times

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/workers.md"
RNNLAB = ["-c", "from rnnlab.cli import main; main()"]
WAYS = {
    "`dvc repro`": ["-m", "dvc", "repro"],
    "`rnnlab repro --jobs 2`": [*RNNLAB, "repro", "--jobs", "2"],
}


def prepare(size: str, root: Path) -> Path:
    """A workspace of `size` in a new clone at `root`."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
    subprocess.run([sys.executable, *RNNLAB, "workspace", size], cwd=root, check=True)
    return root / "workspaces" / size


def measure(command: list[str], root: Path, place: Path, mirrors: str) -> float:
    """Run `command` in the workspace `place` of the clone at `root`; the seconds it takes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"RNNLAB_MIRRORS": mirrors, **os.environ, "PATH": path,
                   "PYTHONPATH": str(root / "src")}  # fmt: skip
    started = time.perf_counter()
    with (ROOT / f"bench/{root.name}.log").open("wb") as log:
        subprocess.run(
            [sys.executable, *command], cwd=place, env=environment, check=True,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return time.perf_counter() - started


def mirrors() -> str:
    """The folders that params.yaml names as mirrors, as they are found from anywhere."""
    named = read_all(ROOT / "params.yaml").download.mirrors
    return " ".join(str((ROOT / each).resolve()) for each in named if "://" not in each)


def measured(size: str) -> tuple[str, str]:
    """Tables of what was measured, and of what follows from its stages' times."""
    with tempfile.TemporaryDirectory() as temporary:
        # All that depends on this folder first: it may change in the half hour that this takes.
        known = mirrors()
        roots = [Path(temporary) / f"way-{number}" for number in range(len(WAYS))]
        places = [prepare(size, root) for root in roots]
        seconds = {}
        for (way, command), root, place in zip(WAYS.items(), roots, places, strict=True):
            seconds[way] = measure(command, root, place, known)
            typer.echo(f"{way}: {seconds[way]:.0f} s")
        simulation = simulated(places[-1])
    first = next(iter(seconds.values()))
    rows = [f"| {way} | {each:.0f} | {first / each:.2f} |" for way, each in seconds.items()]
    head = [f"| {CPU_COUNT} cores, size {size} | seconds | times as fast |", "|---|---|---|"]
    return "\n".join([*head, *rows]), simulation


def simulated(place: Path) -> str:
    """What clusters would take, from the times of the stages that ran in `place`."""
    os.chdir(place)
    known = times()
    pipeline = plan.make(everything=True).needs
    missing = pipeline.keys() - known.keys()
    if missing:
        sys.exit(f"error: {place}/logs has no time of {', '.join(sorted(missing))}; run them.")
    seconds = schedule.expected(pipeline, known)
    takes = read_all(Path("params.yaml")).workers
    cores = {stage: takes[kind].cores for stage in pipeline
             if (kind := schedule.kind(stage)) in takes}  # fmt: skip
    work, longest = sum(seconds.values()), max(schedule.tails(pipeline, seconds).values())
    rows = []
    for workers in (1, 2, 8, 64):
        took = schedule.makespan(pipeline, seconds, workers, cores)
        rows.append(f"| {workers} | {took:.0f} | {work / took:.2f} | {work / took / workers:.0%} |")
    return "\n".join([
        f"{len(pipeline)} stages, {work:.0f} s of work; the critical path takes {longest:.0f} s.",
        "",
        "| workers (cores) | seconds | times as fast as one | efficiency |",
        "|---|---|---|---|",
        *rows,
    ])  # fmt: skip


def main(
    size: str = typer.Option("demo", help="what is run, a file in sizes/"),
    of: Path = typer.Option(None, help="only compute, from what ran in this folder"),  # noqa: B008
) -> None:
    tables = dict(zip(("measured", "simulated"), measured(size), strict=True)) if of is None else {
        "simulated": simulated(of.absolute())
    }  # fmt: skip
    page = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        typer.echo(f"{table}\n")
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)", rf"\g<1>\n{table}\n\n\g<2>", page,
            flags=re.DOTALL,
        )  # fmt: skip
    write_text(PAGE, page)


if __name__ == "__main__":
    typer.run(main)
