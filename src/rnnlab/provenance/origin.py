"""What a number of metrics.json comes from: the function, the stages and the runs."""

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.claims import judge
from rnnlab.document.parts import Source
from rnnlab.document.results import Results
from rnnlab.labs import LABS, TRAINING, part
from rnnlab.provenance.numbers import Number
from rnnlab.report import evaluate
from rnnlab.report import stages as spent
from rnnlab.runs import scores
from rnnlab.settings.training import Planned


class Origin(NamedTuple):
    """Where one number comes from."""

    functions: list[str]
    """What computed it, the last one first; each with its file and line."""
    stages: list[str]
    """Those that gave it, but for `evaluate`, which puts all numbers together."""


def origin(number: Number, results: Results, sources: Sequence[Source]) -> Origin:
    """sources: of the tables that show the number."""
    lab, *rest = map(str, number.key)
    if lab == "facts":
        name = rest[0]
        if name in LABS:
            stages = _runs_named(results, name, rest) or _of(sources)
            return Origin(list(_gathered(name, rest[1])), stages)
        function = {"stages": spent.times}.get(name, evaluate.write)
        return Origin([place(function)], ["download" if name == "data" else "evaluate"])
    if lab == "claims":
        return Origin([place(judge.judge)], _of(sources))
    net = results.nets[lab][rest[0]][rest[1]]
    stages = list(dict.fromkeys(net.runs.values()))
    if rest[-2] == "values":
        stages = [net.runs[int(rest[-1])]]
    return Origin([place(scores.spread)], stages)


def place(function: Any) -> str:
    """A function of the package, by module and name, with its file and line."""
    file, line = Path(inspect.getfile(function)), inspect.getsourcelines(function)[1]
    return f"{function.__module__}.{function.__qualname__} ({_shown(file)}:{line})"


def _shown(file: Path) -> str:
    return "/".join(file.parts[file.parts.index("src") :]) if "src" in file.parts else file.name


def _gathered(lab: str, field: str) -> Iterator[str]:
    """The line of the lab's `gather` that gives a field of its facts."""
    module = part(lab, "gather")
    file = Path(inspect.getfile(module))
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Facts"):
            for each in node.keywords:
                if each.arg == field:
                    text = " ".join(ast.unparse(each.value).split())
                    yield f"{module.__name__}.gather ({_shown(file)}:{each.lineno}): {text}"


def _runs_named(results: Results, lab: str, rest: Sequence[str]) -> list[str]:
    """The stages of the net that a fact's key names, as `confusion/ours/lstm` does."""
    for regime, nets in results.nets.get(lab, {}).items():
        for net, row in nets.items():
            if regime in rest and net in rest:
                return list(dict.fromkeys(row.runs.values()))
    return []


def _of(sources: Sequence[Source]) -> list[str]:
    return list(dict.fromkeys(stage for each in sources for stage in (*each.stages, *each.runs)))


def computed(script: Path) -> str:
    """The function that a stage's script hands over to: `module.function` of a module that it
    imports from the package."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    modules = {
        alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    main = next(each for each in tree.body if getattr(each, "name", "") == "main")
    names = (ast.unparse(each.func) for each in ast.walk(main) if isinstance(each, ast.Call))
    pairs = (name.split(".") for name in names if name.count(".") == 1)
    return next(f"{modules[one]}.{other}" for one, other in pairs if one in modules)


def planned(params: Any) -> dict[str, list[tuple[str, Planned]]]:
    """By stage, the runs that it makes, each with its lab."""
    found: dict[str, list[tuple[str, Planned]]] = {}
    for lab in TRAINING:
        for each in getattr(params, lab).runs():
            found.setdefault(each.stage, []).append((lab, each))
    return found


def with_names(stages: Sequence[str], known: Mapping[str, Any]) -> list[str]:
    """`stages` with those of a grid in place of its own name. known: all stages."""
    return [name for each in stages for name in known if each in (name, name.partition("@")[0])]
