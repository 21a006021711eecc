"""The lab's own trainings on reviews, on made-up ones that a word at a known place decides."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from places import ROOT
from rnnlab.errors import LabError
from rnnlab.files import SEAL, sealing
from rnnlab.labs.explain import convolution, cut
from rnnlab.labs.explain.seen import answered
from rnnlab.labs.explain.settings import ExplainSettings
from rnnlab.labs.explain.subjects import untrained
from rnnlab.labs.sentiment import data
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.labs.sentiment.train import SentimentTask
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.settings.base import read
from rnnlab.text.vocabulary import PADDING, UNKNOWN, Vocabulary
from rnnlab.training.loop import fit
from rnnlab.training.machine import prepare

GOOD, BAD = 2, 3
WORDS, DIMENSION, LENGTH, BACK = 30, 100, 24, 3
"""The word that decides stands so far before the end of a review."""
RNN = "rnn-1-1-100d"


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """The sentiment lab's folder."""
    folder, rng = tmp_path_factory.mktemp("features"), np.random.default_rng(1)
    count = 400
    ids = rng.integers(BAD + 1, WORDS, (count, LENGTH)).astype(np.int32)
    label = rng.integers(0, 2, count).astype(np.int8)
    ids[:, -BACK] = np.where(label == 1, GOOD, BAD)
    part = np.array(["train"] * 200 + ["valid"] * 100 + ["test"] * 100)
    name = np.array([f"review {number:03}" for number in range(count)])
    offsets = np.arange(0, ids.size + 1, LENGTH)
    data.write(folder, data.Features(ids.ravel(), offsets, name, part, label))
    words = [f"w{number}" for number in range(2, WORDS)]
    Vocabulary([PADDING, UNKNOWN, *words]).write(folder / data.WORDS)
    vectors = torch.randn(WORDS, DIMENSION, generator=torch.Generator().manual_seed(1))
    with sealing(data.vectors_file(folder, DIMENSION), vectors.nbytes) as path:
        save_file({"vectors": vectors}, path, SEAL)
    return folder


@pytest.fixture(scope="module")
def lab():
    settings = SentimentSettings.model_validate(read(ROOT / "params.yaml")["sentiment"])
    changes = {"batch": 20, "epochs": 6, "learning_rate": 0.01, "hidden": 16}
    machine = {"precision": "fp32", "device": "cpu"}
    training = settings.published.training.model_copy(update={**changes, **machine})
    published = settings.published.model_copy(update={"training": training, "seeds": [1, 2]})
    return settings.model_copy(update={"published": published})


@pytest.fixture(scope="module")
def explain():
    return ExplainSettings.model_validate(read(ROOT / "params.yaml")["explain"])


@pytest.fixture(scope="module")
def compared(features, lab, explain):
    changes = {"nets": [RNN], "filters": 8, "epochs": 3, "every": 4, "reviews": 60}
    return convolution.compare(explain.convolution.model_copy(update=changes), lab, features)


def test_a_convolutional_net_finds_a_word_wherever_it_stands(compared):
    for course in compared["nets"]["convolution"]["seeds"].values():
        assert course["valid_accuracy"][-1] > 0.95
        assert course["train_loss"][-1] < 0.2 < course["train_loss"][0]


def test_nets_are_checked_so_often_and_after_the_last_step(compared):
    for net in compared["nets"].values():
        for course in net["seeds"].values():
            assert course["steps"] == [4, 8, 12, 16, 20, 24, 28, 30]
            assert len(course["losses"]) == 30
            assert len(course["train_loss"]) == len(course["valid_accuracy"]) == 8


def test_weights_beyond_the_embedding_are_counted(compared):
    counts = {net: each["beyond"] for net, each in compared["nets"].items()}
    filters = sum(8 * (DIMENSION * width + 1) for width in (3, 4, 5))
    assert counts["convolution"] == filters + 3 * 8 + 1
    assert counts[RNN] == 16 * (DIMENSION + 16 + 2) + 16 + 1


def test_a_recurrent_net_takes_the_steps_that_the_lab_s_own_training_takes(
    compared, features, lab, tmp_path
):
    training, where = lab.net(RNN), prepare(lab.published.training)
    net = untrained(RNN, training, 1, features)
    task = SentimentTask(RNN, 1, net, data.read(features), training, where)
    progress = fit(task, training, where, Checkpoint(tmp_path / "c", ""), keep_steps=True)
    expected = [float(f"{loss:.4g}") for epoch in progress.steps[:3] for loss in epoch]
    assert compared["nets"][RNN]["seeds"]["1"]["losses"] == expected


def test_a_loss_that_is_no_number_is_said_to_be_so(features, lab, explain):
    training = lab.published.training.model_copy(update={"learning_rate": 1e30})
    wild = lab.model_copy(
        update={"published": lab.published.model_copy(update={"training": training})}
    )
    with pytest.raises(LabError, match="convolution, seed 1: the loss is no longer a finite"):
        convolution.compare(explain.convolution, wild, features)


def test_a_net_trained_on_ends_learns_what_stands_in_them(features, lab):
    where, corpus = prepare(lab.published.training), data.read(features)
    rows = corpus.rows("test")
    labels = corpus.label[rows] == 1
    accuracy = {}
    for most in (BACK - 1, BACK):
        training = lab.net(RNN).model_copy(update={"max_tokens": most})
        net = cut.fitted(RNN, 1, training, corpus, features, where)
        ends = [corpus.sequence(row, most) for row in rows]
        accuracy[most] = (answered([net], ends, where) == labels).mean()
    assert accuracy[BACK - 1] < 0.7 < 0.9 < accuracy[BACK]
