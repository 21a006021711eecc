"""How many more seeds decide a part: what the judge says when it gets them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import made
from made import net, results
from rnnlab.claims.judge import Evidence, judge
from rnnlab.claims.ledger import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED, Claim, Part
from rnnlab.claims.seeds import further, minutes, needs, together
from rnnlab.cli import app
from rnnlab.report.results import write

NAMES = ("tutorial-rnn", "lstm")


def evidence(lead: float, seeds: int, noise: float = 0.01) -> Evidence:
    """The names lab, as published: the LSTM leads the RNN by `lead`; seeds differ by `noise`."""
    spread = noise * np.resize([1.0, -1.0, 0.0], seeds)
    scores = {"tutorial-rnn": 0.7 + spread, "lstm": 0.7 + lead + spread[::-1]}
    times = dict.fromkeys(range(seeds), 120.0)
    nets = {
        name: net(valid_accuracy=dict(enumerate(each.tolist())), train_seconds=times)
        for name, each in scores.items()
    }
    items = np.arange(20_000) / 20_000
    hits = {name: {s: items < each for s, each in enumerate(scores[name])} for name in NAMES}
    return made.evidence("names", nets, hits)


def test_three_seeds_are_needed_before_a_look():
    for seeds in (1, 2):
        found = evidence(0.05, seeds)
        (need,) = needs(judge(found), found.nets)
        assert (need.claim, need.part.name, need.more) == ("K5", "as published", 3 - seeds)
        assert need.minutes == pytest.approx((3 - seeds) * 2 * 2.0)
        assert [each.name for each in need.nets] == ["lstm", "tutorial-rnn"]


def test_what_is_decided_needs_nothing():
    found = evidence(0.08, 3)
    assert judge(found)["K5"].parts[0].verdict == REPRODUCED
    assert needs(judge(found), found.nets) == []


def test_a_claim_that_is_not_known_needs_nothing():
    found = evidence(0.05, 1)
    judged = judge(found)
    assert needs({**judged, "K99": judged["K5"]}, found.nets) == needs(judged, found.nets)


def test_as_many_as_are_said_decide_it_if_nothing_else_changes():
    found = evidence(0.022, 3)
    (need,) = needs(judge(found), found.nets)
    assert need.part.verdict == INCONCLUSIVE
    assert need.more == 2
    assert judge(evidence(0.022, 5))["K5"].parts[0].verdict == REPRODUCED


def test_parts_of_the_other_verdict_count_in_the_correction():
    """As in the judge's: one that is refuted was not rejected among the tests that it holds."""
    (part,) = (each.part for each in needs(judge(evidence(0.022, 3)), {}))
    part = part.model_copy(update={"p_holds_alone": 0.06})
    other = part.model_copy(update={"name": "in batches"})
    refuted = other.model_copy(update={"verdict": NOT_REPRODUCED})
    (one,) = needs({"K5": Claim(verdict=INCONCLUSIVE, parts=[part, refuted])}, {})
    both = needs({"K5": Claim(verdict=INCONCLUSIVE, parts=[part, other])}, {})
    alone = needs({"K5": Claim(verdict=INCONCLUSIVE, parts=[part])}, {})
    assert one.more == both[0].more == 3
    assert alone[0].more == 2


def test_seeds_that_a_net_has_already_are_not_asked_for():
    found, more = evidence(0.022, 3), evidence(0.022, 5)
    trained = {**found.nets["names"]["published"]}
    trained["tutorial-rnn"] = more.nets["names"]["published"]["tutorial-rnn"]
    judged = judge(found)
    (need,) = needs(judged, {"names": {"published": trained}})
    assert {net.name: each for net, each in need.nets.items()} == {"lstm": 2, "tutorial-rnn": 0}
    assert need.minutes == pytest.approx(2 * 2.0)
    assert [net.name for net in together([need])] == ["lstm"]


def part(**changes) -> Part:
    """Between the two thresholds after five seeds."""
    plain = {"name": "a", "verdict": INCONCLUSIVE, "unit": "accuracy", "effect": 0.004}
    plain |= {"seeds": 5, "seed_deviation": 0.01, "item_error": 0.0, "freedom": 8.0}
    return Part(**{**plain, "p_holds_alone": 0.1, "p_fails_alone": 0.4, **changes})


def test_more_seeds_are_needed_the_smaller_the_effect_and_the_more_parts_are_open():
    few, many = further(part(), 1), further(part(p_holds_alone=0.2), 1)
    assert few is not None
    assert many is not None
    assert few < many
    corrected = further(part(), 4)
    assert corrected is not None
    assert corrected > few


def test_no_number_of_seeds_takes_away_what_the_items_leave_open():
    assert further(part(seed_deviation=0.001, item_error=0.004), 1) is None
    assert further(part(p_holds_alone=0.6, p_fails_alone=0.7), 1) is None


def test_a_grid_is_not_mended_by_seeds():
    assert further(part(why="edge"), 1) is None


def test_parts_that_share_nets_need_them_once():
    found = evidence(0.022, 3)
    need = needs(judge(found), found.nets)[0]
    other = need._replace(nets=dict.fromkeys(need.nets, 4))
    assert set(together([need, other]).values()) == {4}
    assert minutes({}, found.nets) is None


def test_the_command_tells_it_and_changes_nothing(tmp_path):
    found = evidence(0.022, 3)
    path = tmp_path / "metrics.json"
    write(path, results(found.nets, judge(found)))
    before = path.read_bytes()
    told = CliRunner().invoke(app, ["seeds", str(path)])
    assert told.exit_code == 0
    assert "published/lstm, published/tutorial-rnn" in told.output
    assert "All together: 4 runs, core-minutes: 8.0" in told.output
    plain = json.loads(CliRunner().invoke(app, ["seeds", str(path), "--json"]).output)
    assert plain["parts"][0]["more"] == 2
    assert plain["core_minutes"] == pytest.approx(8.0)
    assert path.read_bytes() == before


def test_the_command_says_so_if_nothing_is_open(tmp_path):
    found = evidence(-0.08, 3)
    assert judge(found)["K5"].parts[0].verdict == NOT_REPRODUCED
    path = tmp_path / "metrics.json"
    write(path, results(found.nets, judge(found)))
    assert "No part" in CliRunner().invoke(app, ["seeds", str(path)]).output
