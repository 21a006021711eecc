"""Tokens → ids → a training, on hand-made reviews and on a slice of the real corpus."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

import made
from places import MIRROR, ROOT, needs_mirror
from reviews import corpus, review
from rnnlab.corpora import imdb, split
from rnnlab.document.published import published
from rnnlab.document.results import Subset
from rnnlab.errors import LabError
from rnnlab.files import read_sealed, read_table, write_table
from rnnlab.labs.sentiment import baseline, embed, gather, section, summary
from rnnlab.labs.sentiment import data as features
from rnnlab.labs.sentiment import train as sentiment
from rnnlab.labs.sentiment import vectors as own
from rnnlab.labs.sentiment.facts import Facts, Stopping
from rnnlab.labs.sentiment.section import LSTMS
from rnnlab.labs.sentiment.settings import (
    BaselineSettings,
    ReviewVectors,
    SentimentSettings,
    Shape,
    Vectors,
    VocabularySettings,
)
from rnnlab.runs import files as runs
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.runs.history import Epoch
from rnnlab.settings.base import load
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training import machine
from rnnlab.training.loop import backward, fit


def test_ids_stand_for_the_tokens(tmp_path):
    reviews = [review(2, "a fine film"), review(1, "a film"), review(3, " <br /> ")]
    path = corpus(tmp_path, reviews, 1, 2)
    parts = {each.id: "train" for each in reviews}
    counts = features.count(path, parts, "train")
    assert counts == {"a": 2, "film": 2, "fine": 1}
    vocabulary = Vocabulary.count(counts, 10, 2)
    found = features.encode(path, parts, vocabulary)
    assert found.id.tolist() == sorted(each.id for each in reviews)
    words = [[vocabulary.words[i] for i in found.sequence(row)] for row in range(3)]
    assert words == [["a", "film"], ["a", "<unk>", "film"], ["<unk>"]]
    assert found.sequence(1, most=2).tolist() == found.sequence(1).tolist()[-2:]
    features.write(tmp_path / "features", found)
    vocabulary.write(tmp_path / "features" / features.WORDS)
    again = features.read(tmp_path / "features")
    assert np.array_equal(again.ids, found.ids)
    assert again.id.tolist() == found.id.tolist()
    del parts[reviews[0].id]
    with pytest.raises(LabError, match=f"the review {reviews[0].id} is in no part of the split"):
        features.encode(path, parts, vocabulary)


def test_own_vectors_know_training_and_unlabelled_reviews_alone(tmp_path):
    likes = "we saw a {} film and a {} plot".format
    train = [review(n, likes(word, word)) for n, word in enumerate(("good", "bad", "odd"))]
    held = [review(9, likes("odd", "good"), "test")]
    more = [review(n, likes("fine", "good"), "unsup") for n in range(20, 23)]
    Vocabulary(["<pad>", "<unk>", *sorted(set(likes("good", "bad").split())), "fine"]).write(
        tmp_path / features.WORDS
    )
    settings = ReviewVectors(dimension=5, window=2, length=3.0, seed=1)

    def made(name, others, tested):
        split = {"id": [each.id for each in (*train, *tested)]}
        split["part"] = ["train"] * len(train) + ["test"] * len(tested)
        write_table(tmp_path / f"{name}-split.parquet", pa.table(split))
        labelled = corpus(tmp_path, [*train, *tested], 1, 10 + len(tested))
        unlabelled = corpus(tmp_path, others, 1, 20)
        output = tmp_path / name
        own.build(
            labelled, unlabelled, tmp_path / f"{name}-split.parquet", tmp_path, output, settings
        )
        return features.read_vectors(output, 5, tmp_path)

    with_more, same, without = (
        made("more", more, held), made("same", more, []), made("none", [], held)
    )  # fmt: skip
    assert torch.equal(with_more, same)
    fine = -1
    assert with_more[fine].norm() == pytest.approx(3)
    assert not without[fine].any()


def test_a_bag_of_pairs_knows_what_a_bag_of_words_does_not(tmp_path):
    """What "not" stands before decides, so that single words tell less than pairs."""
    texts = {1: ("good , not a bore", "not bad"), 0: ("bad , not a joy", "not good")}
    reviews, parts = [], []
    for number in range(60):
        label = number % 2
        part = ("train", "train", "valid", "test")[number // 2 % 4]
        text = texts[label][number // 8 % 2]
        reviews.append(review(number, text)._replace(label=label))
        parts.append(part)
    path = corpus(tmp_path, reviews, 1, 20)
    split = tmp_path / "split.parquet"
    write_table(split, pa.table({"id": [each.id for each in reviews], "part": parts}))
    (tmp_path / "more").mkdir()
    more = corpus(tmp_path / "more", [review(n, texts[n % 2][0]) for n in (70, 71)], 1, 20)
    Vocabulary(["<pad>", "<unk>", "good", "bad"]).write(tmp_path / features.WORDS)
    settings = BaselineSettings(longest=2, min_count=2, strength=10.0, seed=1)
    taught = tmp_path / "taught.parquet"
    times = tmp_path / "times.json"
    baseline.build(path, more, split, tmp_path, tmp_path / "bags", taught, times, settings)
    found = read_sealed(tmp_path / "bags/scores.json")
    assert found["1-to-2-grams"]["test_accuracy"] == 1
    assert found["1-to-2-grams"]["parameters"] > found["1-grams"]["parameters"]
    table = read_table(tmp_path / "bags/predictions.parquet", ("id", "label", "1-grams"))
    right = (table["1-grams"].to_numpy() > 0.5) == (table["label"].to_numpy() == 1)
    assert right.mean() == found["1-grams"]["test_accuracy"]
    pupils = features.taught(taught, 4)
    assert pupils.sequence(1).tolist() == [2, 1, 1, 1, 1]  # good , not a bore
    assert pupils.label[0] < 0.1 < 0.9 < pupils.label[1]
    assert pupils.rows("train").tolist() == [0, 1]
    with pytest.raises(LabError, match=r"taught\.parquet is broken .*none of 2"):
        features.taught(taught, 2)
    none = corpus(tmp_path, [], 1, 1)
    with pytest.raises(LabError, match=rf"{none.name} holds no review; `dvc repro` makes it"):
        baseline.build(path, none, split, tmp_path, tmp_path / "bags", taught, times, settings)


def test_reviews_of_two_sources_are_joined():
    def some(ids, offsets, part, label):
        names = np.array([f"{part}-{n}" for n in range(len(label))])
        return features.Features(ids, offsets, names, np.full(len(label), part), label)

    one = some(np.array([2, 3, 4]), np.array([0, 1, 3]), "test", np.array([1, 0]))
    other = some(np.array([5, 6]), np.array([0, 2]), "train", np.array([0.25]))
    both = features.joined(one, other)
    assert [both.sequence(row).tolist() for row in range(3)] == [[2], [3, 4], [5, 6]]
    assert both.rows("train").tolist() == [2]
    assert both.label.tolist() == [1, 0, 0.25]


def test_a_missing_column_or_file_is_told_by_name(tmp_path):
    path = corpus(tmp_path, [review(1, "a film")], 1, 2)
    write_table(path, pq.read_table(path).drop_columns(["label"]))
    with pytest.raises(LabError, match="lacks the column 'label'"):
        features.count(path, {}, "train")
    with pytest.raises(LabError, match=r"nothing\.parquet is missing"):
        features.count(tmp_path / "nothing.parquet", {}, "train")
    (tmp_path / "broken.parquet").write_bytes(path.read_bytes()[:50])
    with pytest.raises(LabError, match=r"broken\.parquet is broken"):
        features.count(tmp_path / "broken.parquet", {}, "train")
    with pytest.raises(LabError, match=r"rows\.parquet is missing"):
        features.read(tmp_path)


@pytest.mark.parametrize(
    ("lines", "share"),
    [(["film 1 2", "the 3 4"], None), ([", 1 2", ". 3 4"], "20.0%"), (["xyzzy 1 2"], "0.0%")],
)
def test_vectors_of_other_words_are_refused(lines, share, tmp_path):
    """A corpus of 15 tokens in its training part, 3 of them punctuation."""
    reviews = [review(1, "The film, the plot, the end of the film of the year.")]
    path = corpus(tmp_path, reviews, 1, 2)
    parts = tmp_path / "split.parquet"
    write_table(parts, pa.table({"id": [reviews[0].id], "part": ["train"]}))
    (tmp_path / "glove").mkdir()
    (tmp_path / "glove/v.txt").write_text("\n".join(lines))

    def build(least: int = 1) -> None:
        counted = VocabularySettings(max_size=100, min_count=least)
        vectors = Vectors(dimensions=[100], unknown="normal", seed=1)
        embed.build(path, parts, {2: tmp_path / "glove"}, tmp_path / "features", counted, vectors)

    with pytest.raises(LabError, match=r"no word of .* occurs 9 times .* lower sentiment\.vocab"):
        build(least=9)
    if share is None:
        build()
    else:
        with pytest.raises(LabError, match=f"v.txt has vectors for {share} of the training"):
            build()
    assert features.vectors_file(tmp_path / "features", 2).exists() == (share is None)


def test_an_ensemble_takes_the_mean_of_its_seeds_probabilities(tmp_path):
    shares = {1: [0.9, 0.6, 0.1, 0.2], 2: [0.3, 0.2, 0.4, 0.9]}
    found = {}
    for seed, share in shares.items():
        folder = tmp_path / str(seed)
        run = runs.Run(
            lab="sentiment", net="gru", seed=seed, settings={}, data={}, fingerprint="f",
            environment={}, structure="", parameters=1, best_epoch=1, scores={},
        )  # fmt: skip
        table = pa.table({"id": list("abcd"), "label": [1, 0, 0, 0], "probability": share})
        runs.write(folder, run, torch.nn.Linear(1, 1), [], table)
        found[seed] = SimpleNamespace(folder=folder)
    together = gather.ensemble(found)  # 0.6, 0.4, 0.25, 0.55
    assert together.test_accuracy == 0.75
    losses = -np.log([0.6, 0.6, 0.75, 0.45])
    assert together.test_loss == pytest.approx(losses.mean())


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [([3, 2, 2, 4, 1], 2), ([3, 4, 2, 3, 3, 1], 3), ([3, 4, 5], 1), ([3, 2, 1, 0], 4)],
)
def test_the_epoch_that_patience_keeps_is_the_best_before_the_end(losses, epoch):
    assert gather.kept(losses, 2) == epoch
    assert losses[gather.kept(losses, None) - 1] == min(losses)


def test_trainings_without_patience_say_what_an_early_end_would_have_changed(tmp_path):
    ways = {  # validation losses, patience
        "rnn-1-1-100d": [([3, 4, 5, 6, 1, 2], None), ([3, 2, 1, 2, 3, 4], None)],
        "rnn-2-1-100d": [([3, 2, 3, 4, 5], 3)],
        "lstm-1-1-100d": [([3, 2, 1, 2, 3, 4], 3)],
    }
    nets = {}
    for net, trained in ways.items():
        for seed, (losses, patience) in enumerate(trained):
            epochs = [Epoch(number, 1, 0, each, 0, 1, 1) for number, each in enumerate(losses, 1)]
            run = runs.Run(
                lab="sentiment", net=net, seed=seed, settings={"epochs": 6, "patience": patience},
                data={}, fingerprint="f", environment={}, structure="", parameters=1,
                best_epoch=losses.index(min(losses)) + 1, scores={},
            )  # fmt: skip
            folder = tmp_path / net / str(seed)
            made = SimpleNamespace(folder=folder, run=runs.write(folder, run, None, epochs))
            nets.setdefault(net, {})[seed] = made
    training = load(SentimentSettings, "sentiment").published.training
    found = gather.stopping(nets, training.model_copy(update={"patience": 3}))
    assert found == {
        "rnn": Stopping(runs=3, ended=1, whole=2, moved=1),
        "lstm": Stopping(runs=1, ended=0, whole=0, moved=0),
    }


@needs_mirror
def test_a_slice_of_the_real_corpus_trains(tmp_path):
    archive = MIRROR / "aclImdb_v1.no-feat.tar.gz"
    numbered = enumerate(imdb.reviews(archive))
    reviews = [each for n, each in numbered if n % (100 if n < 25_000 else 25) == 0]
    path = corpus(tmp_path, reviews, 2, 100)
    table = split.reviews(path, 0.2, 1)
    parts = dict(zip(table["id"].to_pylist(), table["part"].to_pylist(), strict=True))
    vocabulary = Vocabulary.count(features.count(path, parts, "train"), 5000, 2)
    data = features.encode(path, parts, vocabulary)
    changes = {"hidden": 16, "batch": 32, "epochs": 2, "learning_rate": 0.01, "max_tokens": 60}
    training = load(
        SentimentSettings, "sentiment", ROOT / "params.yaml"
    ).published.training.model_copy(update=changes)
    where = machine.prepare(training)
    vectors = torch.randn(len(vocabulary), 100, generator=torch.Generator().manual_seed(1))
    net = sentiment.classifier(vectors, Shape.of("lstm-1-1-100d"), training, 1)
    task = sentiment.SentimentTask("lstm-1-1-100d", 1, net, data, training, where)
    progress = fit(task, training, where, Checkpoint(tmp_path / "c", "mark"))
    assert progress.history[1].train_loss < progress.history[0].train_loss < 0.72
    predictions = task.predict("test")
    assert predictions["id"].to_pylist() == sorted(name for name in parts if parts[name] == "test")
    assert task.padding() < 0.05
    # Two layers and two directions leave room for a quarter of the tokens, and take the same steps.
    few = training.model_copy(update={"max_step_states": 4000})
    deep = sentiment.SentimentTask("lstm-2-2-100d", 1, net, data, few, where)
    batches = deep.train_batches(1)
    assert all(map(np.array_equal, batches, task.train_batches(1)))
    cut = [deep.pieces(batch) for batch in batches]
    sizes = [(len(rows), data.lengths(rows).clip(max=60).max()) for each in cut for rows in each]
    assert all(rows == 1 or rows * longest <= 1000 for rows, longest in sizes)
    assert any(len(each) > 1 for each in cut)
    # A step's gradient is the batch's, in however many pieces it is taken.
    gradients = []
    for each in (deep, dataclasses.replace(deep, training=training)):
        net.zero_grad()
        backward(each, batches[0], where)
        gradients.append(torch.cat([weight.grad.flatten() for weight in net.parameters()]))
    assert torch.allclose(*gradients, rtol=1e-3, atol=2e-5 if where.precision == "fp32" else 2e-3)


def test_gaps_of_opposite_signs_do_not_cancel():
    theirs = {"rnn-1-1-100d": 77.0, "rnn-2-1-100d": 78.0, "lstm-1-1-100d": 86.0}
    reached = {"rnn-1-1-100d": 0.79, "rnn-2-1-100d": 0.81, "lstm-1-1-100d": 0.82, "gru-1-1-6d": 0.9}
    nets = {net: made.net(test_accuracy={1: each}) for net, each in reached.items()}
    found = summary._apart(nets, theirs)
    assert (found["nets"], found["points"]) == (3, "3.00")
    assert found["cells"].en == "RNN +2.50, LSTM −4.00"
    assert summary._apart(nets, {}) is None


def test_every_figure_published_elsewhere_has_words():
    assert set(LSTMS) == set(published("sentiment")["elsewhere"])


@pytest.mark.parametrize("part", [None, Subset(words=40_000, of=400_000)])
def test_a_grid_tells_what_share_a_subset_of_the_vectors_covers(part):
    shape = "lstm-1-1-100d"
    scores = made.net(test_accuracy={1: 0.9}, valid_accuracy={1: 0.9}, train_seconds={1: 1.0})
    least = made.least(Facts)
    coverage = least.coverage["a"].model_copy(update={"tokens_share": 0.975})
    some = {"parts": dict.fromkeys(("train", "valid", "test"), 1), "structures": {"published": {}}}
    some["training"] = dict.fromkeys(section.REGIMES, least.training["a"])
    own = least.model_copy(update={"coverage": {"100d": coverage}, **some})
    nets = {shape: scores, "gru-1-1-300d": scores}
    regimes = {"published": nets, "ours": {}, "baseline": {"1-grams": scores}}
    found = made.results({"sentiment": regimes}, {}, sentiment=own)
    file = found.data["imdb"].model_copy(update={"subset": part})
    found = found.model_copy(update={"data": {"glove.6B.100d": file}})
    bar = section.versus(regimes)
    told = section._values(found, [100, 300], bar)["grids"]
    assert told[100] == {"part": "grid_100d", "covered": "97.5" if part else None, "gru": False}
    assert told[300]["gru"]
