"""Runs trained side by side: each is its solo run but for rounding, whoever is beside it."""

import dataclasses
from functools import cache

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from rnnlab.errors import LabError
from rnnlab.labs.names import train as lab
from rnnlab.labs.names.data import read
from rnnlab.labs.names.settings import Training
from rnnlab.nets.namer import SIDE_BY_SIDE
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.runs.files import read_history, read_run
from rnnlab.training import machine, side_by_side
from rnnlab.training.experiment import Places
from rnnlab.training.loop import fit
from surnames import surnames

TRAINING = Training(
    structure="peephole-lstm",
    hidden=12,
    batch=1,
    epochs=3,
    block=80,
    learning_rate=0.05,
    last_learning_rate=0.2,
    clip_norm=None,
    device="cpu",
    precision="fp32",
    threads=1,
)
RUNS = [
    (1, {}),
    (1, {"learning_rate": 0.1, "clip_norm": 0.5}),
    (2, {"learning_rate": 0.02, "last_learning_rate": 1.0}),
    (3, {"clip_norm": 0.8}),
]
"""Seeds, and what each changes in TRAINING."""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return surnames(tmp_path_factory.mktemp("names") / "names.parquet", starts=5)


def beside(rate):
    """RUNS, and one more at that rate, if any."""
    return [*RUNS, (1, {"learning_rate": rate})] if rate else RUNS


@pytest.fixture(scope="module")
def whole(table, tmp_path_factory):
    """What `together` gives of nets of one structure, which nobody interrupted; trained once."""

    @cache
    def trained(structure, rate=None):
        path = tmp_path_factory.mktemp("whole") / "checkpoint"
        return together(path, table, structure, beside(rate))

    return trained


def tasks(table, structure, runs):
    """A task and the settings of each run."""
    names, made = read(table), []
    for seed, changes in runs:
        training = TRAINING.model_copy(update={"structure": structure, **changes})
        net = lab.untrained(training, len(names.languages), seed)
        where = machine.prepare(training)
        made.append((lab.NamesTask("net", seed, net, names, training, where), training))
    return made


def together(path, table, structure, runs, killed_in=None):
    """Weights and progress of `runs`, trained as one group; killed_in: at that epoch's end."""
    made = tasks(table, structure, runs)
    group = lab.NamesGroup([task for task, _ in made])

    def heard(row, pace):
        if row.epoch == killed_in:
            raise KeyboardInterrupt

    checkpoint = Checkpoint(path, "mark")
    found = side_by_side.fit(
        group,
        [training for _, training in made],
        group.tasks[0].machine,
        checkpoint,
        [heard] * len(made),
        "names",
    )
    return [(task.net.state_dict(), ended) for task, ended in zip(group.tasks, found, strict=True)]


def bits(weights):
    return {name: value.numpy().tobytes() for name, value in weights.items()}


@pytest.mark.parametrize("structure", SIDE_BY_SIDE)
def test_each_net_is_what_it_would_be_alone(tmp_path, table, whole, structure):
    for (task, training), (weights, progress) in zip(
        tasks(table, structure, RUNS), whole(structure), strict=True
    ):
        alone = fit(task, training, task.machine, Checkpoint(tmp_path / "alone", "mark"))
        (tmp_path / "alone").unlink()
        torch.testing.assert_close(weights, task.net.state_dict(), rtol=1e-4, atol=1e-5)
        for ours, theirs in zip(progress.history, alone.history, strict=True):
            assert dataclasses.astuple(ours) == pytest.approx(dataclasses.astuple(theirs), rel=1e-3)


def test_a_group_gives_the_same_bits_twice(tmp_path, table, whole):
    again = together(tmp_path / "again", table, "peephole-lstm", RUNS)
    assert [bits(each[0]) for each in again] == [bits(each[0]) for each in whole("peephole-lstm")]


@pytest.mark.parametrize("rate", [None, 1e30])
@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_group_that_stopped_goes_on_to_the_same_bits(tmp_path, table, whole, stop_after, rate):
    """One that had diverged is told of again, in the same words."""
    unbroken = whole("peephole-lstm", rate)
    with pytest.raises(KeyboardInterrupt):
        together(tmp_path / "parts", table, "peephole-lstm", beside(rate), stop_after + 1)
    assert (tmp_path / "parts").exists()
    resumed = together(tmp_path / "parts", table, "peephole-lstm", beside(rate))
    for (weights, progress), (others, again) in zip(
        unbroken[: len(RUNS)], resumed[: len(RUNS)], strict=True
    ):
        assert bits(weights) == bits(others)
        assert progress.history == again.history
    assert len(resumed) == len(beside(rate))
    for (_, trouble), (_, again) in zip(unbroken[len(RUNS) :], resumed[len(RUNS) :], strict=True):
        assert isinstance(again, LabError)
        assert str(again) == str(trouble)


@pytest.mark.parametrize(
    ("structure", "rate"), [("tutorial-rnn", 1e30), ("tutorial-rnn", 40.0), ("peephole-lstm", 1e30)]
)
def test_one_that_diverges_leaves_the_others_alone(whole, structure, rate):
    *found, (_, trouble) = whole(structure, rate)
    assert isinstance(trouble, LabError)
    assert "net, seed 1: the loss" in str(trouble)
    assert "learning_rate" in str(trouble)
    for (weights, _), (others, _) in zip(found, whole(structure), strict=True):
        torch.testing.assert_close(weights, others, rtol=1e-4, atol=1e-5)


def test_a_run_leaves_the_files_of_a_run_and_says_who_was_beside_it(tmp_path, table, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "untracked://")
    wanted = []
    for seed in (1, 2):
        folder = tmp_path / f"seed-{seed}"
        own = Places(folder, tmp_path / f"{seed}.json", tmp_path / "unused")
        wanted.append(lab.Wanted("net", seed, TRAINING, own))
    lab.train_side_by_side(wanted, table, tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()
    marks = set()
    for each in wanted:
        run = read_run(each.places.output)
        marks.add(run.fingerprint)
        assert run.seed == each.seed
        assert run.settings["side_by_side"] == ["seed 1, rate 0.05", "seed 2, rate 0.05"]
        history = read_history(each.places.output)
        assert run.scores["valid_loss"] == min(row.valid_loss for row in history)
        weights = load_file(each.places.output / "model.safetensors")
        assert all(np.isfinite(value.numpy()).all() for value in weights.values())
    alone = Places(tmp_path / "alone", tmp_path / "alone.json", tmp_path / "checkpoint")
    marks.add(lab.train("net", 1, TRAINING, table, alone).fingerprint)
    assert len(marks) == 3
