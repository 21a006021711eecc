"""The memory task's nets are those of nets/cells.py, side by side, and don't touch each other."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnlab.labs.explain import memory
from rnnlab.labs.explain.settings import MemorySettings
from rnnlab.nets.cells import ElmanCell, GRUCell, LSTMCell, unroll

# The task's LSTM has PyTorch's order of blocks, i f g o; the cell from zero has f i g o.
CELLS = {"rnn": (ElmanCell, [0]), "lstm": (LSTMCell, [1, 0, 2, 3]), "gru": (GRUCell, [0, 1, 2])}

SETTINGS = MemorySettings(
    cells=["gru"],
    distances=[3],
    seeds=[1, 2],
    hidden=8,
    answers=2,
    distractors=2,
    batch=16,
    steps=120,
    learning_rate=0.02,
    clip_norm=1.0,
    forget_bias=3.0,
    tested=64,
    solved=0.95,
)


@pytest.mark.parametrize("kind", CELLS)
def test_each_net_is_the_cell_from_zero(kind):
    make, order = CELLS[kind]
    nets = memory.Nets(kind, symbols=5, hidden=4, answers=3, seeds=[1, 2, 3])
    ids = torch.randint(5, (3, 6, 9))
    found = nets(ids)
    for number in range(3):
        cell = make(5, 4)
        pairs = (
            (cell.from_input, nets.from_input[number], nets.input_bias[number, 0]),
            (cell.from_hidden, nets.from_hidden[number], nets.hidden_bias[number, 0]),
        )
        with torch.no_grad():
            for linear, weight, bias in pairs:
                blocks, biases = weight.T.chunk(len(order)), bias.chunk(len(order))
                linear.weight.copy_(torch.cat([blocks[each] for each in order]))
                linear.bias.copy_(torch.cat([biases[each] for each in order]))
        _, last = unroll(cell, functional.one_hot(ids[number].T, 5).float())
        expected = last[0] @ nets.output[number] + nets.output_bias[number]
        torch.testing.assert_close(found[number], expected)


def test_weights_start_as_pytorchs():
    nets = memory.Nets("lstm", 4, 16, 2, seeds=[1, 2])
    for weight in nets.parameters():
        assert weight.abs().max() <= 0.25
        assert weight.shape[0] == 2
    assert not torch.equal(nets.from_hidden[0], nets.from_hidden[1])
    nets.open_forget_gates(4.0)
    assert (nets.input_bias[:, 0, 16:32] == 4).all()
    assert nets.input_bias[:, 0, :16].abs().max() <= 0.25


def test_the_answer_stands_that_many_steps_back():
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    ids, answers = memory.sequences(SETTINGS, 7, 50, rngs)
    assert ids.shape == (2, 50, 8)
    assert torch.equal(ids[..., 0], answers)
    assert answers.max() < SETTINGS.answers <= ids[..., 1:].min()
    assert not torch.equal(ids[0], ids[1])


def test_clipping_scales_each_net_by_its_own_norm():
    nets = memory.Nets("rnn", 4, 3, 2, seeds=[1, 2, 3])
    for weight in nets.parameters():
        weight.grad = torch.ones_like(weight) * torch.tensor([0.001, 5.0, 5.0]).view(-1, 1, 1)
    norms = memory.clip(nets.parameters(), torch.tensor([1.0, 1.0, math.inf]))
    after = torch.stack([w.grad.flatten(1).norm(dim=1) for w in nets.parameters()]).norm(dim=0)
    torch.testing.assert_close(after, torch.tensor([norms[0], 1.0, norms[2]]))


def test_it_learns_what_is_near_and_repeats_itself():
    found = memory.train("gru", 3, SETTINGS)
    assert min(found["clipped"]["accuracy"] + found["unclipped"]["accuracy"]) > 0.95
    assert found == memory.train("gru", 3, SETTINGS)


def test_a_net_does_not_hear_of_the_others():
    both = memory.train("rnn", 3, SETTINGS.model_copy(update={"steps": 5}))
    one = memory.train("rnn", 3, SETTINGS.model_copy(update={"steps": 5, "seeds": [2]}))
    for how in ("clipped", "unclipped"):
        assert both[how]["largest_norm"][1] == pytest.approx(one[how]["largest_norm"][0], rel=1e-4)
