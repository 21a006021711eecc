"""Peak memory and time of each stage of a finished pipeline: long, so only when asked for.

Each stage's command runs in a folder of its own, with links to what the stage declares to read; the
pipeline's own outputs stay as they are.
"""

import contextlib
import fnmatch
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from bench.processes import run
from rnnlab.errors import LabError

LIMIT_MIB = 2560


def measure(folder: Path, patterns: str) -> dict[str, Any]:
    """The section `stages`, of those whose name fits one of `patterns` (comma-separated)."""
    from dvc.repo import Repo

    with contextlib.chdir(folder), Repo() as repo:
        every = {stage.addressing: stage for stage in repo.index.stages if stage.cmd}
    wanted = patterns.split(",")
    names = [name for name in every if any(fnmatch.fnmatch(name, each) for each in wanted)]
    if not names:
        raise LabError(f"no stage fits {patterns!r}; there are {', '.join(every)}.")
    rows = [_stage(folder.absolute(), every[name]) for name in tqdm(names, "stages")]
    return {"rows": rows, "limit_mib": LIMIT_MIB}


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """The largest peak, as a share of the 2.5 GiB that no stage may exceed."""
    largest = max(row["peak_mib"] for row in section["rows"])
    return {"stages/largest-peak": largest / section["limit_mib"]}


def _stage(folder: Path, stage: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for dependency in stage.deps:
            _link(place, folder, Path(os.path.relpath(dependency.fs_path, folder)))
        for output in stage.outs:
            relative = os.path.relpath(output.fs_path, folder)
            (place / relative).parent.mkdir(parents=True, exist_ok=True)
        _settings(folder, place)
        spent = run(["bash", "-c", str(stage.cmd)], place, _environment())
    return {"stage": stage.addressing, "seconds": spent.seconds, "peak_mib": spent.peak_mib}


def _link(place: Path, folder: Path, path: Path) -> None:
    """A link to what a stage reads; nothing where a folder above it is linked already."""
    if path.name == "params.yaml" or (place / path).exists():
        return
    if not (folder / path).exists():
        raise LabError(f"{folder / path} is missing; finish the pipeline there first.")
    (place / path).parent.mkdir(parents=True, exist_ok=True)
    (place / path).symlink_to((folder / path).resolve())


def _settings(folder: Path, place: Path) -> None:
    settings = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    mirrors = settings["download"]["mirrors"]
    settings["download"]["mirrors"] = [
        each if "://" in each else str((folder / each).resolve()) for each in mirrors
    ]
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    (place / "params.yaml").write_text(text, encoding="utf-8")


def _environment() -> dict[str, str]:
    known = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    return {**known, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
