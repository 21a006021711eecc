"""The names lab: folding, counting, splitting, the nets, both regimes, the sweep, the command."""

import contextlib
import json
import re
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import made
from places import MIRROR, needs_mirror
from rnnlab.claims.significance import paired
from rnnlab.corpora import names as corpus
from rnnlab.corpora.folding import SYMBOLS, fold
from rnnlab.corpora.names import Line
from rnnlab.document.parts import figure_file
from rnnlab.document.results import DatasetOrigin, Results, StageTimes
from rnnlab.document.text import tell
from rnnlab.errors import LabError
from rnnlab.files import write_sealed
from rnnlab.labs.names import baseline, figures, gather, letters, live, predict, summary
from rnnlab.labs.names import train as lab
from rnnlab.labs.names.facts import Facts, Tried
from rnnlab.labs.names.section import _epochs, most_accurate, section, versus
from rnnlab.labs.names.settings import DIVERGED, PRINTED, NamesSettings
from rnnlab.nets.namer import build
from rnnlab.report import evaluate, render
from rnnlab.report.evaluate import histories
from rnnlab.runs import baselines
from rnnlab.runs.catalogue import collect, summaries
from rnnlab.runs.files import read_history, read_run
from rnnlab.runs.predictions import read_predictions
from rnnlab.runs.scores import spread
from rnnlab.settings.base import check
from rnnlab.training.batches import pad
from rnnlab.training.experiment import Places
from surnames import surnames

STRUCTURES = ["tutorial-rnn", "lstm", "peephole-lstm", "gru", "bilstm"]
RATE = dict.fromkeys(STRUCTURES, 0.01)
MACHINE = {"device": "cpu", "precision": "fp32", "threads": 1}
SETTINGS = {
    "split": {"valid_fraction": 0.1, "test_fraction": 0.1, "seed": 1},
    "nets": {structure: {"hidden": 8} for structure in STRUCTURES},
    "published": {
        "training": {"steps": 60, "block": 20, "clip_norm": None, **MACHINE},
        "learning_rate": RATE,
        "alone": {"nets": ["lstm", "gru"], "seeds": [1]},
        "side_by_side": {"nets": ["tutorial-rnn", "peephole-lstm"], "seeds": [1, 2], "at_once": 3},
    },
    "batched": {
        "training": {"batch": 16, "clip_norm": 1.0, "last_learning_rate": 1.0, **MACHINE},
        "epochs": dict.fromkeys(STRUCTURES, 3),
        "learning_rate": RATE,
        "seeds": [1, 2],
    },
    "sweep": {
        "learning_rates": {key: [0.02, 1e6] for key in ("tutorial-rnn", "lstm", "peephole-lstm")},
        "hidden": {"sizes": [4, 12], "seeds": [1]},
    },
    "baseline": {"longest": 3, "strengths": [1.0, 10.0]},
}


@pytest.fixture(autouse=True, scope="module")
def _untracked():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "untracked://")
        yield


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings_() -> NamesSettings:
    return check(NamesSettings, SETTINGS, "names")


@pytest.fixture
def split_file(tmp_path) -> Path:
    return surnames(tmp_path / "names.parquet")


def places(folder: Path) -> Places:
    return Places(folder / "run", folder / "timing.json", folder / "checkpoint.safetensors")


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"data/names/{name}.txt", content)
    return path


# --- the corpus -------------------------------------------------------------------------------


def test_there_are_57_symbols():
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 57


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ślusàrski", "Slusarski"),
        ("O'Néàl", "O'Neal"),
        ("Béringer ", "Beringer"),
        ("Abl-Ulla", "AblUlla"),
        ("Groß", "Gro"),
        ("Łukasz", "ukasz"),
        ("de la Cruz", "de la Cruz"),
    ],
)
def test_folding_strips_accents_and_drops_the_rest(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize("name", ["", "  ", "王", "Иванов", "123", "-", "...", "\0"])
def test_a_name_with_nothing_left_is_refused_in_one_sentence(name):
    with pytest.raises(LabError, match=r"has no Latin letter; write it with the letters A to Z\.$"):
        fold(name)


@given(st.text())
def test_folding_gives_symbols_or_a_lab_error(text):
    try:
        folded = fold(text)
    except LabError:
        return
    assert folded
    assert set(folded) <= set(SYMBOLS)
    assert fold(folded) == folded


def test_empty_lines_are_passed_over(tmp_path):
    path = write_zip(tmp_path / "names.zip", {"Irish": b"Adam\n\n \nAhearn", "Dutch": b"Aalst\r\n"})
    lines = corpus.read(path)
    assert lines == [Line("Irish", "Adam"), Line("Irish", "Ahearn"), Line("Dutch", "Aalst")]


def test_a_line_in_another_script_is_named(tmp_path):
    path = write_zip(tmp_path / "names.zip", {"Irish": b"Adam", "Greek": "Adam\nΝίκος".encode()})
    with pytest.raises(LabError, match=r"Greek\.txt, line 2: .*no Latin letter"):
        corpus.read(path)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({}, "holds surnames of no language, not of two or more"),
        ({"Irish": b"Adam\n"}, "holds surnames of Irish alone, not of two or more"),
        ({"Irish": b"Adam", "Dutch": b" \n\n"}, r"data/names/Dutch\.txt holds no surname"),
        ({"Irish": b"Adam", "../names/Irish": b"Ahearn"}, "unsafe name"),
        ({"Irish": b"Adam", "names/Irish": b"Ahearn"}, "holds two lists of Irish"),
        (
            {"Irish": b"A" * 201, "Dutch": b"Aalst"},
            r"Irish\.txt, line 1: 201 symbols are no surname",
        ),
    ],
)
def test_an_archive_that_lacks_surnames_is_refused(tmp_path, files, complaint):
    with pytest.raises(LabError, match=rf"names\.zip.* ?{complaint}"):
        corpus.read(write_zip(tmp_path / "names.zip", files))


def test_too_few_surnames_to_be_divided_are_told_with_the_file(tmp_path):
    path = write_zip(tmp_path / "names.zip", {"Irish": b"Adam\n" * 9, "Dutch": b"Aalst\nBakker\n"})
    complaint = (
        r"names\.zip: it is too small .* 3 rows of 2 labels, only 1 of 'Irish'; use a larger"
    )
    with pytest.raises(LabError, match=complaint):
        corpus.write(path, tmp_path / "names.parquet", tmp_path / "counts.json", 0.1, 0.1, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["names.zip"]


PLAIN = {"Irish": b"Adam\nAhearn\nBroe\nCahill\n", "Dutch": b"Aalst\nBakker\nBos\nDekker\n"}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.just("Irish") | st.from_regex(r"[\w/]{1,5}", fullmatch=True),
    more=st.binary(max_size=40)
    | st.lists(st.text("abcé ß'-\r王", max_size=9), max_size=6).map("\n".join).map(encoded)
    | st.lists(st.text(max_size=9)).map("\n".join).map(encoded),
)
def test_whatever_else_is_in_the_lists_rows_or_a_lab_error_come_out(tmp_path, name, more):
    def divided(lists):
        path = write_zip(tmp_path / "names.zip", lists)
        corpus.write(path, tmp_path / "names.parquet", tmp_path / "counts.json", 0.25, 0.25, 1)
        return pq.read_table(tmp_path / "names.parquet").to_pylist()

    plain = divided(PLAIN)
    assert len(plain) == 8
    with contextlib.suppress(LabError):
        rows = divided({**PLAIN, name: PLAIN.get(name, b"") + more})
        assert {row["part"] for row in rows} == {"train", "valid", "test"}
        known = {(row["language"], row["name"]) for row in rows}
        assert known >= {(row["language"], row["name"]) for row in plain}


def test_a_list_that_is_not_utf8_is_refused(tmp_path):
    path = write_zip(tmp_path / "names.zip", {"Irish": b"Adam\xff", "Dutch": b"Aalst"})
    with pytest.raises(LabError, match=r"Irish\.txt is not UTF-8"):
        corpus.read(path)


languages = st.sampled_from(["Czech", "German"])
written = st.sampled_from(["Nagel", "Näğel", "Kafka", "Adler", "Blau", "Haas", "Ede", "Fux"])


@given(st.lists(st.builds(Line, languages, written), max_size=40), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_no_name_is_validated_that_was_trained_with_the_same_label(more, seed):
    lines = [Line(each, name) for each in ("Czech", "German") for name in ("A", "B", "C", "D", "E")]
    rows = corpus.split([*lines, *more], 0.2, 0.2, seed).to_pylist()
    pairs = {
        part: {(row["language"], row["name"]) for row in rows if row["part"] == part}
        for part in ("train", "valid", "test")
    }
    assert len(set.union(*pairs.values())) == sum(map(len, pairs.values())) == len(rows)
    assert sum(row["copies"] for row in rows) == len(lines) + len(more)
    for part in pairs.values():
        assert {language for language, _ in part} == {"Czech", "German"}


def test_the_split_depends_on_the_seed_and_not_on_the_order():
    lines = [Line(each, 3 * letter) for each in ("Czech", "German") for letter in SYMBOLS[:26]]
    one = corpus.split(lines, 0.2, 0.2, 1)
    assert one.equals(corpus.split(lines[::-1], 0.2, 0.2, 1))
    assert not one.equals(corpus.split(lines, 0.2, 0.2, 2))


def test_counts_on_a_handful():
    lines = [Line("Czech", name) for name in ("Nagel", "Nägel", "Haas", "Kafka", "Blau", "Ede")]
    lines += [Line("German", name) for name in ("Nagel", "Haas", "Weiß", "Adler", "Fux")]
    table = corpus.split(lines, 0.2, 0.2, 1)
    counts = corpus.count(lines, table, 0.4, 1)
    assert (counts["lines"], counts["pairs"], counts["duplicate_lines"]) == (11, 10, 1)
    assert (counts["names"], counts["homonyms"], counts["homonym_pairs"]) == (8, 2, 4)
    assert counts["best_accuracy"] == pytest.approx(8 / 10)
    assert counts["lost_symbols"] == {"ß": 1}
    assert counts["languages"]["Czech"]["lines"] == 6
    json.dumps(counts)


@needs_mirror
def test_the_real_lists():
    lines = corpus.read(MIRROR / "names.zip")
    table = corpus.split(lines, 0.1, 0.1, 2077)
    counts = corpus.count(lines, table, 0.2, 2077)
    assert len(counts["languages"]) == 18
    assert counts["languages"]["Arabic"] == {
        **{"lines": 2000, "pairs": 108},
        **{"train": 87, "valid": 11, "test": 10},
    }
    assert counts["leak"]["with_a_twin"] > 300
    for part, share in (("valid", 0.1), ("test", 0.1), ("held_out", 0.2)):
        assert counts[part]["pairs"] == pytest.approx(share * counts["pairs"], abs=1)
        assert 0.9 < counts["best_accuracy"] < counts[part]["best_accuracy"] < 1


# --- the nets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("structure", "lines"),
    [
        (
            "tutorial-rnn",
            [
                "(i2h): Linear(in_features=185, out_features=128, bias=True)",
                "(i2o): Linear(in_features=185, out_features=18, bias=True)",
                "(softmax): LogSoftmax(dim=1)",
            ],
        ),
        (
            "lstm",
            [
                "LSTM(57, 128, num_layers=2)",
                "(linear): Linear(in_features=128, out_features=18, bias=True)",
                "(softmax): LogSoftmax(dim=1)",
            ],
        ),
        ("gru", ["GRU(57, 128, num_layers=2)"]),
    ],
)
def test_structures_print_as_published(structure, lines):
    printed = str(build(structure, 57, 128, 18))
    assert all(line in printed for line in lines)
    assert len(printed.splitlines()) == 5


def test_the_peephole_net_has_a_map_per_gate_and_source():
    printed = str(build("peephole-lstm", 57, 32, 18))
    assert printed.count("Linear(in_features=57, out_features=32") == 4
    assert printed.count("Linear(in_features=32, out_features=32") == 7


def test_tutorial_rnn_is_the_tutorials():
    torch.manual_seed(1)
    net = build("tutorial-rnn", 57, 128, 18)
    ids = torch.tensor([[5], [0], [56], [30]])
    hidden = torch.zeros(1, 128)
    for symbol in ids:
        combined = torch.cat([torch.eye(57)[symbol], hidden], 1)
        hidden = net.i2h(combined)
        output = torch.log_softmax(net.i2o(combined), 1)
    torch.testing.assert_close(net(ids, torch.tensor([4])), output)


@pytest.mark.parametrize("structure", STRUCTURES)
@given(st.lists(st.lists(st.integers(0, 56), min_size=1, max_size=12), min_size=1, max_size=6))
@settings(max_examples=6, deadline=None)
def test_a_name_gets_the_same_alone_and_in_a_batch(structure, names):
    torch.manual_seed(3)
    net = build(structure, 57, 16, 5)
    arrays = [np.array(name, dtype=np.int64) for name in names]
    together = net(*pad(arrays))
    alone = torch.cat([net(*pad([each])) for each in arrays])
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(together.exp().sum(1), torch.ones(len(names)))
    gradients = []
    for outputs in (together, alone):
        net.zero_grad(set_to_none=False)
        outputs.square().sum().backward()
        gradients.append(
            [torch.zeros_like(w) if w.grad is None else w.grad.clone() for w in net.parameters()]
        )
    torch.testing.assert_close(*gradients, atol=1e-4, rtol=1e-4)


# --- training ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tutorial-rnn-as-published", "peephole-lstm"])
def test_a_seed_gives_the_same_bits_twice(name, settings_, split_file, tmp_path):
    for number in (1, 2):
        lab.train(name, 1, settings_.net(name), split_file, places(tmp_path / str(number)))
    for file in ("model.safetensors", "history.csv", "run.json", "predictions.parquet"):
        one, two = ((tmp_path / str(number) / "run" / file).read_bytes() for number in (1, 2))
        assert one == two, file


@pytest.mark.parametrize("structure", STRUCTURES)
def test_both_regimes_start_from_the_same_weights(structure, settings_):
    batched, published = settings_.net(structure), settings_.net(f"{structure}-as-published")
    one, two = (lab.untrained(each, 18, 7).state_dict() for each in (batched, published))
    assert all(torch.equal(one[key], two[key]) for key in one)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_it_learns_endings(structure, settings_, split_file, tmp_path):
    training = settings_.net(structure).model_copy(update={"epochs": 25, "learning_rate": 0.03})
    run = lab.train(structure, 1, training, split_file, places(tmp_path))
    assert run.scores["valid_accuracy"] > 0.85
    assert run.settings["languages"] == ["Greek", "Italian", "Russian"]
    right = read_predictions(tmp_path / "run").right
    assert right.mean() == pytest.approx(run.scores["valid_accuracy"])


def test_published_history_has_a_row_a_block(settings_, split_file, tmp_path):
    name = "lstm-as-published"
    lab.train(name, 1, settings_.net(name), split_file, places(tmp_path))
    assert len(read_history(tmp_path / "run")) == 3


def test_published_draws_languages_evenly():
    label = np.array([0] * 90 + [1] * 10)
    rows = np.flatnonzero(np.arange(100) % 2 == 0)
    drawn = np.concatenate(lab.one_by_one(rows, label, 4000, np.random.default_rng(1)))
    assert set(drawn) == set(rows)
    assert np.mean(label[drawn]) == pytest.approx(0.5, abs=0.05)


def test_a_sweep_keeps_what_diverged(settings_, split_file, tmp_path):
    roots = lab.Roots(*(tmp_path / each for each in ("models", "times", "checkpoints")))
    for rate in (0.02, 1e6):
        lab.train_asked([settings_.swept("lstm", rate, 1)], 1, split_file, roots)
    sweep = tmp_path / "models/names-sweep/lstm"
    assert read_run(sweep / "rate-0.02/seed-1").settings["learning_rate"] == 0.02
    assert len(read_history(sweep / "rate-0.02/seed-1")) == 3
    assert not (sweep / "rate-0.02/seed-1/model.safetensors").exists()
    assert [path.name for path in (sweep / "rate-1e+06/seed-1").iterdir()] == [DIVERGED]
    assert not list((tmp_path / "checkpoints").rglob("*.safetensors"))


def test_small_nets_are_trained_side_by_side_in_groups_of_one_size(settings_, split_file, tmp_path):
    roots = lab.Roots(*(tmp_path / each for each in ("models", "times", "checkpoints")))
    for asked in (settings_.side_by_side("tutorial-rnn"), settings_.sized()):
        lab.train_asked(asked, 3, split_file, roots)
    rates = tmp_path / "models/names-sweep/tutorial-rnn"
    own = tmp_path / "models/names/tutorial-rnn-as-published/seed-1"
    kept = [(each / "model.safetensors").exists() for each in (own, rates / "rate-0.02/seed-1")]
    assert kept == [True, False]
    beside = read_run(rates / "rate-0.02/seed-1").settings["side_by_side"]
    assert beside == ["seed 1, rate 0.01", "seed 2, rate 0.01", "seed 1, rate 0.02"]
    assert (rates / "rate-1e+06/seed-2" / DIVERGED).exists()
    sizes = [tmp_path / f"models/names-hidden/hidden-{size}/seed-1" for size in (4, 12)]
    assert [read_run(each).settings["hidden"] for each in sizes] == [4, 12]


def test_that_a_run_of_the_published_regime_diverges_is_trouble(split_file, tmp_path):
    rates = RATE | {"tutorial-rnn": 1e6}
    published = SETTINGS["published"] | {"learning_rate": rates}
    sweep = {**SETTINGS["sweep"]["learning_rates"], "tutorial-rnn": [0.01]}
    chosen = SETTINGS | {
        "published": published,
        "sweep": SETTINGS["sweep"] | {"learning_rates": sweep},
    }
    roots = lab.Roots(*(tmp_path / each for each in ("models", "times", "checkpoints")))
    asked = check(NamesSettings, chosen, "names").side_by_side("tutorial-rnn")
    with pytest.raises(LabError, match="the loss"):
        lab.train_asked(asked, 9, split_file, roots)


def test_batched_nets_are_tested_on_names_that_chose_nothing(settings_, split_file, tmp_path):
    names = pq.read_table(split_file).to_pylist()
    ids = {part: [row["id"] for row in names if row["part"] == part] for part in ("valid", "test")}
    for net, held_out in (
        ("lstm", ids["test"]),
        ("lstm-as-published", sorted([*ids["valid"], *ids["test"]])),
    ):
        run = lab.train(net, 1, settings_.net(net), split_file, places(tmp_path / net))
        told = read_predictions(tmp_path / net / "run")
        assert told.id.tolist() == held_out
        part = "test" if net == "lstm" else "valid"
        assert run.scores[f"{part}_accuracy"] == pytest.approx(told.right.mean())
        assert ("test_accuracy" in run.scores) == (net == "lstm")


@pytest.mark.parametrize("structure", PRINTED)
def test_slips_of_the_print(structure):
    """Each is the corrected net with its slip, in the cell's own formulas."""
    torch.manual_seed(1)
    net = build(structure, 57, 8, 5)
    ids = torch.tensor([[5, 1], [0, 2], [56, 0], [30, 0]])
    lengths = torch.tensor([4, 2])
    found = []
    for name, length in enumerate(lengths.tolist()):
        steps = ids[:length, name]
        if structure != "peephole-tanh-twice":
            steps = steps[-1:]
        h, c = net.cell.start(torch.eye(57)[:1])
        for symbol in steps:
            h, c = net.cell(torch.eye(57)[symbol][None], (h, c))
            if structure != "peephole-last-letter":
                h = h * torch.tanh(c)
        found.append(torch.log_softmax(net.linear(h), 1))
    expected, output = torch.cat(found), net(ids, lengths)
    torch.testing.assert_close(output, expected)
    ours, theirs = (
        torch.autograd.grad(each.square().sum(), list(net.parameters()), materialize_grads=True)
        for each in (output, expected)
    )
    torch.testing.assert_close(ours, theirs)


def test_slips_start_from_the_weights_of_the_corrected_net(settings_):
    asked = [each.training for each in settings_.printed() if each.seed == 2]
    assert [each.structure for each in asked] == list(PRINTED)
    right = lab.untrained(settings_.net("peephole-lstm-as-published"), 5, 2).state_dict()
    for each in asked:
        weights = lab.untrained(each, 5, 2).state_dict()
        assert all(torch.equal(weights[key], right[key]) for key in right)


def test_the_baseline_is_chosen_by_validation(split_file, settings_, tmp_path):
    for number in (1, 2):
        place, time = tmp_path / str(number), tmp_path / f"{number}.json"
        baseline.build(split_file, place, time, settings_.baseline)
    one, two = (tmp_path / each / "scores.json" for each in "12")
    assert one.read_bytes() == two.read_bytes()
    found = baselines.read(one, tmp_path / "1.json", "names-baseline")["n-grams"]
    assert found.runs == {0: "names-baseline"}
    assert found["strength"].mean in settings_.baseline.strengths
    assert found["valid_accuracy"].mean > 0.9
    assert found["test_accuracy"].mean > 0.9


def test_settings_say_what_is_wrong(settings_):
    with pytest.raises(LabError, match=r"names\.nets has no 'elman'"):
        settings_.net("elman")

    def wrong(sentence, section, **changes):
        with pytest.raises(LabError, match=sentence):
            check(NamesSettings, SETTINGS | {section: SETTINGS[section] | changes}, "names")

    training = SETTINGS["published"]["training"] | {"block": 25}
    wrong(r"published\.training: steps must be a multiple of block", "published", training=training)
    wrong(
        "batched.learning_rate needs a rate for tutorial-rnn",
        "batched",
        learning_rate={"lstm": 0.1},
    )
    wrong("batched.epochs needs a number for tutorial-rnn", "batched", epochs={"lstm": 1})
    wrong(
        "sweep.learning_rates needs rates for lstm", "sweep", learning_rates={"tutorial-rnn": [1.0]}
    )
    rates = SETTINGS["sweep"]["learning_rates"] | {"lstm": [0.02, 0.01]}
    wrong("sweep.learning_rates.lstm has a value twice, or that", "sweep", learning_rates=rates)
    wrong("sweep.hidden.sizes has a value twice", "sweep", hidden={"sizes": [8], "seeds": [1]})
    wrong("leave nothing to train on", "split", valid_fraction=0.9)


# --- what the report says ---------------------------------------------------------------------


def test_paired_differences_of_five_seeds():
    first = {seed: 0.8 + seed / 100 for seed in range(5)}
    second = {seed: 0.7 + seed / 50 for seed in range(5)}
    pair = paired(first, second)
    assert pair.mean == pytest.approx(0.08)
    assert pair.wins == 5
    assert pair.sign_p == pair.wilcoxon_p == pytest.approx(1 / 32)
    assert pair.t_p < 0.001
    assert pair.interval[0] < 0.08 < pair.interval[1]
    assert paired(second, first).sign_p == 1


@pytest.mark.parametrize("values", [{1: 0.5}, {1: 0.5, 2: 0.6}])
def test_paired_differences_that_prove_nothing(values):
    pair = paired(values, values)
    assert (pair.mean, pair.interval, pair.t_p, pair.wilcoxon_p) == (0, None, None, None)
    assert pair.sign_p == 1


@pytest.fixture(scope="module")
def whole_lab(tmp_path_factory):
    """Three nets, both regimes, all seeds, the sweeps, the baseline: (runs, places, settings)."""
    folder = tmp_path_factory.mktemp("whole")
    split_file = surnames(folder / "names.parquet")
    nets = {net: {"hidden": 6} for net in ("tutorial-rnn", "lstm", "peephole-lstm")}
    alone = {"nets": ["lstm"], "seeds": [1]}
    published = SETTINGS["published"] | {"alone": alone}
    chosen = check(NamesSettings, SETTINGS | {"nets": nets, "published": published}, "names")
    roots = lab.Roots(*(folder / each for each in ("models", "timings", "checkpoints")))
    alone = [chosen.swept("lstm", rate, 1) for rate in chosen.sweep.learning_rates["lstm"]]
    lab.train_asked(alone, 1, split_file, roots)
    asked = [*chosen.sized(), *chosen.printed()]
    for net in ("tutorial-rnn", "peephole-lstm"):
        asked += chosen.side_by_side(net)
    lab.train_asked(asked, 8, split_file, roots)
    for each in chosen.runs():
        if "side-by-side" not in each.stage:
            net = Path(each.folder).parent.name
            place = roots.places(f"names/{each.folder}")
            lab.train(net, each.seed, chosen.net(net), split_file, place)
    lines = [Line(row["language"], row["name"]) for row in pq.read_table(split_file).to_pylist()]
    counts = corpus.count(lines, pq.read_table(split_file), 0.5, 1)
    write_sealed(folder / "counts.json", counts)
    baseline.build(split_file, folder / "base", folder / "base.json", chosen.baseline)
    places = {"counts": folder / "counts.json", "models": roots.models}
    runs = collect(roots.models / "names", roots.timings / "names", chosen.runs())
    return runs, places, chosen


def gathered(runs, places, chosen) -> Facts:
    """As evaluate writes them and report reads them."""
    found = gather.gather({"names": runs}, places, SimpleNamespace(names=chosen))
    return Facts.model_validate_json(json.dumps(found.model_dump(mode="json"), allow_nan=False))


def test_the_section_is_drawn_and_rendered(whole_lab, tmp_path):
    runs, places, _ = whole_lab
    facts, nets = gathered(*whole_lab), summaries(runs)
    base = places["models"].parent / "base"
    nets["baseline"] = baselines.read(
        base / "scores.json", base.with_suffix(".json"), "names-baseline"
    )
    live.keep(runs, nets, tmp_path / "nets")
    tried = facts.sweeps["lstm/learning_rate"]
    assert list(tried) == [0.01, 0.02, 1e6]
    assert tried[1e6].accuracy is None
    assert tried[1e6].diverged == [1]
    assert tried[0.01].accuracy == nets["published"]["lstm"]["valid_accuracy"]
    assert list(facts.sweeps["peephole-lstm/hidden"]) == [4, 6, 12]
    assert np.sum(facts.confusion["ours"]["lstm"]) == 2 * facts.counts.test.pairs
    for net, rows in facts.confused.items():
        matrix = np.array(facts.confusion["ours"][net])
        for row in rows:
            actual, predicted = (facts.classes.index(each) for each in (row.actual, row.predicted))
            assert actual != predicted
            assert row.names == matrix[actual, predicted] / 2 > 0
            assert row.of == matrix[actual].sum() / 2
        assert [row.names for row in rows] == sorted((row.names for row in rows), reverse=True)
    assert np.sum(facts.confusion["published"]["tutorial-rnn"]) == 2 * facts.counts.held_out.pairs
    for kind, comparable in (("official", True), ("generated", False)):
        results = Results(
            nets={"names": nets},
            claims={},
            facts={"names": facts},
            data={"names": DatasetOrigin.model_construct(kind=kind)},
            environments=[],
            stages=StageTimes(kinds={}, core_seconds=0, wall_seconds=0),
        )
        for language in ("en", "zh"):
            say = partial(tell, language=language)
            drawn = dict(figures.draw(results, histories({"names": runs}), say))
            drawn |= letters.draw(results, tmp_path / "nets", say)
            text = render.section("labs/names/section", section(results), language)
            text += render.section("labs/names/appendix", section(results), language)
            text += render.fill("labs/names/summary", summary.values(results), language)
            assert "nan" not in text.lower().replace("names", "")
            shown = re.findall(r"\(figures/(.*?)\)", text)
            assert len(shown) == len(set(shown)) == 7
            assert {figure_file(name, language) for name in drawn} == set(shown)
            assert ({"en": "2 min 25 s", "zh": "2 分 25 秒"}[language] in text) == comparable
            assert {"en": "lstm: 1; ", "zh": "lstm：1；"}[language] in text


def test_of_all_values_tried_validation_chooses_the_one_with_the_best_mean():
    ways = {  # accuracy by seed; seeds that diverged
        "tutorial-rnn/learning_rate": {0.005: ({1: 0.70, 2: 0.60}, []), 0.01: ({1: 0.69}, [2])},
        "peephole-lstm/hidden": {32: ({1: 0.60, 2: 0.62}, []), 64: ({1: 0.67, 2: 0.66}, [])},
        "lstm/learning_rate": {0.08: ({}, [1, 2])},
    }
    sweeps = {
        name: {
            value: Tried(accuracy=spread(found) if found else None, loss=None, diverged=gone)
            for value, (found, gone) in values.items()
        }
        for name, values in ways.items()
    }
    found = made.least(Facts).model_copy(update={"sweeps": sweeps})
    best = most_accurate(found)
    assert best["name"].en == "peephole-lstm (hidden size 64)"
    assert best["accuracy"] == "66.50 ± 0.71"
    nothing = found.model_copy(update={"sweeps": {}})
    assert most_accurate(nothing) is None


def test_the_judge_gets_what_was_right(whole_lab):
    runs, places, chosen = whole_lab
    accuracy = runs["ours"]["lstm"][2].run.scores["test_accuracy"]
    assert np.mean(evaluate.hits(runs)["ours"]["lstm"][2]) == pytest.approx(accuracy)
    swept = gather.sweep_scores(gathered(runs, places, chosen))
    assert list(swept) == [
        "tutorial-rnn/learning_rate",
        "lstm/learning_rate",
        "peephole-lstm/learning_rate",
        "peephole-lstm/hidden",
    ]
    own = runs["published"]["peephole-lstm"][2].run.scores
    reached = own["valid_accuracy"], own["valid_loss"]
    assert swept["peephole-lstm/learning_rate"][0.01][2] == reached
    assert swept["peephole-lstm/hidden"][6][2] == reached
    assert swept["lstm/learning_rate"][1e6] == {1: (None, None)}


def test_missing_counts_are_named(settings_, tmp_path):
    with pytest.raises(LabError, match=r"counts\.json is missing; run"):
        gathered({}, {"counts": tmp_path / "counts.json"}, settings_)


def test_a_missing_run_of_a_sweep_is_not_taken_for_a_diverged_one(settings_, tmp_path):
    with pytest.raises(LabError, match=r"tutorial-rnn-as-published/seed-1\S* is missing; run"):
        gather.sweeps(tmp_path, settings_)


# --- the command ------------------------------------------------------------------------------


def test_classify_gives_the_likeliest_first(settings_, split_file, tmp_path):
    training = settings_.net("lstm").model_copy(update={"epochs": 25, "learning_rate": 0.03})
    lab.train("lstm", 1, training, split_file, places(tmp_path))
    linguist = predict.Linguist(tmp_path / "run")
    guesses = linguist.guesses("Pátrakis")
    assert guesses[0].language == "Greek"
    assert len(guesses) == 3
    assert sum(guess.probability for guess in guesses) == pytest.approx(1)
    assert guesses == sorted(guesses, key=lambda guess: -guess.probability)
    rows = predict.answer(tmp_path / "run", tmp_path)(["Pátrakis", "Dolov"])
    assert rows[0] == guesses[0]._asdict()
    assert [row["language"] for row in rows] == ["Greek", "Russian"]
    for name, sentence in (("王", "no Latin letter"), ("", "no Latin letter"), ("a" * 101, "101")):
        with pytest.raises(LabError, match=sentence):
            linguist.guesses(name)


def test_a_run_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(LabError, match=r"run\.json is missing"):
        predict.Linguist(tmp_path / "run")


@pytest.mark.parametrize(
    ("by_net", "en", "zh"),
    [
        ({"lstm": 10, "gru": 10}, "10 epochs", "10 轮"),
        ({"lstm": 10, "gru": 10, "bilstm": 16}, "10 epochs (bilstm 16)", "10 轮（bilstm 16 轮）"),
    ],
)
def test_epochs_are_told_once_and_those_of_other_nets_by_name(by_net, en, zh):
    assert _epochs(by_net) == (en, zh)


def test_what_is_no_net_is_held_against_each_seed_of_the_net_that_validation_chooses():
    bag = made.net(test_accuracy={1: 0.8}, train_seconds={1: 1.0}, strength={1: 1.0})
    found = made.net(test_accuracy={1: 0.79, 2: 0.81, 3: 0.76}, valid_accuracy={1: 0.9})
    told = versus({"baseline": {"n-grams": bag}, "ours": {"lstm": found}, "published": {}}, 100)
    assert (told["ahead"], told["better_seeds"], told["seeds"]) == (True, 1, 3)
    assert told["error"] == "4.0"  # √(0.8 · 0.2 / 100)
