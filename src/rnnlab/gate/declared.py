"""Whether dvc.yaml declares what the code needs, and the report's graph is that of dvc.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnlab.errors import LabError
from rnnlab.files import read_text
from rnnlab.gate.finding import DRIFTS, HOLDS, MISSING, Finding
from rnnlab.pipeline.dependencies import code_declared, code_needed, load, script
from rnnlab.pipeline.graph import mermaid

DECLARE = "run `rnnlab declare`"


def check(root: Path, graph: Path) -> list[Finding]:
    """The dvc.yaml in `root` against the imports of its stages' scripts, and the `graph` in docs/.

    A stage whose declaration lacks a file of code would not run again when that file changes.
    """
    stages = load(root / "dvc.yaml")
    trouble = [found for name, stage in stages.items() for found in _stage(name, stage, root)]
    if not graph.is_file():
        trouble.append(Finding(MISSING, str(graph), amount=DECLARE))
    elif read_text(graph) != mermaid(stages) + "\n":
        trouble.append(Finding(DRIFTS, str(graph), "", "the graph of dvc.yaml", DECLARE))
    return trouble or [
        Finding(HOLDS, "dvc.yaml, code declared is code imported", f"{len(stages)} kinds of stages")
    ]


def _stage(name: str, stage: dict[str, Any], root: Path) -> Iterator[Finding]:
    try:
        path = root / script(stage)
        if not path.is_file():
            yield Finding(MISSING, f"{path}, run by {name}")
            return
        needed, declared = set(code_needed(stage, root)), set(code_declared(stage))
    except LabError as trouble:
        yield Finding(MISSING, f"imports of {name}", amount=str(trouble))
        return
    for file in sorted(needed - declared):
        yield Finding(
            DRIFTS, f"{file}, imported by {name}", "not declared in dvc.yaml", "", DECLARE
        )
    for file in sorted(declared - needed):
        yield Finding(DRIFTS, f"{file}, declared by {name}", "not imported", "", DECLARE)
