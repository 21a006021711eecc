"""The names lab: folding, counting, splitting, the nets, both regimes, the sweep, the command."""

import contextlib
import json
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from places import MIRROR
from rnnlab.claims.significance import on_names, paired
from rnnlab.corpora import names as corpus
from rnnlab.corpora.folding import SYMBOLS, fold
from rnnlab.corpora.names import Line
from rnnlab.document.results import DatasetOrigin, Results, StageTimes
from rnnlab.errors import LabError
from rnnlab.files import write_sealed, write_table
from rnnlab.labs.names import figures, gather, predict
from rnnlab.labs.names import train as lab
from rnnlab.labs.names.facts import Facts
from rnnlab.labs.names.section import section
from rnnlab.labs.names.settings import DIVERGED, NamesSettings
from rnnlab.nets.namer import build
from rnnlab.report import evaluate, render
from rnnlab.report.evaluate import histories
from rnnlab.runs.catalogue import collect, summaries
from rnnlab.runs.files import read_history, read_run
from rnnlab.runs.predictions import read_predictions
from rnnlab.settings.base import check
from rnnlab.training.batches import pad
from rnnlab.training.experiment import Places

LISTS = MIRROR / "names.zip"
STRUCTURES = ["tutorial-rnn", "lstm", "peephole-lstm", "gru"]
RATE = dict.fromkeys(STRUCTURES, 0.01)
SETTINGS = {
    "split": {"valid_fraction": 0.2, "seed": 1},
    "nets": {structure: {"hidden": 8} for structure in STRUCTURES},
    "published": {
        "steps": 60,
        "block": 20,
        "clip_norm": None,
        "learning_rate": RATE,
        "seeds": [1],
        "side_by_side": {"tutorial-rnn": 2, "peephole-lstm": 4},
        "device": "cpu",
        "precision": "fp32",
        "threads": 1,
    },
    "batched": {
        "batch": 16,
        "epochs": 3,
        "clip_norm": 1.0,
        "learning_rate": RATE,
        "seeds": [1, 2],
        "device": "cpu",
        "precision": "fp32",
        "threads": 1,
    },
    "sweep": {"steps": 40, "seed": 1, "learning_rates": {key: [0.01, 1e6] for key in STRUCTURES}},
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "untracked://")


@pytest.fixture
def settings_() -> NamesSettings:
    return check(NamesSettings, SETTINGS, "names")


@pytest.fixture
def split_file(tmp_path) -> Path:
    """Three languages that endings tell apart."""
    stems = [first + second for first in ("Ba", "Do", "Ke", "Li") for second in ("ra", "lo", "mi")]
    lines = [
        Line(language, stem + ending)
        for language, ending in (("Greek", "akis"), ("Russian", "ov"), ("Italian", "ini"))
        for stem in stems
    ]
    path = tmp_path / "names.parquet"
    write_table(path, corpus.split(lines, 0.25, 1))
    return path


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
        corpus.write(path, tmp_path / "names.parquet", tmp_path / "counts.json", 0.2, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["names.zip"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lists=st.dictionaries(
        st.from_regex(r"[\w/]{1,5}", fullmatch=True),
        st.binary(max_size=40) | st.lists(st.text(max_size=9)).map("\n".join).map(encoded),
        max_size=4,
    )
)
def test_whatever_is_in_the_lists_rows_or_a_lab_error_come_out(tmp_path, lists):
    path = write_zip(tmp_path / "names.zip", lists)
    with contextlib.suppress(LabError):
        corpus.write(path, tmp_path / "names.parquet", tmp_path / "counts.json", 0.5, 1)
        assert set(pq.read_table(tmp_path / "names.parquet")["part"].to_pylist()) == {
            "train",
            "valid",
        }


def test_a_list_that_is_not_utf8_is_refused(tmp_path):
    path = write_zip(tmp_path / "names.zip", {"Irish": b"Adam\xff", "Dutch": b"Aalst"})
    with pytest.raises(LabError, match=r"Irish\.txt is not UTF-8"):
        corpus.read(path)


languages = st.sampled_from(["Czech", "German"])
surnames = st.sampled_from(["Nagel", "Näğel", "Kafka", "Adler", "Blau", "Haas", "Ede", "Fux"])


@given(st.lists(st.builds(Line, languages, surnames), max_size=40), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_no_name_is_validated_that_was_trained_with_the_same_label(more, seed):
    lines = [Line(each, name) for each in ("Czech", "German") for name in ("A", "B", "C", "D", "E")]
    rows = corpus.split([*lines, *more], 0.2, seed).to_pylist()
    pairs = {
        part: {(row["language"], row["name"]) for row in rows if row["part"] == part}
        for part in ("train", "valid")
    }
    assert not pairs["train"] & pairs["valid"]
    assert sum(row["copies"] for row in rows) == len(lines) + len(more)
    assert {language for language, _ in pairs["valid"]} == {"Czech", "German"}


def test_the_split_depends_on_the_seed_and_not_on_the_order():
    lines = [Line(each, 3 * letter) for each in ("Czech", "German") for letter in SYMBOLS[:26]]
    one = corpus.split(lines, 0.2, 1)
    assert one.equals(corpus.split(lines[::-1], 0.2, 1))
    assert not one.equals(corpus.split(lines, 0.2, 2))


def test_counts_on_a_handful():
    lines = [Line("Czech", name) for name in ("Nagel", "Nägel", "Haas", "Kafka", "Blau", "Ede")]
    lines += [Line("German", name) for name in ("Nagel", "Haas", "Weiß", "Adler", "Fux")]
    table = corpus.split(lines, 0.2, 1)
    counts = corpus.count(lines, table, 0.2, 1)
    assert (counts["lines"], counts["pairs"], counts["duplicate_lines"]) == (11, 10, 1)
    assert (counts["names"], counts["homonyms"], counts["homonym_pairs"]) == (8, 2, 4)
    assert counts["best_accuracy"] == pytest.approx(8 / 10)
    assert counts["lost_symbols"] == {"ß": 1}
    assert counts["languages"]["Czech"]["lines"] == 6
    json.dumps(counts)


@pytest.mark.skipif(not LISTS.exists(), reason="the real lists are not at hand")
def test_the_real_lists():
    lines = corpus.read(LISTS)
    table = corpus.split(lines, 0.2, 2077)
    counts = corpus.count(lines, table, 0.2, 2077)
    assert len(counts["languages"]) == 18
    assert counts["languages"]["Arabic"] == {"lines": 2000, "pairs": 108, "train": 87, "valid": 21}
    assert counts["leak"]["with_a_twin"] > 300
    assert counts["valid"]["pairs"] == pytest.approx(0.2 * counts["pairs"], abs=1)
    assert 0.9 < counts["best_accuracy"] < counts["valid"]["best_accuracy"] < 1


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


def test_the_sweep_keeps_what_diverged(settings_, split_file, tmp_path):
    lab.sweep("lstm", settings_, split_file, tmp_path / "out", tmp_path / "times", tmp_path / "ck")
    assert read_run(tmp_path / "out" / "rate-0.01").settings["learning_rate"] == 0.01
    assert len(read_history(tmp_path / "out" / "rate-0.01")) == 2
    assert [path.name for path in (tmp_path / "out" / "rate-1e+06").iterdir()] == [DIVERGED]
    assert not list((tmp_path / "ck").glob("*"))


def test_a_run_of_the_published_regime_is_not_trained_again(split_file, tmp_path):
    sweep = SETTINGS["sweep"] | {"steps": SETTINGS["published"]["steps"]}
    for seeds in ([1], [2]):
        published = SETTINGS["published"] | {"seeds": seeds}
        chosen = check(NamesSettings, SETTINGS | {"published": published, "sweep": sweep}, "names")
        out = tmp_path / f"out-{seeds[0]}"
        lab.sweep("lstm", chosen, split_file, out, tmp_path / "times", tmp_path / "ck")
    assert {path.name for path in (tmp_path / "out-1").iterdir()} == {"rate-1e+06"}
    places = Places(tmp_path / "run", tmp_path / "time.json", tmp_path / "ck.safetensors")
    lab.train("lstm-as-published", 1, chosen.net("lstm-as-published"), split_file, places)
    one, two = (read_predictions(tmp_path / each) for each in ("run", "out-2/rate-0.01"))
    assert all(map(np.array_equal, one, two))


def test_settings_say_what_is_wrong(settings_):
    with pytest.raises(LabError, match=r"names\.nets has no 'elman'"):
        settings_.net("elman")
    with pytest.raises(LabError, match=r"sweep\.steps must be a multiple of published\.block"):
        check(NamesSettings, SETTINGS | {"sweep": SETTINGS["sweep"] | {"steps": 30}}, "names")
    rates = SETTINGS["batched"] | {"learning_rate": {"lstm": 0.1}}
    with pytest.raises(LabError, match=r"batched\.learning_rate needs a rate for tutorial-rnn"):
        check(NamesSettings, SETTINGS | {"batched": rates}, "names")


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


def test_mcnemar_looks_at_names_that_one_net_alone_got_right():
    first, second = np.array([1, 1, 1, 1, 0, 0], bool), np.array([0, 0, 0, 1, 1, 0], bool)
    test = on_names(first, second)
    assert (test.only_first, test.only_second, test.p) == (3, 1, pytest.approx(5 / 16))
    assert on_names(first, first).p == 1


@pytest.fixture(params=[40, 60], ids=["shorter sweep", "sweep of published length"])
def whole_lab(request, split_file, tmp_path):
    """Two nets, both regimes, all seeds, the sweeps: (runs, places, settings)."""
    nets = {net: {"hidden": 6} for net in ("tutorial-rnn", "lstm")}
    sweep = SETTINGS["sweep"] | {"steps": request.param}
    chosen = check(NamesSettings, SETTINGS | {"nets": nets, "sweep": sweep}, "names")
    models, timings = tmp_path / "models", tmp_path / "timings"
    for each in chosen.runs():
        net = Path(each.folder).parent.name
        timing = timings / f"{each.folder}.json"
        where = Places(models / each.folder, timing, tmp_path / "checkpoint")
        lab.train(net, each.seed, chosen.net(net), split_file, where)
    for net in nets:
        lab.sweep(net, chosen, split_file, tmp_path / "sweep" / net, timings, tmp_path / "ck")
    lines = [Line(row["language"], row["name"]) for row in pq.read_table(split_file).to_pylist()]
    counts = corpus.count(lines, pq.read_table(split_file), 0.25, 1)
    write_sealed(tmp_path / "counts.json", counts)
    places = {"counts": tmp_path / "counts.json", "sweeps": tmp_path / "sweep"}
    return collect(models, timings, chosen.runs()), places, chosen


def gathered(runs, places, chosen) -> Facts:
    """As evaluate writes them and report reads them."""
    found = gather.gather({"names": runs}, places, SimpleNamespace(names=chosen))
    return Facts.model_validate_json(json.dumps(found.model_dump(mode="json"), allow_nan=False))


def test_the_section_is_drawn_and_rendered(whole_lab, tmp_path):
    runs, _, chosen = whole_lab
    facts, nets = gathered(*whole_lab), summaries(runs)
    sweep = facts.sweep.nets["lstm"]
    assert sweep.best_rate == 0.01
    assert [reached is None for reached in sweep.rates.values()] == [False, True]
    published = nets["published"]["lstm"]["valid_accuracy"].mean
    same = chosen.sweep.steps == chosen.published.steps
    assert (sweep.rates[0.01] == published) or not same
    assert np.sum(facts.confusion["ours"]["lstm"]) == 2 * facts.counts.valid.pairs
    for kind, comparable in (("official", True), ("generated", False)):
        results = Results(
            nets={"names": nets},
            claims={},
            facts={"names": facts},
            data={"names": DatasetOrigin.model_construct(kind=kind)},
            environments=[],
            stages=StageTimes(kinds={}, core_seconds=0, wall_seconds=0),
        )
        shared = [f"names-train-as-published@{net}-1" for net in facts.sweep.nets if same]
        assert section(results).parts["sweep"].source == (("names-sweep",), tuple(shared))
        figures.draw(results, histories({"names": runs}), tmp_path / "figures")
        for language in ("en", "zh"):
            text = render.section("labs/names/section", section(results), language)
            assert "nan" not in text.lower().replace("names", "")
            shown = re.findall(r"\(figures/(.*?)\)", text)
            assert len(shown) == len(set(shown)) == 5
            assert {path.name for path in (tmp_path / "figures").iterdir()} == set(shown)
            assert ("2 min 25 s" in text) == comparable


def test_the_judge_gets_what_was_right(whole_lab):
    runs, places, chosen = whole_lab
    accuracy = runs["ours"]["lstm"][2].run.scores["valid_accuracy"]
    assert np.mean(evaluate.hits(runs)["ours"]["lstm"][2]) == pytest.approx(accuracy)
    swept = gather.sweeps(runs, places, chosen)
    reached = gathered(*whole_lab).sweep.nets["lstm"].rates[0.01]
    assert list(swept) == ["tutorial-rnn/learning_rate", "lstm/learning_rate"]
    rates, seed = swept["lstm/learning_rate"], chosen.sweep.seed
    assert rates[0.01][seed][0] == pytest.approx(reached)
    assert rates[1e6] == {seed: (None, None)}


def test_missing_counts_are_named(settings_, tmp_path):
    with pytest.raises(LabError, match=r"counts\.json is missing; run"):
        gathered({}, {"counts": tmp_path / "counts.json"}, settings_)


def test_a_missing_run_of_a_sweep_is_not_taken_for_a_diverged_one(settings_, tmp_path):
    missing = r"lstm/rate-0\.01\S* is missing; run"
    with pytest.raises(LabError, match=missing):
        gather.sweep("lstm", {}, tmp_path, settings_)
    only_lstm = settings_.model_copy(update={"nets": {"lstm": settings_.nets["lstm"]}})
    with pytest.raises(LabError, match=missing):
        gather.sweeps({}, {"sweeps": tmp_path}, only_lstm)


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
