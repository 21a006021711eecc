"""Which files decide bits and which record them: no stage and no fingerprint depends on a record,
and records do nothing for which one should."""

import ast
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from places import ROOT
from rnnlab import code
from rnnlab.code import RECORDS, SOURCE, decides
from rnnlab.labs import TRAINING
from rnnlab.pipeline.dependencies import load
from rnnlab.training import experiment
from rnnlab.training.experiment import Origin
from rnnlab.training.machine import Machine

PACKAGE = SOURCE / "rnnlab"
STAGES = load(ROOT / "dvc.yaml")
LOOP = PACKAGE / "training/loop.py"
BESIDE = {
    "poetry-output-layer": "times steps of the poetry lab's own task",
    "sentiment-mistakes": "makes a net as the sentiment lab does",
    "explain-clipping": "scores its nets as the loop does",
    "explain-gradients": "makes nets as the sentiment lab does",
    "explain-occlusion": "makes nets as the sentiment lab does",
    "explain-seen": "makes nets as the sentiment lab does",
    "explain-cut": "trains nets as the sentiment lab does",
    "explain-convolution": "trains nets as the sentiment lab does",
}
"""Stages that need the code of training, although they leave no run."""
WITHOUT_TIME = ("plots", "report")
"""Stages that declare whole folders, records in them too: they read reports/ alone."""


def script(stage: str) -> Path:
    return ROOT / STAGES[stage]["cmd"].split()[1]


# What records may not do ----------------------------------------------------------------------

COMPUTING = ("numpy.", "scipy.", "sklearn.", "torch.nn.functional.", "torch.optim.")
DRAWING = ("random.", "secrets.")
"""How the names begin of modules that a record does not import."""
FORBIDDEN = {
    *("backward", "grad", "autocast", "manual_seed", "seed", "Generator", "default_rng"),
    *("rand", "randn", "randint", "randperm", "random", "normal", "dropout", "shuffle", "choice"),
    *("clip_grad_norm_", "zero_grad", "step", "train", "eval", "matmul", "bmm", "softmax"),
}
"""What a record neither imports nor calls, of whatever module or object."""


def offences(source: str) -> list[str]:
    """What in the text of a record may not be there."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names = [f"{start}{each.name}" for each in node.names]
            found += [name for name in names if name.split(".")[-1] in FORBIDDEN]
            found += [name for name in names if f"{name}.".startswith(COMPUTING + DRAWING)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            wrong = node.func.attr in FORBIDDEN or called.startswith("torch.")
            found += [called] if wrong else []
    return found


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_needs_no_code_but_records(record):
    assert (PACKAGE / record).is_file()
    assert decides(PACKAGE / record) == []


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_neither_draws_nor_computes(record):
    assert offences((PACKAGE / record).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import numpy as np",
        "from numpy import random",
        "import torch.optim",
        "from torch import optim",
        "from torch.nn import functional",
        "import scipy.stats",
        "torch.manual_seed(1)",
        "torch.randn(3)",
        "loss.backward()",
        "net.train()",
        "from torch import randn",
        "torch.optim.Adam(weights)",
        "nn.utils.clip_grad_norm_(weights)",
        "rng.normal(size=3)",
    ],
)
def test_the_check_sees_what_it_is_for(source):
    assert offences(source)


# What stages depend on ------------------------------------------------------------------------


def declared(stage: str, file: Path) -> bool:
    """Whether dvc.yaml has `file`, or a folder that holds it, among the stage's dependencies."""
    return any(file.is_relative_to(ROOT / dep) for dep in STAGES[stage]["deps"])


@pytest.mark.parametrize("stage", [each for each in STAGES if each not in WITHOUT_TIME])
def test_no_stage_depends_on_a_record(stage):
    """To edit an error's sentence, a log line of the tracking or a checkpoint's file runs none."""
    assert not {PACKAGE / record for record in RECORDS} & set(decides(script(stage)))
    assert [record for record in RECORDS if declared(stage, PACKAGE / record)] == []


@pytest.mark.parametrize("stage", WITHOUT_TIME)
def test_the_stages_that_take_no_time_depend_on_no_record_but_the_list_of_labs(stage):
    assert [each for each in RECORDS if declared(stage, PACKAGE / each)] == ["labs/__init__.py"]


def test_the_stages_that_depend_on_the_loop_are_those_that_leave_runs_and_few_beside():
    outs = {name: "".join(map(str, stage["outs"])) for name, stage in STAGES.items()}
    fitted = {f"{lab}-baseline" for lab in TRAINING}  # at once, without steps
    training = {name for name in STAGES if "models/" in outs[name]} - fitted
    assert {name for name in STAGES if LOOP in decides(script(name))} == training | BESIDE.keys()
    assert {name for name in STAGES if declared(name, LOOP)} == training | BESIDE.keys()
    for name in training:
        lab = name.split("-")[0]
        assert lab in TRAINING
        assert {PACKAGE / f"labs/{lab}/{each}.py" for each in ("train", "data", "settings")} <= set(
            decides(script(name))
        )


def test_what_labs_bring_by_name_is_seen():
    for stage, module in (("evaluate", "gather"), ("evaluate", "facts"), ("report", "section")):
        files = set((PACKAGE / "labs").glob(f"*/{module}.py"))
        assert files
        assert files <= set(decides(script(stage)))


def test_imports_in_functions_and_of_packages_are_followed_and_records_are_not(tmp_path):
    package = tmp_path / "rnnlab"
    (package / "p").mkdir(parents=True)
    texts = {
        "errors.py": "from rnnlab import hidden\n",
        "hidden.py": "X = 1\n",
        "p/__init__.py": "from rnnlab.p.b import B\n",
        "p/a.py": "import os\n\ndef f():\n    import rnnlab.p.c\n",
        "p/b.py": "B = 1\n",
        "p/c.py": "import rnnlab.errors\n",
        "p/d.py": "D = 1\n",
    }
    for name, text in texts.items():
        (package / name).write_text(text, encoding="utf-8")
    (tmp_path / "s.py").write_text("from rnnlab.p.a import f\n", encoding="utf-8")
    found = [path.relative_to(package).as_posix() for path in decides(tmp_path / "s.py", tmp_path)]
    assert found == ["p/__init__.py", "p/a.py", "p/b.py", "p/c.py"]


# Fingerprints ---------------------------------------------------------------------------------


class Copy:
    """The package in a folder where it can be edited, and the fingerprint of one of its runs."""

    def __init__(self, folder: Path) -> None:
        self.package = shutil.copytree(
            PACKAGE, folder / "rnnlab", ignore=shutil.ignore_patterns("__pycache__")
        )
        spec = importlib.util.spec_from_file_location("copied_code", self.package / "code.py")
        self.code = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.code)
        self.data = folder / "ids.npy"
        self.data.write_bytes(b"ids")

    def edit(self, name: str) -> None:
        path = self.package / name
        path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Copy:
    found = Copy(tmp_path)
    assert tmp_path == found.code.SOURCE
    monkeypatch.setattr(experiment, "code", found.code)
    module = ModuleType("copied_train")
    module.__file__ = str(found.package / "labs/sentiment/train.py")
    monkeypatch.setitem(sys.modules, "copied_train", module)
    return found


class Task(SimpleNamespace):
    __module__ = "copied_train"


def mark(copy: Copy, precision: str = "fp32", **changes) -> str:
    origin = Origin("sentiment", "lstm-1-1-100d", 1, {"hidden": 8, "batch": 2}, {}, [copy.data])
    machine = Machine(torch.device("cpu"), precision)
    return experiment.identify(Task(), origin._replace(**changes), machine).fingerprint


def test_editing_a_record_leaves_a_fingerprint_as_it_is(copy):
    before = mark(copy)
    for record in RECORDS:
        copy.edit(record)
    assert mark(copy) == before


@pytest.mark.parametrize(
    "name",
    [
        "training/loop.py",
        "training/experiment.py",
        "training/seeding.py",
        "training/batches.py",
        "labs/sentiment/train.py",
        "labs/sentiment/data.py",
        "labs/sentiment/settings.py",
        "nets/encoder.py",
        "nets/recurrence.py",
        "runs/format.py",
    ],
)
def test_editing_what_decides_changes_a_fingerprint(copy, name):
    before = mark(copy)
    copy.edit(name)
    assert mark(copy) != before


@pytest.mark.parametrize(
    "name", ["labs/names/train.py", "labs/sentiment/section.py", "nets/cells.py", "corpora/imdb.py"]
)
def test_editing_what_a_lab_does_not_need_leaves_its_fingerprints(copy, name):
    before = mark(copy)
    copy.edit(name)
    assert mark(copy) == before


def test_settings_seed_data_machine_and_format_decide_a_fingerprint(copy, monkeypatch):
    before = mark(copy)
    assert mark(copy) == before
    assert mark(copy, settings={"batch": 2, "hidden": 8}) == before
    assert mark(copy, tags={"cell": "lstm"}) == before
    others = [
        mark(copy, settings={"hidden": 9, "batch": 2}),
        mark(copy, seed=2),
        mark(copy, net="gru-1-1-100d"),
        mark(copy, lab="names"),
        mark(copy, precision="bf16"),
    ]
    copy.data.write_bytes(b"other ids")
    others.append(mark(copy))
    copy.data.write_bytes(b"ids")
    assert mark(copy) == before
    monkeypatch.setattr(experiment, "FORMAT", experiment.FORMAT + 1)
    others.append(mark(copy))
    assert len({before, *others}) == 8


def test_digests_are_of_the_files_that_decide():
    found = code.digests(PACKAGE / "labs/names/train.py")
    assert "rnnlab/labs/names/train.py" in found
    assert {SOURCE / name for name in found} == {
        PACKAGE / "labs/names/train.py",
        *decides(PACKAGE / "labs/names/train.py"),
    }
