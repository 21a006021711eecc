"""dvc.yaml says what the stages are: their code, their data, their settings, no more, no less.

tests/test_demo.py compares it with what the stages are seen to read and write as they run.
"""

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from dvc.repo import Repo

from rnnlab.pipeline.dependencies import code_declared, code_needed, declare, stages
from rnnlab.pipeline.graph import mermaid
from rnnlab.settings.base import read

ROOT = Path(__file__).parent.parent
PIPELINE = read(ROOT / "dvc.yaml")
STAGES = stages(PIPELINE)
WITHOUT_TRACE = ("checkpoints/",)
"""Folders whose files a stage removes again."""


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
    assert STAGES[name].get("desc") or PIPELINE["stages"][name].get("desc")


def test_every_script_is_a_stage():
    used = {stage["cmd"].split()[1] for stage in STAGES.values()}
    assert used == {f"stages/{path.name}" for path in (ROOT / "stages").glob("*.py")}


def test_the_graph_in_the_report_is_that_of_the_pipeline():
    graph = (ROOT / "docs/pipeline.mmd").read_text(encoding="utf-8")
    assert graph == mermaid(PIPELINE) + "\n", "run `rnnlab declare`"


def overlap(first: str, second: str) -> bool:
    one, other = PurePosixPath(first), PurePosixPath(second)
    return one.is_relative_to(other) or other.is_relative_to(one)


def test_the_files_in_a_command_are_those_declared(expanded):
    for stage in expanded:
        folders = {each.name for each in ROOT.iterdir()} | {"data", "models", "timings", "reports"}
        given = [
            word
            for word in stage.cmd.split()[2:]
            if word.split("/")[0] in folders and not word.startswith(WITHOUT_TRACE)
        ]
        deps = [dep.def_path for dep in stage.deps if dep.def_path != "params.yaml"]
        data = [path for path in deps if not path.startswith(("src/", "stages/"))]
        outs = [out.def_path for out in stage.outs]
        for path in given:
            assert any(overlap(path, each) for each in [*data, *outs]), (stage.name, path)
        for path in [*data, *outs]:
            assert any(overlap(path, each) for each in given), (stage.name, path)


def test_what_one_stage_reads_another_writes_or_git_has(expanded):
    outs = [out.def_path for stage in expanded for out in stage.outs]
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [*outs, *listed.stdout.splitlines()]
    for stage in expanded:
        for dep in stage.deps:
            assert any(overlap(dep.def_path, each) for each in files), (stage.name, dep.def_path)


def test_declared_settings_are_in_params_yaml(expanded):
    settings = read(ROOT / "params.yaml")
    for stage in expanded:
        for dep in stage.deps:
            for key in getattr(dep, "params", []):
                place = settings
                for part in key.split("."):
                    assert part in place, (stage.name, key)
                    place = place[part]


# The check itself ----------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    """A package of three modules, a stage that needs two, and its dvc.yaml."""
    package = tmp_path / "src/rnnlab"
    package.mkdir(parents=True)
    (tmp_path / "stages").mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("def f():\n    from rnnlab import b\n    return b\n")
    (package / "b.py").write_text("B = 1\n")
    (package / "c.py").write_text("C = 1\n")
    (tmp_path / "stages/s.py").write_text("from rnnlab.a import f\n\nf()\n")

    def write(*modules):
        deps = "".join(f"\n      - src/rnnlab/{module}.py" for module in modules)
        text = f"stages:\n  s:\n    cmd: python stages/s.py\n    deps:\n      - data{deps}"
        (tmp_path / "dvc.yaml").write_text(f"{text}\n      - stages/s.py\n")
        return stages(read(tmp_path / "dvc.yaml"))["s"]

    return tmp_path, write


@pytest.mark.parametrize(("modules", "right"), [("ab", True), ("a", False), ("abc", False)])
def test_undeclared_and_unused_code_both_fail_and_declare_repairs(small, modules, right):
    root, write = small
    stage = write(*modules)
    assert (code_declared(stage) == code_needed(stage, root)) is right
    assert declare(root / "dvc.yaml") == ([] if right else ["s"])
    stage = stages(read(root / "dvc.yaml"))["s"]
    assert code_declared(stage) == code_needed(stage, root)
    assert "data" in stage["deps"]
