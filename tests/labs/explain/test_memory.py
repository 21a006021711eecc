"""The memory task's nets are those of nets/cells.py, side by side, and don't touch each other."""

import math

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from rnnlab.labs.explain import facts, memory
from rnnlab.labs.explain.settings import MemorySettings
from rnnlab.labs.explain.shown import memory as shown
from rnnlab.nets.cells import ElmanCell, GRUCell, LSTMCell, unroll

# The task's LSTM has PyTorch's order of blocks, i f g o; the cell from zero has f i g o.
CELLS = {"rnn": (ElmanCell, [0]), "lstm": (LSTMCell, [1, 0, 2, 3]), "gru": (GRUCell, [0, 1, 2])}

SETTINGS = MemorySettings(
    tasks=["recall", "adding"],
    cells=["gru"],
    distances=[3, 6],
    seeds=[1, 2],
    hidden=8,
    answers=2,
    distractors=2,
    within=0.2,
    batch=16,
    steps=300,
    learning_rate=0.02,
    clip_norm=1.0,
    forget_bias=3.0,
    solved=0.95,
    recent=20,
)


@pytest.mark.parametrize("kind", CELLS)
def test_each_net_is_the_cell_from_zero(kind):
    make, order = CELLS[kind]
    nets = memory.Nets(kind, inputs=5, hidden=4, answers=3, seeds=[1, 2, 3])
    inputs = torch.randn(3, 6, 9, 5)
    found = nets(inputs)
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
        _, last = unroll(cell, inputs[number].transpose(0, 1))
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


def test_an_orthogonal_start_keeps_lengths():
    nets = memory.Nets("rnn", 4, 16, 2, seeds=[1, 2])
    nets.make_orthogonal()
    found = nets.from_hidden.transpose(1, 2) @ nets.from_hidden
    torch.testing.assert_close(found, torch.eye(16).expand(2, 16, 16), atol=1e-5, rtol=0)


def test_the_answer_stands_that_many_steps_back():
    rngs = [np.random.default_rng(seed) for seed in (1, 2)]
    inputs, answers = memory.recall(SETTINGS, 7, rngs)
    assert inputs.shape == (2, 16, 8, 4)
    ids = inputs.argmax(3)
    assert torch.equal(ids[..., 0], answers)
    assert answers.max() < SETTINGS.answers <= ids[..., 1:].min()
    assert not torch.equal(ids[0], ids[1])


def test_one_number_in_each_half_is_to_be_added():
    inputs, sums = memory.adding(SETTINGS, 7, [np.random.default_rng(seed) for seed in (1, 2)])
    values, marks = inputs.unbind(3)
    assert (marks[..., :4].sum(2) == 1).all()
    assert (marks[..., 4:].sum(2) == 1).all()
    torch.testing.assert_close((values * marks).sum(2), sums)


def test_what_counts_as_right():
    scores = torch.tensor([[[2.0, 1.0], [0.0, 3.0]]])
    assert memory.judged("recall", scores, torch.tensor([[0, 0]]), 0.2)[1].tolist() == [0.5]
    sums = torch.tensor([[[1.0], [1.5]]])
    loss, right = memory.judged("adding", sums, torch.tensor([[1.1, 1.0]]), 0.2)
    assert (round(loss.item(), 4), right.item()) == (0.13, 0.5)


def test_clipping_scales_each_net_by_its_own_norm():
    nets = memory.Nets("rnn", 4, 3, 2, seeds=[1, 2, 3])
    for weight in nets.parameters():
        weight.grad = torch.ones_like(weight) * torch.tensor([0.001, 5.0, 5.0]).view(-1, 1, 1)
    norms = memory.clip(nets.parameters(), torch.tensor([1.0, 1.0, math.inf]))
    after = torch.stack([w.grad.flatten(1).norm(dim=1) for w in nets.parameters()]).norm(dim=0)
    torch.testing.assert_close(after, torch.tensor([norms[0], 1.0, norms[2]]))


def test_it_learns_what_is_near_and_repeats_itself():
    found = memory.train("recall", "gru", 3, [1, 2], SETTINGS)
    for trial in found.values():
        assert trial["right"] >= 0.9
        assert SETTINGS.recent <= trial["steps"] < SETTINGS.steps
    assert found == memory.train("recall", "gru", 3, [1, 2], SETTINGS)


def test_a_net_does_not_hear_of_the_others():
    few = SETTINGS.model_copy(update={"steps": 5})
    both = memory.train("adding", "rnn", 3, [1, 2], few)
    assert both[2] == memory.train("adding", "rnn", 3, [2], few)[2]


class Remembers(memory.Nets):
    """Knows the first symbol, if it stands at most `SPAN` steps back; net 1 half as far."""

    SPAN = 8

    def forward(self, inputs):
        scores = 50 * inputs[:, :, 0, : self.output.shape[2]]
        near = [inputs.shape[2] - 1 <= self.SPAN // (1 + net) for net in range(len(inputs))]
        return scores * torch.tensor(near).view(-1, 1, 1) + 0 * super().forward(inputs)


def test_nets_of_known_memory_climb_just_as_far(monkeypatch):
    monkeypatch.setattr(memory, "Nets", Remembers)
    settings = SETTINGS.model_copy(update={"distances": [2, 4, 8, 16, 32], "steps": 25})
    found = memory.climb("recall", "gru", settings)
    climb = TypeAdapter(facts.Climb).validate_python(found)
    assert facts.reach(climb) == [8, 4]
    assert list(climb) == [2, 4, 8, 16]
    assert list(climb[16]) == [1]
    assert climb[2][1].steps == SETTINGS.recent
    assert shown._needed(climb[8]) == ("1/2: 20", "1/2：20")
