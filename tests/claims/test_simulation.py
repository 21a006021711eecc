"""False verdicts at most at their stated rate; docs/claims.md has the rates of this very judge."""

import re

import numpy as np
import pytest
from scipy import stats

from places import ROOT
from rnnlab import docparts
from rnnlab.claims import claims, simulation
from rnnlab.claims.judge import LEVEL, LOOKS
from rnnlab.claims.ledger import NOT_REPRODUCED, REPRODUCED
from rnnlab.labs.params import read_all

TEXT = (ROOT / "docs/claims.md").read_text("utf-8")
LEAST = {
    "the named one is best, by 1 point a factor 2": 0.35,
    "the named one is best, by 2 points": 0.85,
    "twice the named one is best, by 1 point a factor 2": 0.005,
    "twice the named one is best, by 2 points": 0.2,
}
"""More than this share of the parts, in a sweep where there is something to find."""
WRONG = [world for world in simulation.WORLDS if world.wrong]


@pytest.mark.parametrize("world", WRONG, ids=[world.told for world in WRONG])
def test_false_verdicts_are_rare(world):
    """Here of few labs; docs/claims.md has the rates of a thousand."""
    labs = [simulation.lab(world, number) for number in range(25)]
    for name in simulation.JUDGED:
        wrong = 25 * simulation.in_some_part([each[name] for each in labs], world.wrong)
        assert stats.binom.sf(wrong - 1, 25, LEVEL) > 0.001, name


def test_large_differences_are_found():
    world = simulation.World("large", 0.04, 0.04)
    labs = [simulation.lab(world, number) for number in range(3)]
    for name in simulation.JUDGED:
        assert simulation.in_every_part([each[name] for each in labs], REPRODUCED) == 1


@pytest.mark.parametrize("curve", simulation.CURVES, ids=[each.told for each in simulation.CURVES])
def test_sweeps_are_rarely_judged_falsely_and_clear_ones_rightly(curve):
    labs = [simulation.swept(curve, number) for number in range(40)]
    if curve.wrong:
        wrong = 40 * simulation.in_some_part(labs, curve.counted)
        assert stats.binom.sf(wrong - 1, 40, LEVEL) > 0.001
    else:
        assert simulation.of_all_parts(labs, curve.counted) > LEAST[curve.told]


@pytest.mark.parametrize("spread", ["even", "deep", "one"])
def test_a_simulated_net_has_the_accuracy_that_its_world_gives_it(spread):
    """However wide its seeds spread: else a difference would be there, or another one."""
    world = simulation.World("means", 0, 0, spread, NOT_REPRODUCED)
    labs = [simulation.lab(world, number)["K1"] for number in range(40)]
    effects = np.array([[part.effect for part in parts] for parts in labs])
    assert (abs(effects.mean(0)) < 4 * effects.std(0, ddof=1) / 40**0.5).all()


def test_a_simulated_sweep_has_the_seeds_that_the_pipeline_s_has():
    few = {
        sweep
        for sweep, values in read_all(ROOT / "params.yaml").names.sweeps().items()
        if any(len(seeds) < max(LOOKS) for seeds in values.values())
    }
    assert few & claims.load().rules["K6"].named.keys() == set(simulation.FEW)


def test_the_docs_name_what_was_simulated_and_are_of_this_judge():
    (written,) = (each.text for each in docparts.parts(TEXT, ROOT)[0] if "labs with" in each.text)
    for each in (*simulation.WORLDS, *simulation.CURVES):
        assert f"| {each.told} |" in written
    assert f"`{simulation.digest()}`" in written, "run python -m rnnlab.claims.simulation"


def test_the_rates_in_the_docs_are_at_most_the_level():
    """But for what a thousand labs leave open."""
    rows = re.findall(r"^\|.* a false \*.*$", TEXT, re.MULTILINE)
    assert len(rows) == len(WRONG) + sum(curve.wrong for curve in simulation.CURVES)
    for row in rows:
        for rate in re.findall(r"([\d.]+)%", row):
            assert float(rate) / 100 <= LEVEL + 2 * (LEVEL * (1 - LEVEL) / simulation.LABS) ** 0.5


def test_the_command_writes_between_the_marks(tmp_path, monkeypatch):
    monkeypatch.setattr(simulation, "table", lambda: "new\n")
    path = tmp_path / "claims.md"
    path.write_text(
        f"before\n<!-- simulated -->\nold\n{docparts.seal('', tmp_path)}after\n", "utf-8"
    )
    simulation.main(path)
    assert re.fullmatch(
        r"before\n<!-- simulated -->\n\nnew\n\n<!-- made: text \w+ -->\nafter\n",
        path.read_text("utf-8"),
    )
