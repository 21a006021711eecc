"""The published run made again: the exercise's function, poems, order, and what arms change."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from rnnlab.errors import LabError
from rnnlab.labs.poetry import log
from rnnlab.labs.poetry.as_published import _gained
from rnnlab.labs.poetry.data import END_ID, START_ID, Poems
from rnnlab.labs.poetry.facts import ArmRun, Arms
from rnnlab.labs.poetry.settings import ArmTraining, PublishedRun
from rnnlab.labs.poetry.train_as_published import ArmTask, untrained
from rnnlab.nets.course_poet import CoursePoet
from rnnlab.settings.base import check
from rnnlab.training.loop import backward
from rnnlab.training.machine import Machine

SYMBOLS = 30
NAMES = ("as-published", "without-relu", "adam", "all-together")
TRAINING = ArmTraining(
    relu=True, shuffled=False, optimizer="rmsprop", batch=5, epochs=1, learning_rate=0.01,
    clip_norm=1.0, max_symbols=60, keep_weights=False, device="cpu", precision="fp32",
    threads=1,
)  # fmt: skip


def poems(lengths: list[int], parts: str = "train") -> Poems:
    """Made-up poems of so many characters."""
    rng = np.random.default_rng(0)
    ids = [[START_ID, *rng.integers(4, SYMBOLS, length), END_ID] for length in lengths]
    offsets = np.cumsum([0, *map(len, ids)])
    names = np.array([str(number) for number in range(len(ids))])
    flat = np.concatenate([np.array(each, dtype=np.int16) for each in ids])
    return Poems(flat, offsets, names, np.array([parts] * len(ids)))


def task(found: Poems, **changes) -> ArmTask:
    training = TRAINING.model_copy(update=changes)
    net = untrained(SYMBOLS, training.relu, 1)
    return ArmTask("arm", 1, net, found, training, Machine(torch.device("cpu"), "fp32"))


def arms(**valid: float) -> Arms:
    """Runs of two epochs, whose validation loss fell to these."""
    runs = {
        name: ArmRun(
            training=TRAINING, train=[6, 6], valid=[6, loss], last=[[6.0]] * 2, curve=[[6.0]] * 2
        )
        for name, loss in zip(NAMES, valid.values(), strict=True)
    }
    count = {"train": 1, "valid": 1, "test": 1}
    return Arms(poems=count, batches=1, block=1, runs={"published": runs, "again": {}})


@pytest.mark.parametrize(
    ("adam", "said"), [(5.0, ("Adam at 0.01", "1.000")), (5.8, ("without the ReLU", "0.300"))]
)
def test_the_change_that_gains_most_is_named(adam, said):
    found = _gained(arms(first=6.0, relu=5.7, adam=adam, all=4.5))
    assert (found["best"].en, found["gain"]) == said


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (4.5, ("lower", "1.500", False)),
        (5.8, ("lower", "0.200", True)),
        (6.25, ("raise", "0.250", False)),
    ],
)
def test_what_all_changes_do_together_is_told_beside_the_best_one(loss, told):
    together = _gained(arms(first=6.0, relu=5.7, adam=5.8, all=loss))["together"]
    assert (together["lowers"].en, together["by"], together["less"]) == told


def test_no_change_that_gains_nothing_is_named():
    assert not _gained(arms(first=6.0, relu=6.0, adam=6.1, all=5.9))["best"]


def exercise(net: CoursePoet, batch: list[list[int]]) -> torch.Tensor:
    """The loss of a batch as the exercise takes it: poem after poem, each with its own mean."""
    loss = torch.zeros(())
    for x in batch:
        y = [*x[1:], x[-1]]
        states, _ = net.cell(net.embedding(torch.tensor(x)).unsqueeze(1))
        scores = net.output(states.view(-1, states.shape[-1]))
        if isinstance(net.relu, nn.ReLU):
            scores = scores.clamp(min=0)
        loss = loss + nn.NLLLoss()(torch.log_softmax(scores, 1), torch.tensor(y))
    return loss / len(batch)


@pytest.mark.parametrize("relu", [True, False])
def test_poems_side_by_side_are_the_same_function_as_poem_after_poem(relu):
    found = poems([7, 20, 5, 12, 33])
    one, other = (task(found, relu=relu) for _ in range(2))
    rows = found.rows("train")
    assert len(one.pieces(rows)) > 1
    score = backward(one, rows, one.machine)
    loss = exercise(other.net, [found.sequence(row).tolist() for row in rows])
    loss.backward()
    assert score.loss.item() / score.items == pytest.approx(loss.item(), rel=1e-6)
    for mine, theirs in zip(one.net.parameters(), other.net.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-4, atol=1e-7)


def test_it_reads_poems_of_its_lengths_from_short_to_long_and_drops_what_is_left():
    found = poems([81, 9, 4, 5, 80, 7, 20, 6, 30, 8, 70, 12, 11])
    taken = task(found).train_batches(1)
    lengths = [(found.lengths(rows) - 1).tolist() for rows in taken]
    assert lengths == [[5, 6, 7, 8, 9], [11, 12, 20, 30, 70]]
    shuffled = [task(found, shuffled=True).train_batches(epoch) for epoch in range(1, 9)]
    orders = {tuple(rows[0] for rows in each) for each in shuffled}
    assert orders == {(taken[0][0], taken[1][0]), (taken[1][0], taken[0][0])}


def test_the_batches_that_the_log_shows_are_the_longest_whole_ones():
    found = poems([5 + number % 76 for number in range(750)])
    rows = log.logged(found)
    assert len(rows) == 600
    order = np.argsort(found.lengths(found.rows("train")), kind="stable")
    assert rows.tolist() == order[100:700].tolist()


def test_fewer_poems_than_a_batch_are_one():
    assert log.logged(poems([6, 5, 7])).tolist() == [1, 0, 2]


def test_all_held_out_poems_of_its_lengths_are_scored():
    found = poems([5, 90, 6, 7, 8, 9, 10, 11], "valid")
    assert sorted(np.concatenate(task(found).valid_batches())) == [0, 2, 3, 4, 5, 6, 7]
    assert np.concatenate(task(poems([5, 6], "valid")).valid_batches()).tolist() == [0, 1]


def test_arms_begin_with_the_same_weights_and_seeds_do_not():
    one, other, again = (untrained(SYMBOLS, relu, seed) for relu, seed in ((1, 1), (0, 1), (1, 2)))
    assert torch.equal(one.output.weight, other.output.weight)
    assert not torch.equal(one.output.weight, again.output.weight)
    assert one.embedding.weight.abs().max() <= 1
    assert not one.output.bias.any()


def test_with_the_relu_no_character_is_less_probable_than_a_score_of_zero():
    net = CoursePoet(SYMBOLS)
    with torch.no_grad():
        net.output.bias[3:] = -100.0
        states, _ = net.states(torch.tensor([[5]]))
        shares = net.log_probabilities(states[0]).exp()[0]
    assert shares.sum().item() == pytest.approx(1)
    assert shares[5].item() == pytest.approx(shares[9].item())
    assert shares.min() > 1 / (SYMBOLS + 50)


SECTION = {
    "training": TRAINING.model_dump(),
    "seed": 1,
    "arms": {"as-published": {}, "adam": {"optimizer": "adam", "epochs": 7, "keep_weights": True}},
    "again": {"seed": 2, "epochs": 3, "arms": ["adam"]},
}


def test_an_arm_changes_what_it_says_and_again_its_epochs_and_seed():
    run = check(PublishedRun, SECTION, Path("params.yaml"), "published")
    first, again = run.arm("adam"), run.arm("adam", again=True)
    assert first == (TRAINING.model_copy(update=SECTION["arms"]["adam"]), 1)
    assert again == (first[0].model_copy(update={"epochs": 3, "keep_weights": False}), 2)
    assert [each.stage for each in run.runs()] == [
        "poetry-train-as-published@as-published",
        "poetry-train-as-published@adam",
        "poetry-train-again@adam",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"arms": {"adam": {}}}, "arms must have as-published"),
        ({"again": {**SECTION["again"], "arms": ["shuffled"]}}, "again.arms has 'shuffled'"),
        ({"seed": 2}, "again.seed must be another than seed"),
        ({"arms": {"as-published": {}, "tanh": {}}}, "Input should be 'as-published'|tanh"),
    ],
)
def test_settings_that_cannot_be_are_told(changes, told):
    with pytest.raises(LabError, match=f"(?i){told}"):
        check(PublishedRun, {**SECTION, **changes}, Path("params.yaml"), "published")


def test_an_arm_that_is_not_there_is_told():
    run = check(PublishedRun, SECTION, Path("params.yaml"), "published")
    with pytest.raises(LabError, match="has no 'shuffled'; add it there"):
        run.arm("shuffled")
