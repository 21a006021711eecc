"""Stages start in a moment: what takes long to import is imported where it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

from places import ROOT

HEAVY = {
    "torch",
    "sklearn",
    "pandas",
    "scipy.stats",
    "spacy",
    "matplotlib",
    "mlflow",
    "dask",
    "torch._dynamo",
}
"""Each takes a good part of a second or more."""
WITH_TORCH = ("names_train", "names_sweep", "names_side_by_side", "names_peephole",
              "sentiment_mistakes", "sentiment_train", "sentiment_train_ours", "poetry_train",
              "poetry_train_as_published", "poetry_compose", "poetry_output_layer",
              "explain_cells", "explain_clipping", "explain_convolution", "explain_cut",
              "explain_explosion", "explain_gradients",
              "explain_memory", "explain_occlusion", "explain_seen")  # fmt: skip
SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py"))
BEGIN = """
import builtins, os, runpy, sys
import pyarrow.parquet, pydantic, torch, tqdm, yaml

plain, there, asked = builtins.__import__, set(sys.modules), set()

def noting(name, *arguments, **options):
    asked.add(name.partition(".")[0])
    return plain(name, *arguments, **options)

for script in sys.argv[1:]:
    if os.fork() == 0:
        builtins.__import__ = noting
        runpy.run_path(script)
        print(script, *(sys.modules.keys() - there), *asked & {"torch"}, flush=True)
        os._exit(0)
    os.wait()
print("begin", *there)
"""
"""Each script in a fork of a Python that has PyTorch already, and what else takes most of the time
and is not heavy; whether a script asks for PyTorch is noted."""


def imported(code: str, *arguments: str) -> set[str]:
    """Those of `HEAVY` that a new Python has imported once it has run `code`."""
    told = subprocess.check_output(
        [sys.executable, "-c", f"{code}\nimport sys; print('imported', *sys.modules)", *arguments],
        cwd=ROOT, text=True,
    )  # fmt: skip
    return HEAVY & set(told.split("imported ")[-1].split())


@pytest.fixture(scope="module")
def begun() -> dict[str, set[str]]:
    """By script, those of `HEAVY` that it imports."""
    scripts = [f"stages/{script}.py" for script in SCRIPTS]
    told = subprocess.check_output([sys.executable, "-c", BEGIN, *scripts], cwd=ROOT, text=True)
    lines = [line.split() for line in told.splitlines()]
    return {Path(script).stem: HEAVY & set(modules) for script, *modules in lines}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_stage_begins_with_no_more_than_pytorch_and_that_if_it_needs_it(begun, script):
    assert begun[script] == ({"torch"} if script in WITH_TORCH else set())
    assert begun["begin"] == {"torch"}  # or it would hide what scripts import


def test_a_step_of_training_and_a_look_whether_a_net_fits_do_without_pytorchs_compiler():
    code = """
import torch
from rnnlab.settings.training import MachineSettings
from rnnlab.training import machine, optimizers, side_by_side
where = machine.prepare(MachineSettings(device="cpu", precision="bf16", threads=1))
net = torch.nn.Linear(2, 2)
for kind in (optimizers.SGD, optimizers.Adam, optimizers.RMSprop):
    with where.autocast():
        loss = net(torch.ones(1, 2)).sum()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    kind(net.parameters(), 0.1).step()

from rnnlab.nets import namer
from rnnlab.nets.course_poet import CoursePoet
from rnnlab.nets.language_model import CELLS, LanguageModel
from rnnlab.training.memory import fitting
for each in ("tutorial-rnn", "lstm", "peephole-lstm", "gru", "bilstm"):
    fitting(lambda: namer.build(each, 57, 8, 18), 1, "hidden")
for cell in CELLS:
    fitting(lambda: LanguageModel(cell, 50, 8, 8, 1, clusters=[10, 20]), 1, "hidden")
fitting(lambda: CoursePoet(50), 1, "batch")
"""
    assert imported(code) == {"torch"}


def test_to_look_for_work_takes_no_dask():
    assert imported("import sys; import rnnlab.pipeline.engine, rnnlab.labs.params") == set()
