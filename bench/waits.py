"""What somebody who changes the project waits for, the demo and the tests, and where it goes.

In a fresh clone of the last commit, with this environment; each once, since both take minutes.
"""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch
from xml.etree import ElementTree

from bench import ROOT
from bench.measuring import Row
from bench.pipeline import BARE, DEMO, RNNLAB, bare, python
from rnnlab.report.stages import times
from rnnlab.runs.tracking import WHEN

T = TypeVar("T")
PYTEST = ("-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""As `make test` has it."""
SHOWN = 10
"""Files of tests, the longest first."""


def measure(cache: Path) -> Row:
    """The section `waits`: seconds, and seconds of all processes on their cores."""
    root = clone(cache.absolute() / "waits")
    python(root, Path(), *RNNLAB, "workspace", "demo")
    with patch.dict(os.environ, {WHEN: "later"}):  # as `make demo` has it
        repro, _ = spent_on(lambda: python(root, DEMO, *RNNLAB, "repro"))
        track, _ = spent_on(lambda: python(root, DEMO, *RNNLAB, "track"))
    spent = times(root / DEMO / "timings" / "stages")
    bare(root / DEMO / "dvc.lock", root / BARE)
    python(root, BARE, "-m", "dvc", "init", "--no-scm", "--quiet")
    dvc, _ = spent_on(lambda: python(root, BARE, "-m", "dvc", "repro"))
    tests, files = spent_on(lambda: _tests(root))
    return {
        "demo": {"seconds": repro["seconds"] + track["seconds"], "repro": repro, "track": track,
                 "stages": sum(each.stages for each in spent.kinds.values()),
                 "stage_seconds": spent.core_seconds, "dvc_alone": dvc},
        "tests": {**tests, "files": files},
    }  # fmt: skip


def clone(folder: Path) -> Path:
    """The last commit in an empty folder, beside a link to what lies beside the project."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if (corpora := ROOT.parent / "shared").exists():
        (folder / "shared").symlink_to(corpora)
    root = folder / ROOT.name
    subprocess.run(["git", "clone", "--quiet", ROOT, root], check=True)
    return root


def spent_on(work: Callable[[], T]) -> tuple[Row, T]:
    """Seconds of `work`, those of its processes on their cores, and what it returned."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = work()
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "core_seconds": core}, result


def _tests(root: Path) -> dict[str, float]:
    """Seconds of the longest files. Raises CalledProcessError if a test fails."""
    found = root / "tests.xml"
    code = {"PYTHONPATH": str(root / "src")}  # the clone's, not that of the tree beside it
    command = [sys.executable, *PYTEST, f"--junitxml={found}"]
    subprocess.run(command, cwd=root, env=os.environ | code, check=True)
    return longest(found)


def longest(found: Path) -> dict[str, float]:
    """Of the files of tests in pytest's XML, by their seconds, fixtures included."""
    files: dict[str, float] = {}
    for case in ElementTree.parse(found).iter("testcase"):  # noqa: S314
        name = case.attrib["classname"].rpartition("tests.")[2].replace(".", "/") + ".py"
        files[name] = files.get(name, 0.0) + float(case.attrib["time"])
    return dict(sorted(files.items(), key=lambda each: -each[1])[:SHOWN])


def ratios(section: Row) -> dict[str, float]:
    return {
        "demo/seconds": section["demo"]["seconds"],
        "tests/seconds": section["tests"]["seconds"],
    }
