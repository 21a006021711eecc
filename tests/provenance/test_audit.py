"""What an audit draws, and what it says of all that it could have drawn."""

import contextlib
import json
import random

import pytest
from typer.testing import CliRunner

from made import net, results
from rnnlab.cli import app
from rnnlab.cli import provenance as commands
from rnnlab.document.parts import Figure, Source, Table
from rnnlab.document.results import KindSpent, StageTimes
from rnnlab.document.text import Text
from rnnlab.errors import LabError
from rnnlab.provenance import again, audit, audit_log, why
from rnnlab.provenance.again import DIFFERENT, ELSEWHERE, SAME, Committed, Outcome
from rnnlab.provenance.audit import Draw

SOURCES = {
    "download": set(),
    "split": {"download"},
    "train@1": {"split"},
    "train@2": {"split"},
    "slow": {"split"},
    "evaluate": {"train@1", "train@2", "slow"},
}


def committed(cached=()):
    found = results({"names": {"ours": {"lstm": net(test_accuracy={1: 0.5})}}}, {})
    made = {"train@1": [], "train@2": []}
    return Committed({}, SOURCES, set(cached), None, found, made)


TIMES = {
    "download": 1.0,
    "split": 2.0,
    "train@1": 5.0,
    "train@2": 5.0,
    "slow": 900.0,
    "evaluate": 1,
}
SHARES = {"train@1": 0.3, "train@2": 0.3, "split": 0.2, "slow": 0.2}


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400)])
def test_a_budget_is_a_length_of_time(text, seconds):
    assert audit.seconds(text) == seconds


@pytest.mark.parametrize("text", ["ten", "10", "-5m", ""])
def test_what_is_no_length_of_time_is_said(text):
    with pytest.raises(LabError, match="is no length of time"):
        audit.seconds(text)


def test_without_anything_left_out_the_bound_has_a_closed_form():
    for draws in (1, 10, 59):
        assert audit.bound(draws, 0) == pytest.approx(1 - 0.05 ** (1 / draws))
    assert audit.bound(59, 0) < 0.05 < audit.bound(58, 0)


def test_nothing_made_again_bounds_nothing():
    assert audit.bound(10, 10) == audit.bound(0, 0) == 1


@pytest.mark.parametrize("wrong", [0.02, 0.1, 0.3, 0.6])
def test_a_bound_that_is_exceeded_is_told_in_one_audit_of_twenty_at_most(wrong):
    """Even if what is left out is chosen so as to find nothing."""
    draw = random.Random(1)
    misled, trials, draws = 0, 4000, 25
    for _ in range(trials):
        bad = sum(draw.random() < wrong for _ in range(draws))
        left_out = draw.choice([bad, bad, draws // 2])
        found = bad > left_out
        misled += not found and wrong > audit.bound(draws, left_out)
    assert misled / trials < 0.05 + 0.01


def test_what_is_drawn_is_what_fits_the_budget_and_the_same_for_a_seed():
    drawn = audit.draw(SHARES, committed(), TIMES, 60, "a day")
    assert drawn == audit.draw(SHARES, committed(), TIMES, 60, "a day")
    assert drawn.stages != audit.draw(SHARES, committed(), TIMES, 60, "another").stages
    assert "slow" not in drawn.stages
    assert drawn.reach == pytest.approx(0.8)


def test_what_carries_more_is_drawn_more_often():
    shares = {"train@1": 0.9, "train@2": 0.1}
    drawn = audit.draw(shares, committed(), TIMES, 1000, "a day").stages
    assert len(drawn) == audit.MOST
    assert 0.8 < drawn.count("train@1") / len(drawn) < 0.97


def test_a_budget_for_less_than_anything_draws_nothing():
    assert audit.draw(SHARES, committed(), TIMES, 0.5, "a day") == Draw([], 0.0)


class Hand:
    """Makes stages in no time."""

    def __init__(self):
        self.made, self.fetched = [], []

    def fetch(self, stages):
        self.fetched += stages

    def make(self, stage):
        self.made.append(stage)
        return Outcome(stage, SAME, 0.0, [])


def conduct(drawn, known, seconds):
    hand = Hand()
    until = audit.time.monotonic() + seconds
    outcomes = list(audit.conduct(Draw(drawn, 1.0), known, TIMES, until, hand))
    return hand, audit.told(outcomes, Draw(drawn, 1.0))


def test_it_goes_from_raw_data_on_and_the_cheapest_first():
    hand, done = conduct(["train@1", "split", "train@1"], committed(), 100)
    assert hand.made == ["download", "split", "train@1"]
    assert done.left_out == 0


def test_raw_data_and_what_was_trained_is_fetched_from_the_cache():
    known = committed(["download", "split", "train@1", "train@2"])
    hand, _ = conduct(["slow", "train@2"], known, 2000)
    assert hand.fetched == ["download", "download"]
    assert hand.made == ["split", "train@2", "slow"]


def test_what_time_does_not_suffice_for_is_left_out_and_counted_by_its_draws():
    hand, done = conduct(["slow", "split", "slow"], committed(), 60)
    assert "slow" not in hand.made
    assert done.left_out == 2


def test_what_gathers_all_numbers_is_made_first_where_all_is_cached():
    hand, _ = conduct([], committed(SOURCES), 60)
    assert hand.made == ["evaluate"]
    assert set(hand.fetched) == SOURCES["evaluate"]
    assert conduct([], committed(["train@1"]), 60)[0].made == []


def test_bits_that_tell_nothing_here_are_left_out():
    outcomes = [Outcome("a", ELSEWHERE, 0.0, []), Outcome("b", SAME, 0.0, [])]
    assert audit.told(outcomes, Draw(["a", "b", "a"], 1.0)).left_out == 2


def test_a_difference_is_no_bound():
    done = audit.told([Outcome("a", DIFFERENT, 0.0, ["x"])], Draw(["a"], 1.0))
    assert again.failed(done.outcomes)
    assert "95%" not in audit.summary(done)


def test_times_are_those_measured_here_or_else_of_the_kind_in_the_report():
    known = committed()
    spent = KindSpent(stages=2, all_seconds=20, longest_seconds=12, peak_memory=1)
    times = StageTimes(kinds={"train": spent}, core_seconds=20, wall_seconds=10)
    found = known.results.model_copy(update={"stages": times})
    told = audit.expected(known._replace(results=found), {"train@2": 3})
    assert told["train@1"] == (10 + 3) / 2 + audit.START
    assert told["train@2"] == 3 + audit.START


def test_a_stage_carries_its_share_of_each_number_whose_caption_names_it(monkeypatch):
    outs = [{"path": "models/a"}, {"path": "timings/a.json"}]
    entries = {name: {"outs": outs} for name in SOURCES}
    entries["slow"] = {"outs": outs[1:]}
    rows = [["lstm", "86.57 ± 0.12"], ["rnn", "1,234"]]
    parts = [
        Table(["", "accuracy 1"], rows, Source(("split",), ("train@1", "train@2"))),
        Figure("loss.png", Text("loss", "loss"), Source(runs=("train@1",))),
        Table([""], [["5"]], Source(("slow",))),
    ]
    monkeypatch.setattr(audit.places, "shown", lambda _: parts)
    known = committed()._replace(entries=entries)
    assert audit.carried(known) == pytest.approx({"split": 0.25, "train@1": 0.5, "train@2": 0.25})


def test_a_grid_s_name_stands_for_its_stages(monkeypatch):
    entries = {name: {"outs": [{"path": "models/a"}]} for name in SOURCES}
    parts = [Table([""], [["5"]], Source(("train",)))]
    monkeypatch.setattr(audit.places, "shown", lambda _: parts)
    known = committed()._replace(entries=entries)
    assert audit.carried(known) == {"train@1": 0.5, "train@2": 0.5}


# The command -----------------------------------------------------------------------------------


@pytest.fixture
def audited(tmp_path, monkeypatch):
    """A folder where `rnnlab audit` makes one stage again, and then fails; its log."""

    def conduct(*_):
        yield Outcome("train@1", SAME, 1.0, [])
        raise LabError("the disk is full")

    here = dict.fromkeys(
        ("system", "machine", "device", "cpu_capability", "precision", "torch"), "x"
    )
    for place, name, instead in (
        (why, "report", lambda *_: None),
        (commands, "_committed", lambda _: committed()),
        (again, "scratch", lambda *_: contextlib.nullcontext(tmp_path)),
        (again, "Workshop", lambda *_: None),
        (again, "here", lambda: here),
        (audit, "carried", lambda _: SHARES),
        (audit, "expected", lambda *_: TIMES),
        (audit, "conduct", conduct),
    ):
        monkeypatch.setattr(place, name, instead)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    return tmp_path / "reports/audits.csv"


def test_what_was_made_again_is_in_the_log_even_if_the_audit_fails_then(audited):
    result = CliRunner().invoke(app, ["audit"])
    assert str(result.exception) == "the disk is full"
    assert audited.read_text("utf-8").endswith(",train@1,same bits\n")


def test_an_audit_that_finds_nothing_tells_its_seed_and_how_sure_that_is(audited, monkeypatch):
    monkeypatch.setattr(audit, "conduct", lambda *_: [Outcome("train@1", SAME, 1.0, [])])
    in_words, as_json = (
        CliRunner().invoke(app, ["audit", "--seed", "a day", *more]) for more in ([], ["--json"])
    )
    assert in_words.exit_code == as_json.exit_code == 0
    assert in_words.stdout.startswith("Seed: a day.\n")
    told = json.loads(as_json.stdout)
    assert (told["seed"], told["outcomes"][0]["verdict"]) == ("a day", SAME)
    assert f"{told['bound']:.1%}" in in_words.stdout
    assert audited.read_text("utf-8").count(",train@1,same bits\n") == 2


def test_a_log_that_lacks_rows_is_told_before_the_work(audited, monkeypatch):
    monkeypatch.setattr(audit_log, "_committed", lambda _: "date,commit")
    result = CliRunner().invoke(app, ["audit"])
    assert "lacks rows that are committed" in str(result.exception)
