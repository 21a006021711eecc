"""The loop on a small real net: it learns, resumes to the same bits, and says when it diverges."""

import dataclasses
import random
import signal
import time
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from forks import FORKED
from rnnlab.errors import LabError
from rnnlab.runs import files as runs
from rnnlab.runs import history
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.settings.training import MachineSettings, Optimization
from rnnlab.training.loop import Progress, Score, fit
from rnnlab.training.machine import prepare
from rnnlab.training.optimizers import Adam
from rnnlab.training.seeding import generator, seed_torch
from waiting import until

CPU = MachineSettings(device="cpu", precision="fp32", threads=1)


class Parity:
    """Is the sum of a sequence of numbers positive? A task small enough to train in a test."""

    def __init__(self, seed: int = 1, rate: float = 0.01, dropout: float = 0.2) -> None:
        self.name, self.seed, self.rate = "parity", seed, rate
        data = generator("parity", "data")
        self.x = torch.from_numpy(data.normal(size=(256, 6))).float()
        self.y = (self.x.sum(1) > 0).float()
        seed_torch("parity", seed)
        self.net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1))

    def optimizer(self):
        return Adam(self.net.parameters(), self.rate)

    def train_batches(self, epoch):
        order = generator(self.name, self.seed, "order", epoch).permutation(192)
        return list(order.reshape(-1, 16))

    def valid_batches(self):
        return [range(192, 256)]

    def pieces(self, rows):
        return [rows]

    def items(self, rows):
        return len(rows)

    def score(self, rows):
        logits = self.net(self.x[list(rows)]).squeeze(-1)
        target = self.y[list(rows)]
        loss = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="sum")
        return Score(loss, len(rows), ((logits > 0) == (target > 0.5)).sum().item(), 6 * len(rows))


def fitted(task: Parity, path: Path, epochs: int = 6, mark: str = "mark", **changes):
    """`task` after so many epochs, with its checkpoint at `path`: weights and progress."""
    whole = {"batch": 16, "epochs": epochs, "learning_rate": task.rate, "clip_norm": 1.0}
    optimization = Optimization(**{**whole, **changes})
    kept = {"section": "sentiment", "keep_steps": True}
    progress = fit(task, optimization, prepare(CPU), Checkpoint(path, mark), **kept)
    return task.net.state_dict(), progress


def train(path: Path, epochs: int = 6, mark: str = "mark", **changes):
    return fitted(Parity(**changes), path, epochs, mark)


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_it_learns_and_keeps_the_best_epoch(tmp_path):
    _, progress = train(tmp_path / "c", 12)
    assert progress.history[-1].valid_accuracy > 0.8
    assert progress.best.valid_loss == min(row.valid_loss for row in progress.history)
    assert [row.epoch for row in progress.history] == list(range(1, 13))


def test_of_equally_good_epochs_the_first_is_best():
    losses = enumerate((3.0, 1.0, 2.0, 1.0), 1)
    rows = [history.Epoch(number, 2.0, 0.5, loss, 0.5, 1.0, 1.0) for number, loss in losses]
    assert Progress(rows).best.epoch == 2


def test_one_seed_gives_one_result_and_another_another(tmp_path):
    first, second, other = (
        train(tmp_path / str(i), seed=seed)[0] for i, seed in enumerate((1, 1, 2))
    )
    assert same(first, second)
    assert not same(first, other)


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_training_that_stopped_goes_on_to_the_same_bits(tmp_path, stop):
    whole, progress = train(tmp_path / "whole")
    train(tmp_path / "parts", stop)
    resumed, again = train(tmp_path / "parts")
    assert same(whole, resumed)
    assert again.history == progress.history
    assert again.steps == progress.steps
    for row, losses in zip(again.history, again.steps, strict=True):
        assert row.train_loss == pytest.approx(sum(losses) / 12)


def test_patience_ends_a_training_that_no_longer_gains(tmp_path):
    rate = {"rate": 1.0, "dropout": 0.0}  # so high that the loss soon rises
    _, whole = fitted(Parity(**rate), tmp_path / "whole", 20)
    losses = [row.valid_loss for row in whole.history]
    ends = next(n for n in range(3, 20) if losses.index(min(losses[:n])) == n - 3)
    weights, waited = fitted(Parity(**rate), tmp_path / "waited", 20, patience=2)
    assert waited.history == whole.history[:ends]
    assert same(weights, fitted(Parity(**rate), tmp_path / "until", waited.best.epoch)[0])
    # A training that is over stays so.
    again, progress = fitted(Parity(**rate), tmp_path / "waited", 20, patience=2)
    assert progress.history == waited.history
    assert same(weights, again)


def test_the_learning_rate_falls_to_its_last_share(tmp_path):
    rates = []

    class Watched(Parity):
        def optimizer(self):
            self.adam = super().optimizer()
            return self.adam

        def score(self, rows):
            if self.net.training:
                rates.append(self.adam.rate * self.adam.share)
            return super().score(rows)

    fitted(Watched(), tmp_path / "c", epochs=4, last_learning_rate=0.2)
    steps = 4 * 12
    expected = [rates[0] * (1 - 0.8 * step / steps) for step in range(steps)]
    assert rates == pytest.approx(expected)
    rates.clear()
    fitted(Watched(), tmp_path / "d", epochs=4)
    assert set(rates) == {rates[0]}


def test_a_stopped_training_goes_on_with_the_rate_it_had_come_to(tmp_path):
    def falling(path, stop=None):
        class Stopped(Parity):
            def train_batches(self, epoch):
                if epoch == stop:
                    raise KeyboardInterrupt
                return super().train_batches(epoch)

        return fitted(Stopped(), path, epochs=5, last_learning_rate=0.0)[0]

    whole = falling(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        falling(tmp_path / "parts", stop=3)
    assert same(whole, falling(tmp_path / "parts"))


def test_a_batch_in_pieces_is_one_step(tmp_path):
    class Cut(Parity):
        def pieces(self, rows):
            return np.array_split(list(rows), 3)

    whole, cut = (kind(dropout=0.0) for kind in (Parity, Cut))
    ends = [fitted(task, tmp_path / type(task).__name__, epochs=3) for task in (whole, cut)]
    weights = [torch.cat([each.flatten() for each in end[0].values()]) for end in ends]
    assert torch.allclose(*weights, atol=1e-5)
    for one, other in zip(*(end[1].history for end in ends), strict=True):
        assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other), rel=1e-4)


def test_a_checkpoint_of_other_settings_is_not_used(tmp_path):
    train(tmp_path / "c", 3, mark="other")
    mixed, progress = train(tmp_path / "c", 6, mark="mark")
    assert same(mixed, train(tmp_path / "fresh")[0])
    assert len(progress.pace) == 6


@pytest.mark.parametrize("keep", [0, 1, 8, 100, -10])
def test_a_broken_checkpoint_is_not_used(tmp_path, keep):
    path = tmp_path / "c"
    train(path, 3)
    path.write_bytes(path.read_bytes()[:keep])
    assert Checkpoint(path, "mark").load() is None
    assert same(train(path)[0], train(tmp_path / "fresh")[0])


def test_a_checkpoint_without_a_mark_is_not_used(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "c")
    assert Checkpoint(tmp_path / "c", "mark").load() is None


def test_a_loss_that_is_no_number_names_net_seed_epoch_and_remedy(tmp_path):
    task = Parity()
    task.x[5] = float("nan")
    sentence = r"parity, seed 1.*epoch 1.*sentiment.*learning_rate.*clip_norm"
    with pytest.raises(LabError, match=sentence) as trouble:
        fitted(task, tmp_path / "c", clip_norm=None)
    assert "\n" not in str(trouble.value)


def test_a_run_away_loss_is_told(tmp_path):
    with pytest.raises(LabError, match=r"parity, seed 1.*ran away.*epoch 1"):
        train(tmp_path / "c", 20, rate=1e6)


def test_history_reads_back_to_the_bit(tmp_path):
    _, progress = train(tmp_path / "c", 3)
    written(tmp_path, nn.Linear(2, 2), progress.history)
    assert runs.read_history(tmp_path) == progress.history


def written(folder: Path, net: nn.Module | None, epochs: list[history.Epoch]) -> None:
    facts = {"lab": "parity", "net": "parity", "seed": 1, "settings": {}, "data": {}}
    more = {"environment": {}, "fingerprint": "", "structure": "", "parameters": 6}
    runs.write(folder, runs.Run(**facts, **more, best_epoch=1, scores={}), net, epochs)


@pytest.mark.parametrize("content", [None, b"", b"not weights"])
def test_missing_or_broken_weights_are_one_sentence(tmp_path, content):
    written(tmp_path, nn.Linear(2, 2), [])
    (tmp_path / runs.MODEL).unlink()
    if content is not None:
        (tmp_path / runs.MODEL).write_bytes(content)
    with pytest.raises(LabError, match=r"model\.safetensors"):
        runs.read_weights(tmp_path, nn.Linear(2, 2))


def test_a_run_that_kept_no_weights_says_so(tmp_path):
    written(tmp_path, None, [])
    assert not (tmp_path / runs.MODEL).exists()
    with pytest.raises(LabError, match="keep_weights"):
        runs.read_weights(tmp_path, nn.Linear(2, 2))


def test_weights_of_another_net_are_one_sentence(tmp_path):
    written(tmp_path, nn.Linear(3, 2), [])
    with pytest.raises(LabError, match=r"model\.safetensors does not hold"):
        runs.read_weights(tmp_path, nn.Linear(2, 2))


def train_slowly(checkpoint: Path, weights: Path) -> None:
    task = Parity()
    score = task.score
    task.score = lambda rows: (time.sleep(0.002), score(rows))[1]
    fitted(task, checkpoint)
    save_file(task.net.state_dict(), weights)


def test_killed_at_random_moments_it_ends_with_the_same_bits(tmp_path):
    whole, _ = train(tmp_path / "whole")
    checkpoint, weights = tmp_path / "c", tmp_path / "weights.safetensors"
    moments, kills = random.Random(7), 0
    while not weights.exists():
        process = FORKED.Process(target=train_slowly, args=(checkpoint, weights))
        process.start()
        # Each life lasts until it has written one more checkpoint, and a random while longer.
        if kills < 5:
            wrote = partial(_wrote_or_ended, process, checkpoint, _written(checkpoint))
            until(wrote, pause=0.002)
            time.sleep(moments.uniform(0, 0.05))
            kills += process.is_alive()
            process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
    assert kills >= 3
    assert same(whole, load_file(weights))


def _wrote_or_ended(process: BaseProcess, path: Path, known: int) -> bool:
    return _written(path) != known or not process.is_alive()


def _written(path: Path) -> int:
    """When, in nanoseconds; 0 if it is not there."""
    return path.stat().st_mtime_ns if path.exists() else 0


def test_a_gpu_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(LabError, match="asks for device: cuda, but PyTorch sees none"):
        prepare(CPU.model_copy(update={"device": "cuda"}))
