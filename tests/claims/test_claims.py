"""The verdict on each claim follows from the numbers: it changes when they do, both ways."""

import re

import numpy as np
import pytest

from made import net, results
from places import ROOT
from rnnlab.claims import claims
from rnnlab.claims.judge import Evidence, Fall, judge
from rnnlab.claims.ledger import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED, Claim
from rnnlab.claims.significance import holm, over_items, over_seeds
from rnnlab.document.text import LANGUAGES, Text, slug, tell
from rnnlab.labs import parts
from rnnlab.labs.params import read_all
from rnnlab.report import claims as page
from rnnlab.report import render
from rnnlab.runs.scores import Nets, Regimes

SEEDS = (1, 2, 3, 4, 5)
WOBBLE = (0.0, 0.002, -0.002, 0.001, -0.001)
PUBLISHED = {
    "rnn": {(1, 1): 77.2, (1, 2): 77.9, (2, 1): 75.5, (2, 2): 74.4, (5, 1): 73.3, (5, 2): 72.1},
    "lstm": {(1, 1): 85.6, (1, 2): 86.2, (2, 1): 84.6, (2, 2): 83.7, (5, 1): 82.5, (5, 2): 81.6},
}


def scores(mean: float, seeds: tuple[int, ...] = SEEDS, scale: float = 1.0) -> dict[int, float]:
    return {seed: mean + scale * WOBBLE[seed - 1] for seed in seeds}


def sentiment(change=lambda cell, shape, accuracy: accuracy, seeds=SEEDS) -> Nets:
    """Accuracies that bear out K1 to K4, as `change` changes them."""
    nets = {}
    for cell, table in PUBLISHED.items():
        for (layers, ways), accuracy in table.items():
            nets[cell, (layers, ways, 100)] = accuracy
            if layers == 1:
                nets[cell, (1, ways, 300)] = accuracy + (0.8 if cell == "lstm" else -0.9)
    # The nets' wobble differs, or seeds would agree to the bit.
    return {
        f"{cell}-{layers}-{ways}-{dim}d": net(
            test_accuracy={
                seed: change(cell, (layers, ways, dim), accuracy) / 100
                + WOBBLE[(seed + number) % 5] / 4
                for seed in seeds
            }
        )
        for number, ((cell, (layers, ways, dim)), accuracy) in enumerate(nets.items())
    }


def falls(rnn=0.17, lstm=0.014, explained=0.99, spread=0.02) -> dict[str, Fall]:
    rng = np.random.default_rng(1)
    rates = {cell: rng.normal(rate, spread, 200) for cell, rate in (("rnn", rnn), ("lstm", lstm))}
    return {
        cell: Fall(each, float(np.exp(-each.mean())), explained) for cell, each in rates.items()
    }


def hits(share: float, seed: int = 0, number: int = 2000) -> np.ndarray:
    return np.random.default_rng(seed).random(number) < share


def sweeps(**better: float) -> dict:
    """The named rates at 70%, the others at 60%, or as told by net."""
    found = {}
    for seed, (name, named) in enumerate(claims.load().rules["K6"].named.items()):
        other = better.get(name.replace("-", "_"), 0.6)
        found[name] = {named: hits(0.7, seed), named / 2: hits(other, seed + 9), named * 2: None}
    return found


def poetry(**losses: float) -> Nets:
    return {
        name: net(valid_nll=scores(loss), valid_nll_upper=scores(loss + 0.1))
        for name, loss in losses.items()
    }


def names(lstm: float, rnn: float, seeds=SEEDS, scale: float = 1.0) -> Nets:
    return {
        "lstm": net(valid_accuracy=scores(lstm, seeds, scale)),
        "tutorial-rnn": net(valid_accuracy=dict.fromkeys(seeds, rnn)),
    }


def evidence(nets: dict[str, Nets] | None = None, **changes) -> Evidence:
    """What bears out all claims, but for `changes` and the labs in `nets`."""
    ours = {
        "sentiment": sentiment(),
        "names": names(0.8, 0.75),
        "poetry": poetry(rnn=6.3, lstm=6.2),
    }
    labs: dict[str, Regimes] = {
        lab: {"ours": each} for lab, each in {**ours, **(nets or {})}.items()
    }
    whole = {"hits": {}, "sweeps": sweeps(), "falls": falls(), "generated": False}
    return Evidence(nets=labs, **{**whole, "sweep_steps": 100_000, **changes})


def told(found: dict[str, Claim], name: str) -> Text:
    """The evidence on the claim `name`, in words."""
    known = claims.load()
    return page.evidence(found[name], known.rules[name], known.wording[name])


def verdict(name: str, **changes) -> str:
    return judge(evidence(**changes))[name].verdict


def reviews(change) -> dict:
    return {"nets": {"sentiment": sentiment(change)}}


def one_pair_equal(cell, shape, accuracy):
    return 86.2 if shape == (2, 1, 100) else accuracy


def deep_helped(cell, shape, accuracy):
    return accuracy + 3 if shape[0] > 1 and shape[1] == 2 else accuracy


def shallow_hurt(cell, shape, accuracy):
    return accuracy - 3 if shape[0] == 1 and shape[1] == 2 else accuracy


def shallow_nothing(cell, shape, accuracy):
    return accuracy - 0.65 if shape[0] == 1 and shape[1] == 2 else accuracy


def two_better(cell, shape, accuracy):
    return accuracy + 3 if shape[0] > 1 else accuracy


def rnn_better(cell, shape, accuracy):
    return accuracy + 3 if cell == "rnn" and shape[2] == 300 else accuracy


def lstm_worse(cell, shape, accuracy):
    return accuracy - 3 if cell == "lstm" and shape[2] == 300 else accuracy


@pytest.mark.parametrize("name", [f"K{number}" for number in range(1, 9)])
def test_what_the_reports_claim_is_reproduced_by_numbers_like_theirs(name):
    assert verdict(name) == REPRODUCED


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("K1", reviews(one_pair_equal)),
        ("K2", reviews(deep_helped)),
        ("K2", reviews(shallow_hurt)),
        ("K3", reviews(two_better)),
        ("K4", reviews(rnn_better)),
        ("K4", reviews(lstm_worse)),
        ("K5", {"nets": {"names": names(0.75, 0.75)}}),
        ("K5", {"nets": {"names": names(0.70, 0.75)}}),
        ("K6", {"sweeps": sweeps(lstm=0.8)}),
        ("K7", {"falls": falls(rnn=0.02)}),
        ("K7", {"falls": falls(rnn=-0.1, lstm=-0.2)}),
        ("K7", {"falls": falls(explained=0.5)}),
        ("K8", {"nets": {"poetry": poetry(rnn=5.0, lstm=4.8)}}),
    ],
)
def test_numbers_that_contradict_it_change_the_verdict(name, changes):
    assert verdict(name, **changes) == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("K1", {"nets": {"sentiment": {}}}),
        ("K2", reviews(shallow_nothing)),
        ("K3", {"nets": {"sentiment": {}}}),
        ("K4", {"nets": {"sentiment": {}}}),
        ("K5", {"nets": {"names": names(0.76, 0.75, scale=10)}}),
        ("K5", {"nets": {"names": {}}}),
        ("K6", {"sweeps": {}}),
        ("K6", {"sweeps": sweeps(lstm=0.8), "sweep_steps": 5000}),
        ("K6", {"sweeps": sweeps(lstm=0.715)}),
        ("K7", {"falls": {}}),
        ("K7", {"falls": falls(rnn=0.02, lstm=0.0098, spread=0.05)}),
        ("K8", {"nets": {"poetry": poetry(rnn=6.3, lstm=5.0)}}),
        ("K8", {"nets": {"poetry": poetry(lstm=5.95)}}),
        ("K8", {"nets": {"poetry": {}}}),
    ],
)
def test_numbers_that_allow_neither_leave_it_open(name, changes):
    assert verdict(name, **changes) == INCONCLUSIVE


def test_evidence_says_what_is_missing():
    some = {name: row for name, row in sentiment().items() if name.endswith("-1-1-100d")}
    found = judge(evidence({"sentiment": some, "poetry": {}}, falls={}))
    assert found["K1"].verdict == INCONCLUSIVE
    assert "1-2-100d" in told(found, "K1").en
    assert "+8.4" in told(found, "K1").en
    assert "1-2-100d" in told(found, "K1").zh
    assert found["K7"].missing == ["rnn", "lstm"]


def test_a_contradiction_counts_even_where_other_nets_are_missing():
    nets = {
        name: row
        for name, row in sentiment(lambda cell, shape, accuracy: 80.0).items()
        if name.endswith("-1-1-100d")
    }
    assert verdict("K1", nets={"sentiment": nets}) == NOT_REPRODUCED


def test_generated_corpora_say_nothing_on_a_claim():
    found = judge(evidence(generated=True))
    assert {claim.verdict for claim in found.values()} == {INCONCLUSIVE}
    assert all("Generated" in told(found, name).en for name in found)


def test_with_one_seed_the_test_items_decide():
    one = (1,)
    few = {"nets": {"names": names(0.8, 0.75, one)}}
    assert verdict("K5", **few) == INCONCLUSIVE  # no predictions at hand
    better, worse = hits(0.8, 1), hits(0.75, 2)
    for lstm, rnn, expected in ((better, worse, REPRODUCED), (worse, better, NOT_REPRODUCED)):
        lab = {"names": {"ours": {"lstm": {1: lstm}, "tutorial-rnn": {1: rnn}}}}
        found = judge(evidence(**few, hits=lab))
        assert found["K5"].verdict == expected
        assert "2,000 test items, one seed" in told(found, "K5").en
        assert found["K5"].parts[0].difference == pytest.approx(lstm.mean() - rnn.mean())


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_differences_have_their_textbook_intervals():
    found = over_seeds(np.array([1.0, 2.0, 3.0]))
    assert (found.low, found.high) == pytest.approx((-0.4841, 4.4841), abs=1e-4)
    assert found.above(0.0) == pytest.approx(0.0371, abs=1e-4)
    assert found.above(2.0) == pytest.approx(0.5)
    items = over_items(np.repeat([1.0, 0.0, -1.0], [60, 900, 40]))
    assert items.value == pytest.approx(0.02)
    assert items.high - items.low == pytest.approx(2 * 1.96 * np.sqrt(0.0996 / 1000), rel=0.05)
    assert items.above(0.0) == pytest.approx(0.0228, abs=0.01)
    again = [over_items(np.repeat([1.0, 0.0], [5, 95]))[:3] for _ in range(2)]
    assert again[0] == again[1]


def headings(language: str) -> set[str]:
    """Of all sections of the report: the labs' titles, and what stands in their templates."""
    found = {tell(each.TITLE, language) for each in parts("section").values()}
    for path in (ROOT / "src/rnnlab/labs").glob(f"*/section.{language}.md.j2"):
        found |= set(re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_shows_all_claims_and_links_to_headings_that_are_there(language):
    judged = evidence()
    content = page.section(results(judged.nets, judge(judged)))
    text = render.section("report/claims", content, language)
    for name, each in claims.load().wording.items():
        (row,) = re.findall(rf"^\| {name} \|.*$", text, re.MULTILINE)
        heading = tell(claims.load().sections[each.shown_in], language)
        assert heading in headings(language)
        assert f"](#{slug(heading)})" in row


def test_a_heading_s_anchor_is_github_s():
    assert slug("Sentiment: is a film review positive?") == "sentiment-is-a-film-review-positive"
    assert slug("情感分析：影评是正面的吗？") == "情感分析影评是正面的吗"


def test_the_file_of_claims_fits_together_and_speaks_of_nets_in_the_grid():
    known, params = claims.load(), read_all(ROOT / "params.yaml")
    assert known.rules.keys() == known.wording.keys()
    for name, rule in known.rules.items():
        assert known.wording[name].shown_in in known.sections
        differences = rule.parts if isinstance(rule, claims.Differences) else []
        assert known.wording[name].parts.keys() <= {part.name for part in differences}
        for part in differences:
            lab = getattr(params, rule.lab)
            nets = lab.published.nets if rule.lab == "sentiment" else lab.nets
            assert set(part.nets) <= nets.keys(), part.name
    assert known.rules["K6"].named.keys() <= params.names.nets.keys()
