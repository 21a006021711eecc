"""What a model's environment must have: the packages that its code imports, and no more."""

import ast
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from rnnlab import packages
from rnnlab.code import PACKAGE, decides


def pinned(*scripts: Path) -> list[str]:
    """The packages that `scripts` and the project's files behind them import, as installed here.

    Of a local build (`+cpu`) the public version, since no index has the other.
    """
    files = {*scripts, *(file for each in scripts for file in decides(each, records=()))}
    modules = set[str]().union(*map(_imports, files)) - sys.stdlib_module_names - {PACKAGE}
    owners = {canonicalize_name(owner) for each in modules for owner in _owners().get(each, [])}
    return [f"{name}=={version}" for name, version in packages.used().items() if name in owners]


@cache
def _owners() -> Mapping[str, list[str]]:
    """The packages installed here by the modules that they bring: thousands of files are read."""
    return metadata.packages_distributions()


def _imports(file: Path) -> set[str]:
    """Top-level modules that `file` imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
