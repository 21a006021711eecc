"""What the pipeline costs that has nothing to compute: asking, rendering again, starting stages.

Measured in a copy of the committed project in the cache, on the demo's corpora; `make demo`'s
workspace is taken along if there is one, else the demo is run there first.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.contest import summary
from bench.processes import Cost, run

MINUTES = 4
ROOT = Path(__file__).parent.parent
TEMPLATE = Path("src/rnnlab/report/templates/en/report.md.j2")
RNNLAB = "from rnnlab.cli import main; main()"


def measure(cache: Path, repeats: int) -> dict[str, Any]:
    """The section `pipeline`: seconds."""
    root = copy(cache.absolute() / "project")
    place = root / "workspaces" / "demo"
    _python(root, root, "-c", RNNLAB, "workspace", "demo")
    _python(root, place, "-c", RNNLAB, "repro")
    _python(root, place, "-m", "dvc", "repro")  # so that DVC has seen every file once
    nothing = [_nothing(root, place).seconds for _ in range(repeats)]
    rendered = [_render(root, place, number).seconds for number in range(repeats)]
    return {
        "stages": len(list((root / "stages").glob("*.py"))),
        "nothing_to_do": summary(nothing),
        "render_again": summary(rendered),
        "start_up": starts(root, repeats),
    }


def ratios(section: dict[str, Any]) -> dict[str, float]:
    return {"pipeline/nothing-to-do-seconds": section["nothing_to_do"]["median"]}


def copy(root: Path) -> Path:
    """The files that git knows, as they are here, and the demo's workspace without its cache."""
    shutil.rmtree(root, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name, follow_symlinks=False)
    demo = ROOT / "workspaces" / "demo"
    if (demo / "dvc.lock").exists():
        left = shutil.ignore_patterns("tmp", "mlflow.db*", "mlruns", "mlartifacts")
        shutil.copytree(demo, root / "workspaces" / "demo", symlinks=True, ignore=left)
    return root


def starts(root: Path, repeats: int) -> dict[str, dict[str, Any]]:
    """Seconds until each stage's script has imported all that it needs; `python` for nothing."""
    scripts = sorted((root / "stages").glob("*.py"))
    found = {"python": summary([_python(root, root, "-c", "").seconds for _ in range(repeats)])}
    for script in scripts:
        seconds = [_python(root, root, str(script), "--help").seconds for _ in range(repeats)]
        found[script.stem] = summary(seconds)
    return found


def _nothing(root: Path, place: Path) -> Cost:
    cost = _python(root, place, "-m", "dvc", "repro")
    assert "Running stage" not in cost.result, cost.result  # noqa: S101
    return cost


def _render(root: Path, place: Path, number: int) -> Cost:
    """After a comment was added to a template."""
    with (root / TEMPLATE).open("a", encoding="utf-8") as file:
        file.write(f"{{# changed {number} #}}\n")
    cost = _python(root, place, "-m", "dvc", "repro")
    assert cost.result.count("Running stage") == 1, cost.result  # noqa: S101
    return cost


def _python(root: Path, folder: Path, *arguments: str) -> Cost:
    """The project's Python with the code of the copy."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    binaries = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**known, "PATH": binaries, "PYTHONPATH": str(root / "src")}
    return run([sys.executable, *arguments], folder, environment)
