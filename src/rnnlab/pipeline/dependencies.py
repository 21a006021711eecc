"""What a stage's script imports, against what dvc.yaml declares."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PACKAGE = "rnnlab"


def imported(script: Path, source: Path) -> list[Path]:
    """The files of the package that `script` imports, directly or not, sorted.

    source: the folder that holds the package. Empty files (`__init__.py`) decide nothing and
    are left out. Imports inside functions count.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for path in _imports(waiting.pop(), source):
            if path not in found:
                found.add(path)
                waiting.append(path)
    return sorted(path for path in found if path.stat().st_size)


def _imports(file: Path, source: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == PACKAGE:
                yield from _files(name, source)


def _files(module: str, source: Path) -> Iterator[Path]:
    """The module's file and its packages' `__init__.py`; nothing for a name inside a module."""
    path = source.joinpath(*module.split("."))
    for candidate in (
        path.with_suffix(".py"),
        *(each / "__init__.py" for each in (path, *path.parents)),
    ):
        if candidate.is_file() and candidate.is_relative_to(source):
            yield candidate


def stages(pipeline: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """dvc.yaml's stages by name, `foreach` and `matrix` ones unexpanded."""
    return {name: stage.get("do", stage) for name, stage in pipeline["stages"].items()}


def code_needed(stage: dict[str, Any], root: Path) -> list[str]:
    """The script and modules that `stage` runs, as dvc.yaml writes them, and its templates."""
    script = Path(stage["cmd"].split()[1])
    files = imported(root / script, root / "src")
    return sorted([script.as_posix(), *(path.relative_to(root).as_posix() for path in files)])


def code_declared(stage: dict[str, Any]) -> list[str]:
    return sorted(dep for dep in stage["deps"] if dep.endswith(".py"))


def declare(path: Path) -> list[str]:
    """Correct the code that each stage of the dvc.yaml at `path` declares; the stages changed."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    pipeline = yaml.load(path)
    changed = []
    for name, stage in stages(pipeline).items():
        needed = code_needed(stage, path.parent)
        if needed != code_declared(stage):
            data = [dep for dep in stage["deps"] if not dep.endswith(".py")]
            stage["deps"][:] = data + needed
            changed.append(name)
    if changed:
        yaml.dump(pipeline, path)
    return changed
