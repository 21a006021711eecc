"""Which of the project's files decide what is computed, and which only record it.

A stage, and a run's fingerprint, depend on the files that decide. Those that record do not count:
to correct a sentence, a log line or the tracking must train nothing again.
"""

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from rnnlab.errors import LabError
from rnnlab.files import sha256

PACKAGE = "rnnlab"
SOURCE = Path(__file__).parent.parent
"""The folder that holds the package."""
RECORDS = (
    "code.py",
    "errors.py",
    "files.py",
    "git.py",
    "labs/__init__.py",
    "packages.py",
    "runs/checkpoints.py",
    "runs/files.py",
    "runs/history.py",
    "runs/tracking.py",
    "settings/base.py",
    "settings/bounds.py",
    "stage.py",
)
"""Files of the package that report trouble, measure time, name labs, or read and write what others
have computed. They may neither choose nor compute what is trained, nor import what does
(tests/test_code.py). What a run's files look like has a number of its own: runs/format.py."""


def decides(script: Path, source: Path = SOURCE, records: Collection[str] = RECORDS) -> list[Path]:
    """The files of the package that `script` imports, directly or not, sorted; no records.

    source: the folder that holds the package. Imports inside functions count, and so does what
    `labs.parts("gather")` imports by name. Empty files (`__init__.py`) decide nothing.
    """
    left_out = {source / PACKAGE / record for record in records}
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for path in _imports(waiting.pop(), source):
            if path not in found and path not in left_out:
                found.add(path)
                waiting.append(path)
    return sorted(path for path in found if path.stat().st_size)


def digests(script: Path) -> dict[str, str]:
    """sha256 of `script` and of each file that it depends on, by its place in the package."""
    files = {script, *decides(script)}
    return {path.relative_to(SOURCE).as_posix(): sha256(path) for path in sorted(files)}


def _imports(file: Path, source: Path) -> Iterator[Path]:
    try:
        modules, parts = _named(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise LabError(f"{file} is no Python that can be read: {error}.") from None
    for name in modules:
        yield from _files(name, source)
    for part in parts:
        yield from (source / PACKAGE / "labs").glob(f"*/{part}.py")


@cache
def _named(code: str) -> tuple[list[str], list[str]]:
    """The package's modules that `code` imports, or what may be one; and what it imports by name,
    as `parts("gather")` does: the module of that name in each lab's folder."""
    modules: list[str] = []
    parts: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "parts":
            constants = (each for each in node.args if isinstance(each, ast.Constant))
            parts += [str(each.value) for each in constants]
    return [name for name in dict.fromkeys(modules) if name.split(".")[0] == PACKAGE], parts


def _files(module: str, source: Path) -> Iterator[Path]:
    """The module's file and its packages' `__init__.py`; nothing for a name inside a module."""
    path = source.joinpath(*module.split("."))
    packages = (each / "__init__.py" for each in (path, *path.parents))
    for candidate in (path.with_suffix(".py"), *packages):
        if candidate.is_file() and candidate.is_relative_to(source):
            yield candidate
