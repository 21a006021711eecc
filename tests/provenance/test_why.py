"""Where a number comes from: asked of a report with next to nothing in it."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from made import net, results
from places import ROOT
from rnnlab.cli import app
from rnnlab.errors import LabError
from rnnlab.labs.sentiment import gather
from rnnlab.provenance import origin, places, why
from rnnlab.provenance.again import Committed
from rnnlab.provenance.numbers import Number
from rnnlab.report import assemble
from rnnlab.report.results import write
from rnnlab.runs import scores
from rnnlab.settings.training import Planned

LSTM, RNN = "lstm-1-1-100d", "rnn-1-1-100d"
ACCURACY = ("sentiment", "published", LSTM, "test_accuracy")
OTHER = ("sentiment", "published", RNN, "test_accuracy")
ENTRY = {
    "cmd": "python stages/sentiment_train.py",
    "deps": [
        {"path": "data/features/sentiment", "md5": "aa.dir"},
        {"path": "src/rnnlab/code.py", "md5": "bb"},
    ],
}


TEXT = """# Accuracy

| net | loss | accuracy |
|---|---|---|
{}

The LSTM is better by {:.2f} points.
"""


def scored(accuracy: float):
    return net(7, test_accuracy={1: accuracy, 2: accuracy + 0.01}, test_loss={1: 0.31})


def text(found, graph: str = "", language: str = "en") -> str:
    """A small report: a table, and a difference that no file has."""
    nets = found.nets["sentiment"]["published"]
    rows = [
        f"| {name} | {each['test_loss'].mean:.2f} | {100 * each['test_accuracy'].mean:.2f} |"
        for name, each in nets.items()
    ]
    lstm, rnn = (100 * nets[name]["test_accuracy"].mean for name in (LSTM, RNN))
    return TEXT.format("\n".join(rows), lstm - rnn)


@pytest.fixture
def shown(tmp_path, monkeypatch):
    nets = {LSTM: scored(0.8607), RNN: scored(0.7511)}
    write(tmp_path / "metrics.json", results({"sentiment": {"published": nets}}, {}))
    (tmp_path / "graph").write_text("flowchart LR", encoding="utf-8")
    monkeypatch.setattr(assemble, "text", text)
    monkeypatch.setattr(places, "shown", lambda _: [])
    return why.report(tmp_path / "metrics.json", tmp_path / "graph")


@pytest.fixture
def known(shown, monkeypatch):
    monkeypatch.chdir(ROOT)
    stages = ["train@1", "train@2"]
    made = {
        stage: [("sentiment", Planned("published", LSTM, seed, f"{LSTM}/seed-{seed}", stage))]
        for seed, stage in enumerate(stages, 1)
    }
    sources = {"download": set(), **{each: {"download"} for each in stages}}
    return Committed(dict.fromkeys(stages, ENTRY), sources, set(), None, shown.results, made)


def names(found):
    return [each.name for each in found]


@pytest.mark.parametrize(
    "asked", ["86.57", "the LSTM's 86.57% of reviews", f"sentiment/{LSTM}/test_accuracy"]
)
def test_a_number_is_found_by_its_figure_among_words_or_by_its_key(shown, asked):
    assert names(why.candidates(asked, shown)) == ["/".join((*ACCURACY, "mean"))]


def test_words_choose_between_numbers_that_read_the_same(shown):
    both = why.candidates("0.31", shown)
    assert {each.key[2] for each in both} == {LSTM, RNN}
    assert {each.key[2] for each in why.candidates(f"0.31 of {RNN}", shown)} == {RNN}


def test_a_figure_that_the_report_computes_is_led_back_to_what_it_is_computed_from(shown):
    assert "by 10.96 points" in shown.lines["en"][-1]
    found = why.candidates("10.96", shown)
    assert {each.key for each in found} == {(*ACCURACY, "mean"), (*OTHER, "mean")}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [("98765.4321", "neither the report nor"), ("sentiment/gru/x", "has no key")],
)
def test_what_is_not_there_is_said(shown, asked, sentence):
    with pytest.raises(LabError, match=sentence):
        why.candidates(asked, shown)


def test_it_is_told_where_it_stands_in_both_languages(shown, known):
    found = why.answer(Number((*ACCURACY, "mean"), 0.8657), shown, known).places
    assert [each[:4] for each in found] == [
        (file, *place)
        for file in ("report.md", "report.zh.md")
        for place in [(5, "Accuracy", f"{LSTM}, accuracy"), (8, "Accuracy", "")]
    ]
    assert [each.text for each in found[:2]] == ["86.57", "The LSTM is better by 10.96 points."]


def test_a_store_that_can_t_be_reached_is_one_sentence(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(LabError, match=r"127\.0\.0\.1:9 can't be used"):
        why._tracked(SimpleNamespace(lab="names"))


def test_asking_changes_nothing(shown):
    before = json.dumps(shown.content)
    shown.places([Number((*ACCURACY, "mean"), 0.8657)])
    assert json.dumps(shown.content) == before


def test_it_is_told_which_runs_and_stages_gave_it(shown, known):
    told = why.answer(Number((*ACCURACY, "mean"), 0.8657), shown, known)
    assert [(each.stage, each.seed) for each in told.runs] == [("train@1", 1), ("train@2", 2)]
    assert told.above == ["download"]
    assert told.origin.functions == [origin.place(scores.spread)]
    (stage, _) = told.stages
    assert stage.function == "rnnlab.labs.sentiment.train.train"
    assert (stage.files, stage.data) == (1, {"data/features/sentiment": "aa.dir"})


def test_of_one_seed_s_value_it_is_that_seed_s_run(shown, known):
    told = why.answer(Number((*ACCURACY, "values", "2"), 0.8707), shown, known)
    assert [each.seed for each in told.runs] == [2]


def test_a_fact_is_led_to_the_line_of_its_lab_that_gives_it(shown):
    number = Number(("facts", "sentiment", "confusion", "published", LSTM, 0, 0), 3)
    found = origin.origin(number, shown.results, [])
    assert found.stages == ["train@1", "train@2"]
    (function,) = found.functions
    place, _, rest = function.partition("): ")
    line = int(place.rpartition(":")[2])
    assert (
        Path(gather.__file__)
        .read_text("utf-8")
        .splitlines()[line - 1]
        .strip()
        .startswith("confusion=")
    )
    assert "confusion" in rest


@pytest.mark.parametrize(
    "script", sorted((ROOT / "stages").glob("*.py")), ids=lambda each: each.stem
)
def test_every_stage_s_function_is_there(script):
    module, _, function = origin.computed(script).rpartition(".")
    parts = module.split(".")
    file = ROOT / "src" / Path(*parts).with_suffix(".py")
    assert f"def {function}(" in file.read_text("utf-8")


def test_of_many_numbers_that_it_may_be_the_first_are_shown_and_the_others_counted(monkeypatch):
    many = [Number(("a", str(each)), 0.5) for each in range(33)]
    monkeypatch.setattr(why, "report", lambda *_: None)
    monkeypatch.setattr(why, "candidates", lambda *_: many)
    answer = CliRunner().invoke(app, ["why", "0.5"])
    assert answer.exit_code == 1
    assert answer.output.startswith("0.5 may be 33 numbers; ask for one by its key:\n")
    assert "a/29 " in answer.output
    assert "a/30 " not in answer.output
    assert answer.output.endswith("\n… and 3 more.\n")
