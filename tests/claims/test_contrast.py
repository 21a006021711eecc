"""The ledger's numbers, recomputed by SciPy or from the formulas in docs/claims.md."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import made
from made import net
from rnnlab.claims import claims, judge
from rnnlab.claims.contrast import Estimate, answered, contrast, mean, pooled, welch

RNG = np.random.default_rng(22)


def difference(weights, scores, right) -> Estimate:
    return contrast(weights, scores, pooled(scores), answered(weights, right))


def test_a_mean_over_seeds_is_student_s():
    values = RNG.normal(0.3, 1.0, 5)
    right = stats.ttest_1samp(values, 0.1, alternative="greater")
    found = mean(values)
    assert found.above(0.1) == pytest.approx(right.pvalue)
    both = stats.ttest_1samp(values, 0.1).confidence_interval(0.95)
    assert found.interval() == pytest.approx(both)


def test_two_values_of_a_sweep_are_compared_by_welch_s_test():
    first, second = RNG.normal(0.3, 0.1, 5), RNG.normal(0.2, 0.9, 5)
    right = stats.ttest_ind(first, second, equal_var=False, alternative="greater")
    found = welch(first, second)
    assert found.above(0.0) == pytest.approx(right.pvalue)
    assert found.below(0.0) == pytest.approx(1 - right.pvalue)
    assert found.freedom == pytest.approx(right.df)
    both = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert found.interval() == pytest.approx(both)


def test_without_items_two_nets_of_a_cell_are_compared_by_student_s_test():
    first = RNG.normal(0.8, 0.01, 4)
    scores = {"rnn-1": first, "rnn-2": 1.59 - first}  # of equal spread
    same = dict.fromkeys(scores, np.ones((4, 10), dtype=bool))
    found = difference({"rnn-1": 1, "rnn-2": -1}, scores, same)
    right = stats.ttest_ind(*scores.values(), alternative="greater")
    assert found.above(0.0) == pytest.approx(right.pvalue)
    assert found.freedom == pytest.approx(6)


def test_without_seeds_it_is_the_paired_test_over_items():
    answers = {"rnn-1": RNG.random(500) < 0.8, "lstm-1": RNG.random(500) < 0.75}
    scores = {name: np.full(3, each.mean()) for name, each in answers.items()}
    right = {name: np.tile(each, (3, 1)) for name, each in answers.items()}
    found = difference({"rnn-1": 1, "lstm-1": -1}, scores, right)
    paired = stats.ttest_rel(*(each.astype(float) for each in answers.values()))
    assert found.interval() == pytest.approx(paired.confidence_interval(0.95))


def test_the_spread_is_the_residual_of_an_analysis_of_variance_or_the_net_s_own():
    """Pooled over the nets of a cell and depth; never below a net's own."""
    kinds = ("rnn-1", "rnn-5", "lstm-1")
    scores = {f"{kind}-{n}": RNG.normal(n, 1, 3) for kind in kinds for n in range(4)}
    found = pooled(scores)
    for kind in kinds:
        own = np.concatenate([each for name, each in scores.items() if name.startswith(kind)])
        design = np.kron(np.eye(4), np.ones((3, 1)))
        _, (residual,), rank, _ = np.linalg.lstsq(design, own)
        for n in range(4):
            shared, alone = residual / (12 - rank), np.var(scores[f"{kind}-{n}"], ddof=1)
            assert found[f"{kind}-{n}"].variance == pytest.approx(max(shared, alone))
            assert found[f"{kind}-{n}"].freedom == (2 if alone > shared else 12 - rank)
    assert pooled({"gru-1": np.array([0.5])}) == {}


def test_the_error_is_that_of_repeated_trainings_and_other_items():
    """Crossed seeds and items, drawn anew a thousand times: the estimates' own variance."""
    values, errors = [], []
    for _ in range(1000):
        difficulty = RNG.normal(0, 0.8, 300)
        scores, right = {}, {}
        for name in ("rnn-1", "lstm-1"):
            own = difficulty + RNG.normal(0, 0.4, 300)
            runs = own + RNG.normal(0, 0.45, (3, 300)) + RNG.normal(0, 0.1, (3, 1))
            right[name] = runs < 0.8
            scores[name] = right[name].mean(1)
        found = difference({"lstm-1": 1, "rnn-1": -1}, scores, right)
        values.append(found.value)
        errors.append(found.error)
    # Never less than the truth, on average, and by little more.
    assert 0.95 < np.mean(np.square(errors)) / np.var(values) < 1.25


def adjusted(p: pd.Series) -> pd.Series:
    """Holm, from its definition: the largest of (m − k + 1) p₍ₖ₎ so far."""
    ordered = p.sort_values()
    return (ordered * np.arange(len(p), 0, -1)).cummax().clip(upper=1.0)[p.index]


def test_the_whole_of_a_claim_s_numbers_recomputed():
    rule = claims.load().rules["K2"]
    names = dict.fromkeys(name for part in rule.parts for name in part.weights)
    rows = []
    for name in names:
        for seed in (1, 2, 3):
            right = RNG.random(2000) < 0.8 + RNG.normal(0, 0.01)
            rows += [(name, seed, item, each) for item, each in enumerate(right)]
    data = pd.DataFrame(rows, columns=["net", "seed", "item", "right"])
    by_run = data.groupby(["net", "seed"])["right"]
    scores = {name: net(test_accuracy=by_run.mean()[name].to_dict()) for name in sorted(names)}
    hits = {
        name: {seed: by_run.get_group((name, seed)).to_numpy() for seed in (1, 2, 3)}
        for name in names
    }
    evidence = made.evidence("sentiment", scores, hits)
    parts = judge.judge(evidence)["K2"].parts

    runs = by_run.mean().reset_index()
    runs["cell"] = runs["net"].str.extract(r"^(\w+-\d)")  # and depth
    runs["off"] = runs["right"] - runs.groupby("net")["right"].transform("mean")
    counts = runs.groupby("cell").agg(runs=("right", "size"), nets=("net", "nunique"))
    freedom = counts["runs"] - counts["nets"]
    variance = runs.groupby("cell")["off"].apply(lambda each: (each**2).sum()) / freedom
    own = runs.groupby("net")["right"].var()
    alone = {}
    for part, sign in ((rule.parts[0], 1), (rule.parts[1], -1)):
        weight = pd.Series(part.weights)
        effect = (weight * runs.groupby("net")["right"].mean()[weight.index]).sum()
        cell = weight.index.str.extract(r"^(\w+-\d)", expand=False)
        shared_by = variance[cell].set_axis(weight.index)
        larger = np.maximum(own[weight.index], shared_by)
        source = pd.Series(cell, weight.index).where(own[weight.index] <= shared_by, weight.index)
        by_source = (weight**2 * larger).groupby(source).sum() / 3
        share = data.groupby(["net", "item"])["right"].mean().unstack("net")[weight.index]
        items = (share * weight).sum(axis=1).var() / 2000
        run_item = data.groupby(["net", "item"])["right"].var().unstack("net")[weight.index]
        shared = (weight**2 * run_item.mean()).sum() / (3 * 2000)
        whole = max(by_source.sum() + items - shared, by_source.sum(), items)
        own_df = freedom.reindex(by_source.index, fill_value=2)
        df = whole**2 / ((by_source**2 / own_df).sum() + items**2 / 1999)
        alone[part.name] = {
            "holds": stats.t.sf(sign * effect / whole**0.5, df),
            "fails": stats.t.cdf((sign * effect - 0.0025) / whole**0.5, df),
        }
        (found,) = [each for each in parts if each.name == part.name]
        reach = stats.t.ppf(0.975, df) * whole**0.5
        assert found.effect == pytest.approx(effect)
        assert (found.low, found.high) == pytest.approx((effect - reach, effect + reach))
        assert found.seed_deviation == pytest.approx((3 * by_source.sum()) ** 0.5)
        assert found.items == 2000
    table = pd.DataFrame(alone).T
    for found in parts:
        assert found.p_holds == pytest.approx(adjusted(table["holds"])[found.name])
        assert found.p_fails == pytest.approx(adjusted(table["fails"])[found.name])
