"""A net that the machine has no memory for is told before anything is done with it."""

import pytest
import torch
from torch import nn

from rnnlab.corpora import names as corpus
from rnnlab.corpora.names import Line
from rnnlab.errors import LabError
from rnnlab.files import write_table
from rnnlab.labs.names.settings import Training
from rnnlab.labs.names.train import train
from rnnlab.training import memory
from rnnlab.training.experiment import Places

LARGE = {"batch": 100_000, "structure": "lstm", "hidden": 4096}


def test_what_it_would_take_is_told_without_taking_it():
    with pytest.raises(LabError, match=r"1,000,001,000,000 weights .* at least 14,901\.\d GiB"):
        memory.fitting(lambda: nn.Linear(10**6, 10**6), 0, "hidden")


def test_what_fits_is_made_as_without_a_look():
    def build() -> nn.Module:
        torch.manual_seed(1)
        return nn.LSTM(3, 4, 2, bidirectional=True)

    made, plain = memory.fitting(build, 10**6, "hidden"), build()
    for one, other in zip(made.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)


def test_states_count(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**20)
    assert memory.fitting(lambda: nn.Linear(2, 2), 1000, "hidden") is not None
    with pytest.raises(LabError, match="lower hidden in params"):
        memory.fitting(lambda: nn.Linear(2, 2), 10**6, "hidden")


def test_a_training_says_it_before_it_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**30)
    lines = [Line(f"L{n % 2}", f"{'abcdefghij'[n % 10]}" * (n % 7 + 2)) for n in range(40)]
    write_table(tmp_path / "names.parquet", corpus.split(lines, 0.25, 0.25, 1))
    training = Training(
        **LARGE,
        epochs=1,
        learning_rate=0.1,
        clip_norm=1.0,
        device="cpu",
        precision="fp32",
        threads=1,
    )
    places = Places(tmp_path / "run", tmp_path / "time.json", tmp_path / "checkpoint")
    with pytest.raises(
        LabError, match=r"weights and would take .* lower names\.nets\.lstm\.hidden"
    ):
        train("lstm", 1, training, tmp_path / "names.parquet", places)
    assert not places.output.exists()
