"""Stages start in a moment: what takes long to import is imported where it is used."""

import subprocess
import sys

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
              "sentiment_train", "sentiment_train_ours", "poetry_train",
              "poetry_train_as_published", "poetry_compose", "poetry_output_layer",
              "explain_cells", "explain_clipping", "explain_convolution", "explain_cut",
              "explain_explosion", "explain_gradients",
              "explain_memory", "explain_occlusion", "explain_seen")  # fmt: skip
SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py"))


def imported(code: str, *arguments: str) -> set[str]:
    """Those of `HEAVY` that a new Python has imported once it has run `code`."""
    told = subprocess.check_output(
        [sys.executable, "-c", f"{code}\nimport sys; print('imported', *sys.modules)", *arguments],
        cwd=ROOT, text=True,
    )  # fmt: skip
    return HEAVY & set(told.split("imported ")[-1].split())


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_stage_begins_with_no_more_than_pytorch_and_that_if_it_needs_it(script):
    found = imported("import runpy, sys; runpy.run_path(sys.argv[1])", f"stages/{script}.py")
    assert found == ({"torch"} if script in WITH_TORCH else set())


def test_a_step_of_training_does_without_pytorchs_compiler():
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
"""
    assert imported(code) == {"torch"}


def test_to_look_for_work_takes_no_dask():
    assert imported("import sys; import rnnlab.pipeline.engine, rnnlab.labs.params") == set()
