"""The pipeline's graph, as Mermaid draws it, from dvc.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.files import write_text
from rnnlab.pipeline import dependencies


def write_graph(pipeline: Path, output: Path) -> None:
    """Write the graph of the dvc.yaml at `pipeline`, which the report shows, to `output`."""
    write_text(output, mermaid(dependencies.load(pipeline)) + "\n")


def mermaid(stages: Mapping[str, Mapping[str, Any]]) -> str:
    """One box a stage (a grid of stages is one box), an arrow where one reads another's output.

    stages: as `dependencies.load` has them.
    """
    lines = ["flowchart LR"]
    for name, stage in stages.items():
        lines.append(f"    {name}[[{name}]]" if "matrix" in stage else f"    {name}[{name}]")
    for name, stage in stages.items():
        for source, other in stages.items():
            if source != name and any(
                _overlap(dep, out) for dep in stage.get("deps", []) for out in _outputs(other)
            ):
                lines.append(f"    {source} --> {name}")
    return "\n".join(lines)


def _outputs(stage: Mapping[str, Any]) -> list[str]:
    entries = [*stage.get("outs", []), *stage.get("metrics", [])]
    return [next(iter(each)) if isinstance(each, dict) else each for each in entries]


def _overlap(dep: str, out: str) -> bool:
    """Whether one is the other, or lies in it; `${...}` in a path stands for any name."""
    pairs = zip(dep.split("/"), out.split("/"), strict=False)
    return all(one == other or "${" in one or "${" in other for one, other in pairs)
