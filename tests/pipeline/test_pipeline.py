"""dvc.yaml says what the stages are: their code, their data, their settings, no more, no less.

test_demo.py compares it with what the stages are seen to read and write as they run.
"""

import ast
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from dvc.repo import Repo
from ruamel.yaml import YAML

from places import ROOT
from repository import git
from rnnlab.code import decides
from rnnlab.errors import LabError
from rnnlab.gate import declared
from rnnlab.labs import TRAINING
from rnnlab.labs.params import read_all
from rnnlab.pipeline import engine
from rnnlab.pipeline.dependencies import code_declared, code_needed, declare, load
from rnnlab.pipeline.graph import mermaid
from rnnlab.pipeline.workspace import merged
from rnnlab.settings.base import read

STAGES = load(ROOT / "dvc.yaml")
NO_DATA = ("checkpoints", "params.yaml")
"""What a stage removes again, and what dvc.yaml declares as params."""


@pytest.fixture(scope="module")
def expanded():
    """All stages as DVC sees them, grids written out."""
    with Repo(str(ROOT)) as repo:
        return list(repo.index.stages)


@pytest.mark.parametrize("name", STAGES)
def test_the_code_declared_is_the_code_imported(name):
    assert code_declared(STAGES[name]) == code_needed(STAGES[name], ROOT), "run `rnnlab declare`"


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_says_in_a_sentence_what_it_does(name):
    assert STAGES[name].get("desc")


def test_every_script_is_a_stage():
    used = {stage["cmd"].split()[1] for stage in STAGES.values()}
    assert used == {f"stages/{path.name}" for path in (ROOT / "stages").glob("*.py")}


def test_the_graph_in_the_report_is_that_of_the_pipeline():
    graph = (ROOT / "docs/pipeline.mmd").read_text(encoding="utf-8")
    assert graph == mermaid(STAGES) + "\n", "run `rnnlab declare`"


def overlap(first: str, second: str) -> bool:
    """Whether one path is, or lies in, the other; `*` in the first stands for any one name."""
    pairs = zip(PurePosixPath(first).parts, PurePosixPath(second).parts, strict=False)
    return all(fnmatchcase(other, one) for one, other in pairs)


@cache
def paths(script: str) -> list[str]:
    """What the script gives to Path(…), with `*` for what it fills in."""
    found = []
    for node in ast.walk(ast.parse((ROOT / script).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Path":
            (given,) = node.args
            parts = given.values if isinstance(given, ast.JoinedStr) else [given]
            text = [part.value if isinstance(part, ast.Constant) else "*" for part in parts]
            found.append("".join(text))
    return found


def data(stage: Any) -> list[str]:
    """What a stage reads beside code and settings, and what it writes."""
    deps = [dep.def_path for dep in stage.deps if not hasattr(dep, "params")]
    outs = [out.def_path for out in stage.outs]
    return [path for path in deps if not path.startswith(("src/", "stages/"))] + outs


def test_the_paths_in_a_script_are_those_declared(expanded):
    for stage in expanded:
        given = [path for path in paths(stage.cmd.split()[1]) if not path.startswith(NO_DATA)]
        declared = data(stage)
        times = ["timings"] if stage.name == "evaluate" else []  # docs/design.md says why
        for path in given:
            assert any(overlap(path, each) for each in declared + times), (stage.name, path)
        for path in declared:
            assert any(overlap(each, path) for each in given), (stage.name, path)


def test_a_command_names_a_script_and_what_of_a_grid_it_runs(expanded):
    for stage in expanded:
        python, script, *arguments = stage.cmd.split()
        assert (python, Path(script).parent.name) == ("python", "stages")
        assert not [each for each in arguments if "/" in each or "." in each], stage.name


def test_what_a_stage_took_is_declared_under_its_own_name(expanded):
    for stage in expanded:
        timed = "timings/stages" in paths(stage.cmd.split()[1])
        declared = [path for path in data(stage) if path.startswith("timings/stages/")]
        assert declared == [f"timings/stages/{stage.name}.json"] * timed


def test_every_planned_run_is_made_by_the_stage_that_captions_name(expanded):
    params = read_all(ROOT / "params.yaml")
    outs = {stage.name: [out.def_path for out in stage.outs] for stage in expanded}
    planned = [(lab, each) for lab in TRAINING for each in getattr(params, lab).runs()]
    for lab, each in planned:
        for place in (f"models/{lab}/{each.folder}", f"timings/{lab}/{each.folder}.json"):
            assert any(Path(place).is_relative_to(out) for out in outs[each.stage]), place


def test_a_folder_of_code_that_is_declared_holds_only_code_that_decides(expanded):
    """But for stages that read nothing but reports/ and docs/: they take no time."""
    made = {each.name.split("@")[0]: each for each in expanded}
    folders = [
        (stage, ROOT / dep)
        for name, stage in made.items()
        if not all(path.startswith(("reports/", "docs/")) for path in data(stage))
        for dep in STAGES[name]["deps"]
        if dep.startswith("src/") and (ROOT / dep).is_dir()
    ]
    assert folders
    for stage, folder in folders:
        files = [path for path in folder.rglob("*") if path.suffix != ".pyc"]
        holding = {path for path in files if path.is_file() and path.stat().st_size}
        assert holding <= set(decides(ROOT / stage.cmd.split()[1])), (stage.name, folder)


def test_what_one_stage_reads_another_writes_or_git_has(expanded):
    outs = {Path(out.def_path) for stage in expanded for out in stage.outs}
    files = [*outs, *map(Path, git(ROOT, "ls-files").splitlines())]
    there = {place for path in files for place in (path, *path.parents)}
    for dep in {Path(dep.def_path) for stage in expanded for dep in stage.deps}:
        assert dep in there or outs & {*dep.parents}, dep


def test_the_report_is_made_of_what_git_has(expanded):
    """So a clone without DVC's cache makes it too, figures and tables: what is opened is declared
    (test_demo.py)."""
    stages = {stage.name: stage for stage in expanded}
    in_git = {out.def_path for stage in expanded for out in stage.outs if not out.use_cache}
    for name in ("report", "plots"):
        deps = {dep.def_path for dep in stages[name].deps}
        assert {dep for dep in deps if not dep.startswith(("docs/", "src/", "stages/"))} <= in_git


def test_declared_settings_are_in_their_files(expanded):
    deps = [dep for stage in expanded for dep in stage.deps]
    content = cache(read)
    for file, key in {(dep.def_path, key) for dep in deps for key in getattr(dep, "params", [])}:
        place = content(ROOT / file)
        for part in key.split("."):
            assert part in place, key
            place = place[part]


@pytest.mark.parametrize("size", [None, "demo", "quick"])
def test_the_nets_that_artifacts_name_are_trained_in_every_size(size, tmp_path):
    content = read(ROOT / "params.yaml")
    if size:
        content = merged(content, read(ROOT / f"sizes/{size}.yaml"))
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    params = read_all(tmp_path / "params.yaml")
    made = {
        f"models/{lab}/{each.folder}" for lab in TRAINING for each in getattr(params, lab).runs()
    }
    for artifact in read(ROOT / "dvc.yaml")["artifacts"].values():
        path, key = re.fullmatch(r"(.*)\$\{(.*)\[0\]\}", artifact["path"]).groups()
        seeds = content
        for name in key.split("."):
            seeds = seeds[name]
        assert f"{path}{seeds[0]}" in made


# The check itself ----------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    """A package of four modules, a stage that needs three, and its dvc.yaml."""
    package = tmp_path / "src/rnnlab"
    (package / "d").mkdir(parents=True)
    (tmp_path / "stages").mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("def f():\n    from rnnlab import b\n    return b\n")
    (package / "b.py").write_text("from rnnlab.d.e import E\n\nB = E\n")
    (package / "c.py").write_text("C = 1\n")
    (package / "d/e.py").write_text("E = 1\n")
    (tmp_path / "stages/s.py").write_text("from rnnlab.a import f\n\nf()\n")

    def write(*code):
        deps = "".join(f"\n      - src/rnnlab/{each}" for each in code)
        text = f"stages:\n  s:\n    cmd: python stages/s.py\n    deps:\n      - data{deps}"
        (tmp_path / "dvc.yaml").write_text(f"{text}\n      - stages/s.py\n")
        return load(tmp_path / "dvc.yaml")["s"]

    return tmp_path, write


@pytest.mark.parametrize("text", ["stage:\n  s: {cmd: x}\n", "stages:\n", "stages: {s: }\n"])
@pytest.mark.parametrize("ask", [declare, engine.forecast, declared.check])
def test_a_dvc_yaml_without_stages_is_told_of(tmp_path, monkeypatch, text, ask):
    (tmp_path / "dvc.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    arguments = {
        declare: (Path("dvc.yaml"),),
        engine.forecast: (),
        declared.check: (tmp_path, tmp_path / "pipeline.mmd"),
    }
    with pytest.raises(LabError, match=r"dvc\.yaml has no `stages:`"):
        ask(*arguments[ask])


@pytest.mark.parametrize(
    ("code", "right"),
    [
        (["a.py", "b.py", "d/e.py"], True),
        (["a.py", "b.py", "d"], True),
        (["a.py", "d"], False),
        (["a.py", "b.py"], False),
        (["a.py", "b.py", "c.py", "d/e.py"], False),
        (["a.py", "b.py", "d", "d/e.py"], False),
    ],
)
def test_undeclared_and_unused_code_both_fail_and_declare_repairs(small, code, right):
    root, write = small
    stage = write(*code)
    assert (code_declared(stage) == code_needed(stage, root)) is right
    before = (root / "dvc.yaml").read_bytes()
    assert declare(root / "dvc.yaml") == ([] if right else ["s"])
    assert not right or (root / "dvc.yaml").read_bytes() == before
    stage = load(root / "dvc.yaml")["s"]
    assert code_declared(stage) == code_needed(stage, root)
    assert stage["deps"][0] == "data"
    assert declare(root / "dvc.yaml") == []


def test_a_stage_that_declares_declares_in_lines_of_at_most_100_letters(small):
    root, write = small
    write("a.py")
    declare(root / "dvc.yaml")
    lines = (root / "dvc.yaml").read_text(encoding="utf-8").splitlines()
    assert any(line.strip().startswith("deps: [data, src/") for line in lines)
    assert max(map(len, lines)) <= 100


def test_dvc_yaml_is_never_half_written(small, monkeypatch):
    root, write = small
    write("a.py")
    before = (root / "dvc.yaml").read_bytes()

    def broken_off(self, content, target, **_):
        target.write_text("stages:\n", encoding="utf-8")
        raise KeyboardInterrupt

    monkeypatch.setattr(YAML, "dump", broken_off)
    with pytest.raises(KeyboardInterrupt):
        declare(root / "dvc.yaml")
    assert (root / "dvc.yaml").read_bytes() == before


@pytest.mark.parametrize("command", ["./s.sh", "python", ["python stages/s.py", "ls"]])
def test_a_command_whose_code_can_t_be_followed_is_one_sentence(small, command):
    root, write = small
    write()
    pipeline = read(root / "dvc.yaml")
    pipeline["stages"]["s"] = {"cmd": command}
    (root / "dvc.yaml").write_text(yaml.safe_dump(pipeline), "utf-8")
    with pytest.raises(LabError, match="is not `python`, a script and its arguments"):
        declare(root / "dvc.yaml")


def test_a_stage_without_dependencies_gets_them(small):
    root, write = small
    write()
    (root / "dvc.yaml").write_text("stages: {s: {cmd: python stages/s.py}}\n", "utf-8")
    assert declare(root / "dvc.yaml") == ["s"]
    assert declare(root / "dvc.yaml") == []
