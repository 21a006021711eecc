"""A checkpoint is taken whole or not at all: no turned bit reaches a training."""

import pytest
import torch

from rnnlab.runs.checkpoints import Checkpoint

PARTS = {
    "net": {"weight": torch.arange(12.0).view(3, 4), "steps": torch.tensor(3.0)},
    "best": {"weight": torch.ones(3, 4, dtype=torch.bfloat16)},
}
HEADER = {"history": [{"epoch": 1, "train_loss": 0.5}]}


@pytest.fixture
def checkpoint(tmp_path):
    made = Checkpoint(tmp_path / "checkpoint", "mark")
    made.save(PARTS, HEADER)
    return made


def test_it_comes_back_as_it_was_saved(checkpoint):
    parts, header = checkpoint.load()
    assert header == HEADER
    assert {name: list(part) for name, part in parts.items()} == {
        "net": ["steps", "weight"], "best": ["weight"],
    }  # fmt: skip
    for name, part in PARTS.items():
        for key, value in part.items():
            assert torch.equal(parts[name][key], value)


def test_one_of_another_run_is_not_taken(checkpoint):
    assert Checkpoint(checkpoint.path, "another").load() is None
    checkpoint.remove()
    assert checkpoint.load() is None


def test_no_turned_bit_is_taken(checkpoint, capsys):
    whole = checkpoint.path.read_bytes()
    for place in range(0, len(whole)):
        for bit in (0, 5):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            checkpoint.path.write_bytes(damaged)
            found = checkpoint.load()
            if found is not None:  # a blank in safetensors' own header, say
                parts, header = found
                assert header == HEADER
                same = all(
                    torch.equal(parts[name][key], value)
                    for name, part in PARTS.items()
                    for key, value in part.items()
                )
                assert same, (place, bit)
    assert "is damaged; beginning anew" in capsys.readouterr().out


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_one_that_was_broken_off_is_not_taken(checkpoint, length):
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:length])
    assert checkpoint.load() is None
