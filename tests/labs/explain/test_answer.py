"""The words of the answer follow from its numbers, whichever way they point."""

import pytest

import made
from rnnlab.claims.contrast import difference
from rnnlab.claims.ledger import Claim, Part
from rnnlab.labs.explain import answer, facts


def decay(reach, exponential=0.99, power=0.8):
    curves = {name: [1.0] for name in ("curve", "low", "high")}
    return facts.Decay(**curves, reach=reach, exponential=exponential, power=power)


def gradients(rnn, lstm, initial=8, **shape):
    def moment(reach, **more):
        return facts.Moment(states={"h": decay(reach, **more)})

    def flow(reach, **more):
        both = {"initial": moment(initial), "trained": moment(reach, **more)}
        return facts.Flow(seeds={1: both, 2: both})

    nets = {answer.RNN: flow(rnn, **shape), answer.LSTM: flow(lstm)}
    return facts.Gradients(reviews=9, distance=200, distances=[0], nets=nets)


@pytest.mark.parametrize(
    ("rnn", "lstm", "words"),
    [
        (27, None, ("27 steps", "more than 200 steps", "further than")),
        (30, 9, ("30 steps", "9 steps", "less far than")),
        (9, 9, ("9 steps", "9 steps", "no further than")),
    ],
)
def test_which_gradient_reaches_further(rnn, lstm, words):
    found = answer._gradients(gradients(rnn, lstm))
    assert (found["reach"]["rnn"].en, found["reach"]["lstm"].en, found["reaches"].en) == words


def test_whether_it_falls_exponentially_and_whether_training_lengthened_the_reach():
    found = answer._gradients(gradients(27, 20, initial=20, exponential=0.7, power=0.9))
    assert found["falls"].en == "no more like an exponential than like a power law"
    assert found["learnt"].en == "training did not lengthen its reach"
    found = answer._gradients(gradients(27, 20))
    assert found["falls"].en == "more like an exponential than like a power law"
    assert found["learnt"].en == "training lengthened its reach"


def test_a_median_between_two_seeds_keeps_its_half():
    between = gradients(27, 20)
    seeds = between.nets[answer.RNN].seeds
    seeds[2] = {**seeds[2], "trained": facts.Moment(states={"h": decay(28)})}
    assert answer._gradients(between)["reach"]["rnn"].en == "27.5 steps"
    assert answer._memory({"rnn": climb(10, 20), "lstm": climb(20)})["reached"][0] == "`rnn` 15"


def climb(*reached):
    """Of each seed, the last distance that it learnt."""
    return {
        distance: {
            seed: facts.Trial(steps=50 if distance <= last else None, right=0.9)
            for seed, last in enumerate(reached)
            if distance <= 2 * last
        }
        for distance in (10, 20, 40, 80)
        if distance <= 2 * max(reached)
    }


def test_how_far_cells_learn_to_look():
    cells = {
        "rnn": climb(10, 20, 10),
        "rnn-orthogonal": climb(40, 40, 40),
        "lstm": climb(20, 20, 40),
    }
    found = answer._memory(cells)
    assert found["reached"] == ["`rnn` 10", "`rnn-orthogonal` 40", "`lstm` 20"]
    assert found["reaches"].en == "further than"
    assert (found["lstm"], found["orthogonal"], found["open"]) == ("20", "40", None)
    plain = answer._memory({"rnn": climb(40), "lstm": climb(20)})
    assert plain["reaches"].en == "less far than"
    assert plain["orthogonal"] is None


def view(*accuracy, lost=0.0, error=0.01):
    return facts.View(accuracy=list(accuracy), lost=lost, error=error)


def seen(rnn, lstm):
    nets = {answer.RNN: rnn, answer.LSTM: lstm}
    return facts.SeenReviews(
        settings={"reviews": 9, "tokens": [25], "seed": 1},
        reviews=9,
        nets={net: facts.Seen(views=views, seeds=[1]) for net, views in nets.items()},
    )


def test_who_gains_from_seeing_more():
    rnn = {
        "25": view(0.70, lost=0.01, error=0.004),
        "whole": view(0.71),
        "shuffled": view(0.66, lost=0.05),
    }
    lstm = {"25": view(0.75, lost=0.10), "whole": view(0.85), "shuffled": view(0.84, lost=0.01)}
    found = answer._seen(seen(rnn, lstm))
    assert found["gains"]["rnn"] == answer.NOTHING
    assert found["gains"]["lstm"] == answer.GAINS
    assert found["gain"]["lstm"] == "+10.0 ± 2.0"
    assert found["shuffled"]["rnn"] == "−5.0 ± 2.0"
    assert (found["lead"]["short"], found["lead"]["whole"]) == ("+5.0", "+14.0")
    assert found["memoryless"] == "36"
    rnn["25"] = view(0.70, lost=0.01, error=0.01)  # up to +3 points
    assert answer._seen(seen(rnn, lstm))["gains"]["rnn"] == answer.UNSURE
    rnn["25"] = view(0.90, lost=-0.15, error=0.01)
    assert answer._seen(seen(rnn, lstm))["gains"]["rnn"] == answer.LOSES


@pytest.mark.parametrize(
    ("short", "whole", "memoryless"),
    [
        (0.75, 0.80, "50"),
        (0.70, 0.80, "0"),
        (0.85, 0.80, None),  # a lead that shrinks as more is seen has no part of this kind
        (0.65, 0.80, None),
        (0.75, 0.68, None),
    ],
)
def test_the_part_of_the_lead_that_is_no_memory_is_told_only_of_a_part_of_it(
    short, whole, memoryless
):
    rnn = {"25": view(0.70), "whole": view(0.70), "shuffled": view(0.70)}
    lstm = {"25": view(short), "whole": view(whole), "shuffled": view(whole)}
    assert answer._seen(seen(rnn, lstm))["memoryless"] == memoryless


@pytest.mark.parametrize(
    ("further", "lead", "lost", "told"),
    [
        (True, 0.10, (0.00, 0.06), answer.HALF),
        (True, 0.10, (0.00, 0.12), answer.HALF),  # on ends the RNN leads
        (True, 0.10, (0.01, 0.05), answer.LESS_THAN_HALF),
        (False, 0.10, (0.00, 0.06), answer.NO_MEMORY),
        (True, 0.10, (0.00, 0.02), answer.NO_GROWTH),  # 1.96 standard errors are 2.8 points
        (False, 0.10, (0.05, 0.02), answer.NO_GROWTH),
        (True, -0.01, (0.00, 0.06), answer.NO_LEAD),
        (True, 0.00, (0.00, 0.06), answer.NO_LEAD),
    ],
)
def test_whether_memory_explains_the_lead(further, lead, lost, told):
    views = {"whole": view(0.7), "rnn": view(0.7, lost=lost[0]), "lstm": view(0.7, lost=lost[1])}
    growth = difference(*(answer.lost(views, cell) for cell in ("lstm", "rnn")))
    assert answer.conclusion(3, further, lead, growth) is told


def test_few_seeds_that_scatter_make_the_interval_wide():
    """By hand: of three seeds, t has 2 degrees of freedom, and 4.30 in place of 1.96."""
    whole = facts.View(accuracy=[0.8, 0.8, 0.8], lost=0, error=0)
    end = facts.View(accuracy=[0.68, 0.70, 0.72], lost=0.1, error=0.02 / 3**0.5)
    views = {"whole": whole, "25": end}
    assert answer.change(views, "25", -1) == f"−10.0 ± {4.303 * 2 / 3**0.5:.1f}"
    many = end.model_copy(update={"accuracy": [0.7, 0.7, 0.7]})
    assert answer.change({**views, "25": many}, "25", 1) == f"+10.0 ± {1.96 * 2 / 3**0.5:.1f}"


def test_the_conclusion_is_of_nets_that_were_trained_on_ends_where_there_are_any():
    def nets(rnn, lstm, **views):
        shares = {answer.RNN: rnn, answer.LSTM: lstm}
        lost = {net: 0.8 - each for net, each in shares.items()}
        found = {net: {"25": view(shares[net], lost=lost[net]), **views} for net in shares}
        return {net: facts.Seen(views=each, seeds=[1, 2]) for net, each in found.items()}

    whole = {"whole": view(0.8)}
    settings = {"nets": [answer.RNN], "tokens": [25]}
    cut = facts.CutReviews(settings=settings, reviews=9, nets=nets(0.6, 0.7, **whole))
    least = made.least(facts.Facts)
    fed = seen({"25": view(0.70), **whole}, {"25": view(0.75), **whole})
    both = least.model_copy(update={"seen": fed, "cut": cut})
    measures = {"gradient": {"reaches": answer.FURTHER}, "recall": {"reaches": answer.NO_FURTHER}}
    found = answer._conclusion(both, measures)
    assert (found["lead"], found["further"], found["number"]) == ("+10.0", 1, 2)
    assert (found["others"].en, found["growth"]) == ("recall", "−10.0 ± 2.8")
    neither = both.model_copy(update={"cut": cut.model_copy(update={"nets": {}})})
    assert answer._conclusion(neither, measures)["lead"] == "+5.0"


def test_one_training_of_each_net_concludes_nothing():
    fed = seen(
        {"25": view(0.7, lost=0.0), "whole": view(0.7)}, {"25": view(0.7), "whole": view(0.9)}
    )
    cut = facts.CutReviews(settings={"nets": [answer.RNN], "tokens": [25]}, reviews=9, nets={})
    found = made.least(facts.Facts).model_copy(update={"seen": fed, "cut": cut})
    assert answer._conclusion(found, {})["text"] == answer.ONE_SEED


@pytest.mark.parametrize(
    ("part", "verdict", "shown"),
    [
        ("1-1-100d", "reproduced", True),
        ("1-1-100d", "inconclusive", False),
        ("1-1-300d", "reproduced", False),
    ],
)
def test_the_lead_is_shown_where_k1_holds_of_these_nets(part, verdict, shown):
    claim = Claim(verdict="inconclusive", parts=[Part(name=part, verdict=verdict, unit="accuracy")])
    assert answer._lead_is_shown({"K1": claim}) is shown
