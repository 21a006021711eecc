"""What the pipeline costs that has nothing to compute: asking, rendering again, starting stages;
and what the stages of a finished one took.

Measured in a copy of the committed project in the cache, on the demo's corpora; `make demo`'s
workspace is taken along if there is one, else the demo is run there first.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.measuring import Row, summary
from rnnlab.errors import LabError
from rnnlab.report.stages import times

ROOT = Path(__file__).parent.parent
DEMO = Path("workspaces/demo")
TEMPLATE = Path("src/rnnlab/report/report.en.md.j2")
LIMIT_MIB = 2560
RNNLAB = ("-c", "from rnnlab.cli import main; main()")


def measure(cache: Path, repeats: int) -> Row:
    """The section `pipeline`: seconds."""
    root = copy(cache.absolute() / "project")
    python(root, Path(), *RNNLAB, "workspace", "demo")
    python(root, DEMO, *RNNLAB, "repro")
    python(root, DEMO, "-m", "dvc", "repro")  # so that DVC has seen every file once
    nothing = [_repro(root, stages=0) for _ in range(repeats)]
    rendered = []
    for number in range(repeats):
        with (root / TEMPLATE).open("a", encoding="utf-8") as file:
            file.write(f"{{# changed {number} #}}\n")
        rendered.append(_repro(root, stages=1))
    # Each script until it has imported all that it needs.
    scripts = {each.stem: (str(each), "--help") for each in sorted((root / "stages").glob("*.py"))}
    start_up = {
        name: summary([python(root, Path(), *arguments)[0] for _ in range(repeats)])
        for name, arguments in {"python": ("-c", ""), **scripts}.items()
    }
    return {
        "stages": len(scripts),
        "nothing_to_do": summary(nothing),
        "render_again": summary(rendered),
        "start_up": start_up,
    }


def ratios(section: Row) -> dict[str, float]:
    return {"pipeline/nothing-to-do-seconds": section["nothing_to_do"]["median"]}


def stages(folder: Path) -> Row:
    """The section `stages`: what those of the finished pipeline in `folder` wrote down, by kind."""
    spent = folder / "timings" / "stages"
    if not (kinds := times(spent).kinds):
        raise LabError(f"{spent} is empty; bring the pipeline there up to date first.")
    keys = {"times": "stages", "seconds": "all_seconds", "peak_mib": "peak_memory"}
    rows = [
        {"stage": kind, **{key: getattr(each, name) for key, name in keys.items()}}
        for kind, each in kinds.items()
    ]
    return {"rows": rows, "limit_mib": LIMIT_MIB}


def stages_ratios(section: Row) -> dict[str, float]:
    """The largest peak, as a share of the 2.5 GiB that no stage may exceed."""
    largest = max(row["peak_mib"] for row in section["rows"])
    return {"stages/largest-peak": largest / section["limit_mib"]}


def copy(root: Path) -> Path:
    """The files that git knows, as they are here, and the demo's workspace without its cache."""
    shutil.rmtree(root, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name, follow_symlinks=False)
    if (ROOT / DEMO / "dvc.lock").exists():
        left = shutil.ignore_patterns("tmp", "mlflow.db*", "mlruns", "mlartifacts")
        shutil.copytree(ROOT / DEMO, root / DEMO, symlinks=True, ignore=left)
    return root


def _repro(root: Path, stages: int) -> float:
    """Seconds of a `dvc repro` that runs so many stages."""
    seconds, told = python(root, DEMO, "-m", "dvc", "repro")
    assert told.count("Running stage") == stages, told  # noqa: S101
    return seconds


def python(root: Path, folder: Path, *arguments: str) -> tuple[float, str]:
    """Seconds of the project's Python, with the code of the copy; and what it wrote."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["PYTHONPATH"] = str(root / "src")
    command, place = [sys.executable, *arguments], root / folder
    started = time.perf_counter()
    told = subprocess.check_output(command, cwd=place, env=environment, text=True)
    return time.perf_counter() - started, told
