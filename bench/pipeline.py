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
from functools import partial
from pathlib import Path

import yaml

from bench import ROOT
from bench.measuring import Row, ratio, summary, take_turns
from rnnlab import git
from rnnlab.errors import LabError
from rnnlab.files import write_text
from rnnlab.report.stages import times
from rnnlab.settings.base import read

DEMO, BARE = Path("workspaces/demo"), Path("workspaces/bare")
TEMPLATE = Path("src/rnnlab/report/report.en.md.j2")
LIMIT_MIB = 2560
RNNLAB = ("-c", "from rnnlab.cli import main; main()")


IMPORTED = ("-c", "import runpy, sys; runpy.run_path(sys.argv[1]); print('torch' in sys.modules)")
"""A stage's script until it has imported what it names at its head; whether PyTorch is there."""
TRAINING = ("-c", "import runpy, sys; runpy.run_path(sys.argv[1])")
"""A training's script until its first step could begin."""
TRACKED = (
    "-c",
    "import runpy, sys; runpy.run_path(sys.argv[1]);"
    "from rnnlab.runs.tracking import connect; connect()",
)
"""Until the tracking store is open, too; a training does not wait for that."""


def measure(cache: Path, repeats: int) -> Row:
    """The section `pipeline`: seconds."""
    root = copy(cache.absolute() / "project")
    python(root, Path(), *RNNLAB, "workspace", "demo")
    python(root, DEMO, *RNNLAB, "repro")
    bare(root / DEMO / "dvc.lock", root / BARE)
    python(root, BARE, "-m", "dvc", "init", "--no-scm", "--quiet")
    nothing = {
        "nothing_to_do": lambda: _repro(root, DEMO, stages=0),
        "nothing_to_do_bare": lambda: _repro(root, BARE, stages=0),
        "nothing_to_do_rnnlab": lambda: python(root, DEMO, *RNNLAB, "repro")[0],
    }
    for place in (DEMO, BARE):
        python(root, place, "-m", "dvc", "repro")  # so that DVC has seen every file once
    waits = {name: summary(each) for name, each in take_turns(nothing, repeats).items()}
    rendered = []
    for number in range(repeats):
        with (root / TEMPLATE).open("a", encoding="utf-8") as file:
            file.write(f"{{# changed {number} #}}\n")
        rendered.append(_repro(root, DEMO, stages=1))
    return {
        "stages": len(list((root / "stages").glob("*.py"))),
        **waits,
        "noop_ratio": ratio(waits["nothing_to_do"], waits["nothing_to_do_bare"]),
        "render_again": summary(rendered),
        **_start_up(root, repeats),
    }


def _start_up(root: Path, repeats: int) -> Row:
    """Of every script, and of a training beside PyTorch alone."""
    scripts = {each.stem: (*IMPORTED, str(each)) for each in sorted(root.glob("stages/*.py"))}
    start_up, without_torch = {}, []
    for name, arguments in {"python": ("-c", ""), **scripts}.items():
        runs = [python(root, DEMO, *arguments) for _ in range(repeats)]
        start_up[name] = summary([seconds for seconds, _ in runs])
        if runs[0][1].endswith("False\n"):
            without_torch.append(name)
    contenders = {
        "torch": ("-c", "import torch"),
        "train": (*TRAINING, str(root / "stages/sentiment_train.py")),
        "tracked": (*TRACKED, str(root / "stages/sentiment_train.py")),
    }
    turns = {name: partial(_seconds, root, each) for name, each in contenders.items()}
    beside = {name: summary(each) for name, each in take_turns(turns, repeats).items()}
    return {
        "start_up": start_up,
        "without_torch": without_torch,
        "start_up_beside_torch": beside,
        "start_up_ratio": ratio(beside["train"], beside["torch"]),
    }


def _seconds(root: Path, arguments: tuple[str, ...]) -> float:
    return python(root, DEMO, *arguments)[0]


def ratios(section: Row) -> dict[str, float]:
    slowest = max(section["start_up"][name]["median"] for name in section["without_torch"])
    return {
        "pipeline/nothing-to-do-seconds": section["nothing_to_do"]["median"],
        "noop/bare-dvc": section["noop_ratio"]["median"],
        "startup/train": section["start_up_ratio"]["median"],
        "startup/without-torch-seconds": slowest,
    }


def bare(lock: Path, folder: Path) -> None:
    """A pipeline in `folder` with the stages of `lock` and, for each, as many dependencies,
    parameters and outputs; but a file holds its own name, and no stage computes anything."""
    files: dict[str, str] = {}
    keys: dict[str, str] = {}

    def names(entries: list[dict[str, str]]) -> list[str]:
        return [files.setdefault(each["path"], f"file-{len(files)}") for each in entries]

    stages, made = {}, set[str]()
    for number, entry in enumerate(read(lock)["stages"].values()):
        outs = names(entry.get("outs", []))
        wanted = [key for file in entry.get("params", {}).values() for key in file]
        params = [keys.setdefault(key, f"key-{len(keys)}") for key in wanted]
        stage = {"deps": names(entry.get("deps", [])), "params": params, "outs": outs}
        command = " && ".join(["true", *(f"echo {out} > {out}" for out in outs)])
        filled = {key: value for key, value in stage.items() if value}
        stages[f"stage-{number}"] = {"cmd": command, **filled}
        made |= {*outs}
    for name in set(files.values()) - made:
        write_text(folder / name, f"{name}\n")
    write_text(folder / "params.yaml", yaml.safe_dump(dict.fromkeys(keys.values(), 1)))
    write_text(folder / "dvc.yaml", yaml.safe_dump({"stages": stages}, sort_keys=False))


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
    """The files that git knows, as they are here, and the demo's workspace without DVC's and
    MLflow's own."""
    shutil.rmtree(root, ignore_errors=True)
    for name in filter(None, git.said("ls-files", "-z", folder=ROOT).split("\0")):
        if (ROOT / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name, follow_symlinks=False)
    if (ROOT / DEMO / "dvc.lock").exists():
        left = shutil.ignore_patterns("tmp", "mlflow.db*", "mlruns", "mlartifacts")
        shutil.copytree(ROOT / DEMO, root / DEMO, symlinks=True, ignore=left)
    return root


def _repro(root: Path, place: Path, stages: int) -> float:
    """Seconds of a `dvc repro` in `place` that runs so many stages."""
    seconds, told = python(root, place, "-m", "dvc", "repro")
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
