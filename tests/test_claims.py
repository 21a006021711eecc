"""The verdict on each claim follows from the numbers: it changes when they do, both ways."""

import itertools
import re

import numpy as np
import pytest

from rnnlab.claims import judge as claims
from rnnlab.claims.judge import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED, Evidence, judge
from rnnlab.claims.significance import holm, over_items, over_seeds
from rnnlab.labs.explain import figures as report
from rnnlab.report.render import environment

SEEDS = ("1", "2", "3", "4", "5")
WOBBLE = (0.0, 0.002, -0.002, 0.001, -0.001)
PUBLISHED = {
    "rnn": {(1, 1): 77.2, (1, 2): 77.9, (2, 1): 75.5, (2, 2): 74.4, (5, 1): 73.3, (5, 2): 72.1},
    "lstm": {(1, 1): 85.6, (1, 2): 86.2, (2, 1): 84.6, (2, 2): 83.7, (5, 1): 82.5, (5, 2): 81.6},
}


def scores(mean: float, seeds: tuple[str, ...] = SEEDS, scale: float = 1.0) -> dict:
    return {"values": {seed: mean + scale * WOBBLE[int(seed) - 1] for seed in seeds}}


def sentiment(change=lambda cell, shape, accuracy: accuracy, seeds=SEEDS) -> dict:
    """Accuracies that bear out K1 to K4, as `change` changes them."""
    nets = {}
    for cell, table in PUBLISHED.items():
        for (layers, ways), accuracy in table.items():
            nets[cell, (layers, ways, 100)] = accuracy
            if layers == 1:
                nets[cell, (1, ways, 300)] = accuracy + (0.8 if cell == "lstm" else -0.9)
    # The nets' wobble differs, or seeds would agree to the bit.
    return {
        f"{cell}-{layers}-{ways}-{dim}d": {
            "test_accuracy": {
                "values": {
                    seed: change(cell, (layers, ways, dim), accuracy) / 100
                    + WOBBLE[(int(seed) + number) % 5] / 4
                    for seed in seeds
                }
            }
        }
        for number, ((cell, (layers, ways, dim)), accuracy) in enumerate(nets.items())
    }


def gradients(rnn=0.17, lstm=0.014, explained=0.99, spread=0.02) -> dict:
    rng = np.random.default_rng(1)

    def net(cell: str, rate: float) -> dict:
        rates = rng.normal(rate, spread, 200)
        state = {"rates": rates.tolist(), "factor": float(np.exp(-rates.mean()))}
        return {"cell": cell, "trained": {"states": {"h": {**state, "explained": explained}}}}

    return {"nets": {"r": net("rnn", rnn), "l": net("lstm", lstm)}}


def hits(share: float, seed: int = 0, number: int = 2000) -> np.ndarray:
    return np.random.default_rng(seed).random(number) < share


def sweeps(**better: float) -> dict:
    """The named rates at 70%, the others at 60%, or as told by net."""
    found = {}
    for seed, (net, named) in enumerate(claims.NAMED_RATES.items()):
        other = better.get(net.replace("-", "_"), 0.6)
        found[net] = {named: hits(0.7, seed), named / 2: hits(other, seed + 9), named * 2: None}
    return found


def poetry(**losses: float) -> dict:
    return {
        net: {"valid_nll": scores(loss), "valid_nll_upper": scores(loss + 0.1)}
        for net, loss in losses.items()
    }


def evidence(**changes) -> Evidence:
    metrics = {
        "sentiment": sentiment(),
        "names": {
            "lstm": {"valid_accuracy": scores(0.8)},
            "tutorial-rnn": {"valid_accuracy": {"values": dict.fromkeys(SEEDS, 0.75)}},
        },
        "poetry": poetry(rnn=6.3, lstm=6.2),
    }
    metrics.update(changes.pop("metrics", {}))
    whole = {"hits": {}, "sweeps": sweeps(), "gradients": gradients(), "generated": False}
    whole["sweep_steps"] = 100_000
    return Evidence(metrics=metrics, **{**whole, **changes})


def verdict(name: str, **changes) -> str:
    return judge(evidence(**changes))[name]["verdict"]


def names(lstm: float, rnn: float, seeds=SEEDS, scale: float = 1.0) -> dict:
    return {
        "names": {
            "lstm": {"valid_accuracy": scores(lstm, seeds, scale)},
            "tutorial-rnn": {"valid_accuracy": {"values": dict.fromkeys(seeds, rnn)}},
        }
    }


def reviews(change) -> dict:
    return {"metrics": {"sentiment": sentiment(change)}}


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
        ("K5", {"metrics": names(0.75, 0.75)}),
        ("K5", {"metrics": names(0.70, 0.75)}),
        ("K6", {"sweeps": sweeps(lstm=0.8)}),
        ("K7", {"gradients": gradients(rnn=0.02)}),
        ("K7", {"gradients": gradients(rnn=-0.1, lstm=-0.2)}),
        ("K7", {"gradients": gradients(explained=0.5)}),
        ("K8", {"metrics": {"poetry": poetry(rnn=5.0, lstm=4.8)}}),
    ],
)
def test_numbers_that_contradict_it_change_the_verdict(name, changes):
    assert verdict(name, **changes) == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("K1", {"metrics": {"sentiment": {}}}),
        ("K2", reviews(shallow_nothing)),
        ("K3", {"metrics": {"sentiment": {}}}),
        ("K4", {"metrics": {"sentiment": {}}}),
        ("K5", {"metrics": names(0.76, 0.75, scale=10)}),
        ("K5", {"metrics": {"names": {}}}),
        ("K6", {"sweeps": {}}),
        ("K6", {"sweeps": sweeps(lstm=0.8), "sweep_steps": 5000}),
        ("K6", {"sweeps": sweeps(lstm=0.715)}),
        ("K7", {"gradients": {}}),
        ("K7", {"gradients": gradients(rnn=0.02, lstm=0.0098, spread=0.05)}),
        ("K8", {"metrics": {"poetry": poetry(rnn=6.3, lstm=5.0)}}),
        ("K8", {"metrics": {"poetry": poetry(lstm=5.95)}}),
        ("K8", {"metrics": {"poetry": {}}}),
    ],
)
def test_numbers_that_allow_neither_leave_it_open(name, changes):
    assert verdict(name, **changes) == INCONCLUSIVE


def test_evidence_says_what_is_missing():
    some = {net: row for net, row in sentiment().items() if net.endswith("-1-1-100d")}
    found = judge(evidence(metrics={"sentiment": some, "poetry": {}}, gradients={}))
    assert found["K1"]["verdict"] == INCONCLUSIVE
    assert "1-2-100d" in found["K1"]["evidence"]
    assert "+8.4" in found["K1"]["evidence"]
    assert "1-2-100d" in found["K1"]["evidence_zh"]
    assert found["K7"]["missing"] == ["rnn", "lstm"]


def test_a_contradiction_counts_even_where_other_nets_are_missing():
    nets = {
        net: row
        for net, row in sentiment(lambda cell, shape, accuracy: 80.0).items()
        if net.endswith("-1-1-100d")
    }
    assert verdict("K1", metrics={"sentiment": nets}) == NOT_REPRODUCED


def test_generated_corpora_say_nothing_on_a_claim():
    found = judge(evidence(generated=True))
    assert {claim["verdict"] for claim in found.values()} == {INCONCLUSIVE}
    assert all("Generated" in claim["evidence"] for claim in found.values())


def test_with_one_seed_the_test_items_decide():
    one = ("1",)
    few = {"metrics": names(0.8, 0.75, one)}
    assert verdict("K5", **few) == INCONCLUSIVE  # no predictions at hand
    better, worse = hits(0.8, 1), hits(0.75, 2)
    for lstm, rnn, expected in ((better, worse, REPRODUCED), (worse, better, NOT_REPRODUCED)):
        lab = {"names": {"lstm": {1: lstm}, "tutorial-rnn": {1: rnn}}}
        claim = judge(evidence(**few, hits=lab))["K5"]
        assert claim["verdict"] == expected
        assert "2,000 test items, one seed" in claim["evidence"]
        assert claim["parts"][0]["difference"] == pytest.approx(lstm.mean() - rnn.mean())


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


def test_both_reports_show_all_claims_and_link_to_headings_that_are_there():
    rows = report.claims(judge(evidence()))
    templates = environment()
    for number, language in enumerate(("en", "zh")):
        text = templates.get_template(f"{language}/claims.md.j2").render(claims=rows)
        assert all(f"| {name} |" in text for name in report.CLAIMS)
        for lab, heading in report.HEADINGS.items():
            name = "explain" if lab == "gradients" else lab
            source = templates.loader.get_source(templates, f"{language}/{name}.md.j2")[0]
            assert any(line.lstrip("#") == f" {heading[number]}" for line in source.splitlines())
    assert report.slug("Sentiment: is a film review positive?") == (
        "sentiment-is-a-film-review-positive"
    )
    assert report.slug("情感分析：影评是正面的吗？") == "情感分析影评是正面的吗"


def test_no_two_words_are_joined_where_a_line_of_the_template_ends_in_a_tag():
    """Jinja drops the line's end after a tag, and with it the blank that it stands for."""
    templates = environment()
    for name in templates.list_templates(filter_func=lambda each: each.startswith("en/")):
        lines = templates.loader.get_source(templates, name)[0].splitlines()
        for line, following in itertools.pairwise(lines):
            text = re.sub("{%.*?%}", "", line)
            joined = line.endswith("%}") and text.strip() and not text.endswith(" ")
            assert not (joined and re.match(r"\w|{{", following)), (name, line)


@pytest.mark.parametrize(("right", "trials"), [(0, 1), (1, 1), (5, 6), (371, 371)])
def test_an_interval_of_a_share_is_one_however_few_the_trials(right, trials):
    low, high = report.wilson(right, trials)
    assert 0 <= low <= right / trials <= high <= 1
    assert high - low > 0.009
