"""What is loaded can't run code; what is served is served to this machine alone."""

import ast
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from places import ROOT
from rnnlab.errors import LabError
from rnnlab.files import read_table, write_table
from rnnlab.runs import files as runs
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.settings.base import read
from rnnlab.text import sequences

SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "stages").glob("*.py")])
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
CALLS = {
    "eval", "exec", "torch.load", "torch.save", "joblib.load", "joblib.dump", "yaml.load",
    "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle", "os.system",
}  # fmt: skip


class Harm:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def name(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def offences(source: str) -> list[str]:
    """What in `source` can run code that a file brings along."""
    found: list[str] = []
    nodes = list(ast.walk(ast.parse(source)))
    # A `yaml.load` is the module's only where the module is imported, by whatever name.
    imports = [each for node in nodes if isinstance(node, ast.Import) for each in node.names]
    tops = [each.name.split(".")[0] for each in imports if not each.asname]
    known = {each: each for each in ("eval", "exec", *tops)}
    known |= {each.asname: each.name for each in imports if each.asname}
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names if each.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            taken = [f"{node.module}.{each.name}" for each in node.names]
            found += [each for each in taken if each in CALLS or each.split(".")[0] in MODULES]
        elif isinstance(node, ast.Call):
            options = {each.arg: ast.unparse(each.value) for each in node.keywords}
            first, dot, rest = name(node.func).partition(".")
            if (called := f"{known.get(first)}{dot}{rest}") in CALLS:
                found.append(called)
            if options.get("allow_pickle", "False") != "False":
                found.append("allow_pickle")
            if options.get("shell", "False") != "False":
                found.append("shell")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_loads_what_can_run_code(path):
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import torch\ntorch.load('x')",
        "np.load('x', allow_pickle=True)", "import yaml\nyaml.load(text)",
        "subprocess.run(x, shell=True)", "from torch import load", "from yaml import load",
        "from os import system", "import torch as t; t.load(x)", "eval(x)",
        "import os\nos.system(x)",
    ],
)  # fmt: skip
def test_the_check_sees_what_it_is_for(source):
    assert offences(source)


def test_a_pickle_that_is_loaded_does_harm(tmp_path):
    pickle.loads(pickle.dumps(Harm(tmp_path / "harm")))  # noqa: S301  our own
    assert (tmp_path / "harm").exists()


def test_weights_that_are_a_pickle_are_not_loaded(tmp_path):
    harm = tmp_path / "harm"
    (tmp_path / runs.MODEL).write_bytes(pickle.dumps(Harm(harm)))
    with pytest.raises(LabError, match="broken"):
        runs.load_tensors(tmp_path / runs.MODEL)
    assert Checkpoint(tmp_path / runs.MODEL, "mark").load() is None
    assert not harm.exists()


def test_arrays_that_are_a_pickle_are_not_loaded(tmp_path):
    harm = tmp_path / "harm"
    array = np.array([Harm(harm)], dtype=object)
    for file in (sequences.IDS, sequences.OFFSETS):
        np.save(tmp_path / file, array, allow_pickle=True)
    with pytest.raises(LabError, match="broken"):
        sequences.read(tmp_path, 1, 1)
    assert not harm.exists()


def test_a_parquet_file_can_not_bring_a_type_that_runs_code(tmp_path):
    harm = tmp_path / "harm"
    field = pa.field("predicted", pa.int64(), metadata={
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": pickle.dumps(Harm(harm)),
    })  # fmt: skip
    schema = pa.schema([("id", pa.string()), ("label", pa.int64()), field])
    path = tmp_path / "table.parquet"
    write_table(path, pa.table([["a"], [0], [1]], schema=schema))
    assert read_table(path, ["predicted"])["predicted"].to_pylist() == [1]
    assert not harm.exists()


@pytest.mark.parametrize(
    "text", ["!!python/object/apply:pathlib.Path.touch [harm]", "!!python/name:os.system", "!x 1"]
)
def test_yaml_can_not_bring_a_type_that_runs_code(tmp_path, text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(f"a: {text}\n", encoding="utf-8")
    with pytest.raises(LabError, match="not valid YAML"):
        read(tmp_path / "params.yaml")
    assert not (tmp_path / "harm").exists()


def test_the_tracking_ui_is_served_to_this_machine_alone():
    command = ["make", "--dry-run", "--old-file=.venv/.ready", "ui"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = [each for each in text.splitlines() if "mlflow ui" in each]
    assert "--host 127.0.0.1" in line
