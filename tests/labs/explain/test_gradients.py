"""Gradient flow on nets whose decay is known, against numerical gradients; occlusion; equality.

And what the report gets of it.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from rnnlab.errors import LabError
from rnnlab.files import write_sealed
from rnnlab.labs.explain import cells, gather, gradients, occlusion, subjects
from rnnlab.labs.explain.facts import Gradients
from rnnlab.labs.explain.settings import OcclusionSettings
from rnnlab.labs.explain.shown.gradients import left
from rnnlab.labs.sentiment.data import Features
from rnnlab.nets.cells import ElmanCell, GRUCell, LSTMCell, unroll
from rnnlab.nets.classifier import Classifier
from rnnlab.nets.library import difference, from_zero
from rnnlab.settings.training import MachineSettings
from rnnlab.training.machine import prepare


def setting(cell, time=6, batch=3, inputs=2):
    torch.manual_seed(1)
    x = torch.randn(time, batch, inputs, dtype=torch.float64)
    lengths = torch.tensor([time, time - 2, 3])[:batch]
    labels = torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64)[:batch]
    weight = torch.randn(1, cell.hidden, dtype=torch.float64)
    return x, lengths, labels, weight, torch.zeros(1, dtype=torch.float64)


@pytest.mark.parametrize("kind", [ElmanCell, LSTMCell, GRUCell])
def test_state_gradients_are_those_of_finite_differences(kind):
    torch.manual_seed(0)
    cell = kind(2, 4).double()
    x, lengths, labels, weight, bias = setting(cell)
    found = gradients.state_gradients(cell, x, lengths, labels, weight, bias)

    def loss_from(state, k, sequence):
        end = int(lengths[sequence])
        for step in x[k + 1 : end, sequence : sequence + 1]:
            state = cell(step, state)
        logit = functional.linear(state[0], weight, bias).squeeze()
        return functional.binary_cross_entropy_with_logits(logit, labels[sequence]).item()

    step = 1e-6
    for sequence, k in ((0, 1), (1, 0), (2, 2)):
        _, state = unroll(cell, x[: k + 1, sequence : sequence + 1])
        for kind_of_state, name in enumerate(("h", "c")[: len(state)]):
            for unit in range(4):
                losses = []
                for sign in (1, -1):
                    moved = [each.detach().clone() for each in state]
                    moved[kind_of_state][0, unit] += sign * step
                    if name == "c":  # h_k = o · tanh(c_k) moves with it
                        moved[0] *= torch.tanh(moved[1]) / torch.tanh(state[1].detach())
                    losses.append(loss_from(tuple(moved), k, sequence))
                numerical = (losses[0] - losses[1]) / (2 * step)
                assert found[f"d{name}"][k, sequence, unit].item() == pytest.approx(
                    numerical, rel=1e-4, abs=1e-9
                )
    assert not found["dh"][3:, 2].any()  # behind the end of a sequence there is no loss


def linear(radius: float) -> ElmanCell:
    """An Elman cell whose state stays near 0, where tanh is a straight line: h ← radius · Q h."""
    torch.manual_seed(2)
    cell = ElmanCell(2, 5).double()
    with torch.no_grad():
        for each in cell.parameters():
            each.zero_()
        cell.from_hidden.weight.copy_(radius * torch.linalg.qr(torch.randn(5, 5).double())[0])
    return cell


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0])
def test_a_linear_net_decays_at_its_spectral_radius(radius):
    cell = linear(radius)
    x, _, labels, weight, bias = setting(cell, time=30)
    lengths = torch.tensor([30, 30, 25])
    states = gradients.state_gradients(cell, x, lengths, labels, weight, bias)
    flow = gradients.flow(cell, gradients.by_distance(states, lengths, 20))
    found = gradients.summary(flow)
    decay = found["states"]["h"]
    assert decay["curve"][-1] == pytest.approx(radius**20, rel=1e-3)
    assert decay["low"] == pytest.approx(decay["high"], rel=1e-9)
    assert found["bound"]["eta"] == pytest.approx(radius)
    assert found["bound"]["radius"] == pytest.approx(radius)
    assert found["bound"]["slope"] == pytest.approx(1)
    assert decay["reach"] == {0.5: 7, 0.9: None, 1.0: None}[radius]
    if radius < 1:
        assert decay["exponential"] == pytest.approx(1)
        assert decay["power"] < 0.95


def test_no_gradient_passes_the_bound():
    torch.manual_seed(3)
    cell = ElmanCell(2, 8).double()
    x, _, labels, weight, bias = setting(cell, time=40)
    lengths = torch.tensor([40, 33, 31])
    states = gradients.state_gradients(cell, x, lengths, labels, weight, bias)
    flow = gradients.flow(cell, gradients.by_distance(states, lengths, 30))
    bound = flow.bound["eta"] ** np.arange(31)
    assert (np.exp(gradients.relative(flow.norms["h"])) <= bound * (1 + 1e-9)).all()


def test_terms_of_the_sum_add_up_to_the_gradient_of_u():
    torch.manual_seed(4)
    cell = ElmanCell(2, 4).double()
    x, lengths, labels, weight, bias = setting(cell)
    states = gradients.state_gradients(cell, x, lengths, labels, weight, bias)
    placed = gradients.by_distance(states, lengths, 6)
    slopes = 1 - placed["h"][:-1].square()
    terms = torch.einsum("drh,drj->hj", slopes * placed["dh"][:-1], placed["h"][1:])
    outputs, _ = unroll(cell, x)
    last = outputs[lengths - 1, torch.arange(3)]
    logits = functional.linear(last, weight, bias).squeeze(-1)
    functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum").backward()
    torch.testing.assert_close(terms, cell.from_hidden.weight.grad)


def corpus(lengths: list[int], part: str = "test") -> Features:
    rng = np.random.default_rng(1)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    number = len(lengths)
    return Features(
        rng.integers(2, 20, size=offsets[-1]).astype(np.int32),
        offsets,
        np.array([f"r{i}" for i in range(number)]),
        np.array([part] * number),
        rng.integers(2, size=number).astype(np.int8),
    )


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_measuring_a_library_net_does_not_depend_on_the_batches(cell, monkeypatch):
    torch.manual_seed(5)
    net = Classifier(torch.randn(20, 6), cell, 7, 1, 1)
    reviews = corpus([12, 30, 17, 11, 25])
    rows = subjects.sample(reviews, 9, 11, None, seed=1)
    assert rows.tolist() == [0, 1, 2, 3, 4]
    together = gradients.flow_through(net, reviews, rows, 10)
    monkeypatch.setattr(gradients, "BATCH", 1)
    alone = gradients.flow_through(net, reviews, rows, 10)
    assert list(together.norms) == (["h", "c", "h and c"] if cell == "lstm" else ["h"])
    for name, norms in together.norms.items():
        assert norms.shape == (5, 11)
        np.testing.assert_allclose(norms, alone.norms[name], rtol=1e-9)


def test_reviews_too_short_are_told_so():
    with pytest.raises(LabError, match="fewer than two test reviews have 50"):
        subjects.sample(corpus([10, 20]), 5, 50, None, seed=1)


def test_a_cell_from_zero_equals_the_library_and_a_wrong_one_would_be_seen():
    torch.manual_seed(6)
    library = nn.LSTM(3, 5).double()
    x = torch.randn(4, 2, 3, dtype=torch.float64)
    assert max(difference(library, x)) < 1e-12
    cell = from_zero(library)
    with torch.no_grad():
        cell.from_hidden.weight[0] += 0.1
    assert (unroll(cell, x)[0] - library(x)[0]).abs().max() > 1e-4


def test_the_published_examples_have_their_shapes():
    example = cells.example()
    assert np.shape(example["x"]) == (1, 3)
    assert np.shape(example["h"]) == np.shape(example["c"]) == (1, 5)
    assert example["output_shape"] == [5, 1]


class Bag(nn.Module):
    """The sum of what each word says; only the words that `says` names say anything."""

    def __init__(self, says: dict[int, float]):
        super().__init__()
        self.table = torch.zeros(50)
        for word, value in says.items():
            self.table[word] = value

    def forward(self, ids, lengths):
        real = torch.arange(len(ids)).unsqueeze(1) < lengths
        return (self.table[ids] * real).sum(0)


def test_occlusion_finds_the_decisive_word():
    settings = OcclusionSettings(reviews=2, window=5, distance=20, longest=40, seed=1)
    reviews = [np.full(30, 2, dtype=np.int32), np.full(22, 2, dtype=np.int32)]
    reviews[0][30 - 12] = 7  # 11 words stand behind it: the third window from the end
    reviews[1][22 - 1] = 8
    where = prepare(MachineSettings(device="cpu", precision="fp32", threads=1))
    whole, masked = occlusion.changes(Bag({7: 3.0, 8: -2.0}), reviews, settings, where)
    np.testing.assert_allclose(whole, [3, -2])
    np.testing.assert_allclose(masked, [[0, 0, -3, 0], [2, 0, 0, 0]])
    found = occlusion.summary(whole, masked, np.array([1, 1]), settings)
    assert found["decisive"] == [1, 0, 1, 0]
    assert found["accuracy"] == 0.5
    assert found["share"] == [0.5, 0, 0.5, 0]
    assert [band["accuracy"] for band in found["bands"]] == [0.0, None, 1.0, None]


@pytest.mark.parametrize(
    ("power", "rate", "straight"), [(0, 0.1, True), (2.0, 0, False), (0.1, 0.2, True)]
)
def test_an_exponential_is_told_from_a_power_law(power, rate, straight):
    steps = np.arange(201)
    for distance in (50, 100, 200):  # however far one looks
        found = gradients.shape((-rate * steps - power * np.log1p(steps))[: distance + 1])
        assert (found["exponential"] > found["power"]) == straight
        assert found["reach"] == {0.1: 47, 0: 9, 0.2: 22}[rate]


def test_what_a_curve_does_once_little_is_left_does_not_count():
    steps = np.arange(201)
    curve = np.where(steps <= 40, -0.15 * steps, -6 - 0.01 * (steps - 40))
    near, far = (gradients.shape(curve[: distance + 1]) for distance in (40, 200))
    assert near == far
    assert near["exponential"] > near["power"]


def test_what_a_step_hands_on_counts_no_way_twice():
    """An LSTM's whole state: its gradient against finite differences of h and c, each alone."""
    torch.manual_seed(0)
    cell = LSTMCell(2, 4).double()
    x, lengths, labels, weight, bias = setting(cell)
    found = gradients.state_gradients(cell, x, lengths, labels, weight, bias)
    _, (h, c) = unroll(cell, x[:3, :1])
    h, c = (each.detach().requires_grad_() for each in (h, c))
    state = (h, c)
    for step in x[3:, :1]:
        state = cell(step, state)
    logit = functional.linear(state[0], weight, bias).squeeze(-1)
    loss = functional.binary_cross_entropy_with_logits(logit, labels[:1])
    expected = torch.cat(torch.autograd.grad(loss, (h, c)), dim=1)
    torch.testing.assert_close(found["dh and c"][2, :1], expected)
    torch.testing.assert_close(found["dh and c"][5, 0, 4:], torch.zeros(4).double())


@pytest.fixture
def measured(tmp_path):
    """What the stage writes of an RNN and an LSTM."""
    reviews = corpus([12, 30, 17, 11, 25])
    rows = subjects.sample(reviews, 9, 11, None, seed=1)
    nets = {}
    for cell in ("rnn", "lstm"):
        torch.manual_seed(7)
        net = Classifier(torch.randn(20, 6), cell, 7, 1, 1)
        summary = gradients.summary(gradients.flow_through(net, reviews, rows, 10))
        seeds = {"3": {"initial": summary, "trained": summary}}
        nets[f"{cell}-1-1-6d"] = {"cell": cell, "seeds": seeds}
    path = tmp_path / "gradients.json"
    content = {"reviews": 5, "distance": 10, "distances": gradients.shown(10), "nets": nets}
    write_sealed(path, content)
    return path


def test_the_judge_gets_how_far_gradients_reach(measured):
    found = gather._read(measured, Gradients)
    falls = gather.falls(found)
    assert list(falls) == ["rnn", "lstm"]
    for cell, by_seed in falls.items():
        moment = found.nets[f"{cell}-1-1-6d"].seeds[3]["trained"]
        decay = moment.states["h and c" if cell == "lstm" else "h"]
        fall = by_seed[3]
        assert (fall.reach, fall.ended) == (decay.reach or 10, decay.reach is not None)
        assert (fall.straight > 0) == (decay.exponential > decay.power)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"gradients\.json is missing; run `dvc repro`"),
        ('{"nets": ', r"gradients\.json is broken \(it holds no digest"),
        ({}, r"gradients\.json is broken \(reviews: Field required\); delete it"),
    ],
)
def test_a_missing_or_broken_file_is_one_sentence(tmp_path, text, message):
    path = tmp_path / "gradients.json"
    if isinstance(text, str):
        path.write_text(text)
    elif text is not None:
        write_sealed(path, text)
    with pytest.raises(LabError, match=message) as caught:
        gather._read(path, Gradients)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("shares", "shown"),
    [
        ([0.0340, 0.014], "2.2 (1.4–3.4)"),
        ([1.234, 1.1], "117 (110–123)"),
        ([1.6e-55], "1.6e-53 (1.6e-53–1.6e-53)"),
    ],
)
def test_what_is_left_reads_in_percent(shares, shown):
    assert left(shares).en == shown
