"""The code that a stage depends on, against what dvc.yaml declares."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from rnnlab.code import decides
from rnnlab.errors import LabError
from rnnlab.files import replacing
from rnnlab.settings.base import read


def load(path: Path) -> dict[str, dict[str, Any]]:
    """The stages of the dvc.yaml at `path` by name, those of a matrix unexpanded.

    Raises LabError if it can't be read, or holds something else.
    """
    stages = read(path).get("stages")
    if not isinstance(stages, dict) or not all(isinstance(each, dict) for each in stages.values()):
        raise LabError(f"{path} has no `stages:` with keys and values below each; put that right.")
    return stages


def script(stage: dict[str, Any]) -> Path:
    """The script that `stage` of dvc.yaml or dvc.lock runs. Raises LabError if it runs none."""
    found = re.match(r"python (\S+\.py)\b", str(stage.get("cmd")))
    if not found:
        raise LabError(
            f"dvc.yaml: the command {stage.get('cmd')!r} is not `python`, a script and its "
            "arguments; write it so, that its code can be followed."
        )
    return Path(found[1])


def code_needed(stage: dict[str, Any], root: Path) -> list[str]:
    """The script of `stage` and the modules that decide what it computes, as dvc.yaml writes them.

    A folder of code that `stage` declares stands for the modules in it.
    """
    run = script(stage)
    files = decides(root / run, root / "src")
    needed = [run.as_posix(), *(path.relative_to(root).as_posix() for path in files)]
    # The folders of code that the stage depends on as a whole.
    whole = (dep for dep in stage.get("deps", []) if dep.startswith("src/"))
    folders = [f"{dep}/" for dep in whole if not Path(dep).suffix]
    return sorted(path for path in needed if not path.startswith(tuple(folders)))


def code_declared(stage: dict[str, Any]) -> list[str]:
    """The single files of code that `stage` depends on."""
    return sorted(dep for dep in stage.get("deps", []) if dep.endswith(".py"))


def declare(path: Path) -> list[str]:
    """Correct the code that each stage of the dvc.yaml at `path` declares; the stages changed."""
    load(path)  # says what is wrong with it
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    pipeline = yaml.load(path)
    changed = []
    for name, stage in pipeline["stages"].items():
        needed = code_needed(stage, path.parent)
        if needed != code_declared(stage):
            deps = stage.setdefault("deps", CommentedSeq())
            deps[:] = [dep for dep in deps if not dep.endswith(".py")] + needed
            deps.fa.set_flow_style()
            changed.append(name)
    if changed:
        with replacing(path) as part:
            yaml.dump(pipeline, part, transform=lambda text: re.sub(r" +$", "", text, flags=re.M))
    return changed
