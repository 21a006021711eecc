"""Why gates win: the numbers that answer, and the words that the numbers decide."""

from collections.abc import Mapping
from statistics import mean, median
from typing import Any

from rnnlab.document.text import Text, percent, signed
from rnnlab.labs.explain import facts
from rnnlab.labs.explain.settings import MemoryCell
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.scores import Nets

RNN, LSTM = "rnn-1-1-100d", "lstm-1-1-100d"
"""The nets whose comparison is the question."""
LONGER, NOT_LONGER = Text("further", "更远"), Text("no further", "并不更远")
BEYOND, NOT_BEYOND = Text("further than", "超过"), Text("no further than", "不超过")
MUCH = 2.0
"""Points of accuracy, of which so many or more are told as a gain or a loss."""
GAINS, LOSES = Text("gains", "有所提高"), Text("loses", "反而降低")
NOTHING = Text("gains hardly anything", "几乎没有提高")
UNSURE = Text("shows no sure gain", "是否提高尚不能确定")


def answer(found: facts.Facts, nets: Nets) -> dict[str, Any] | None:
    """What the answer's template quotes; None if this size lacks the nets or tasks compared."""
    measured = (found.gradients.nets, found.seen.nets, nets)
    compared = all(net in each for net in (RNN, LSTM) for each in measured)
    whole = all({"rnn", "lstm"} <= set(cells) for cells in found.memory.tasks.values())
    if not (compared and whole):
        return None
    return {
        "accuracy": {
            Shape.of(net).cell: percent(nets[net]["test_accuracy"].mean, 1) for net in (RNN, LSTM)
        },
        **_gradients(found.gradients),
        "memory": {task: _memory(cells) for task, cells in found.memory.tasks.items()},
        **_seen(found.seen),
        "cut": _cut(found.cut),
        "diverged": {
            how: "/".join(map(str, found.explosion.diverged(how)))
            for how in ("clipped", "unclipped")
        },
    }


def _gradients(found: facts.Gradients) -> dict[str, Any]:
    def reach(net: str, when: facts.When) -> list[int]:
        moments = found.nets[net].moment(when).values()
        return [each.whole.reach or found.distance + 1 for each in moments]

    def told(net: str, when: facts.When) -> Text:
        steps = median(reach(net, when))
        if steps > found.distance:
            return Text(f"more than {found.distance}", f"超过 {found.distance}")
        return Text(*[f"{steps:g}"] * 2)

    curves = {
        cell: [each.whole for each in found.nets[net].moment("trained").values()]
        for cell, net in (("rnn", RNN), ("lstm", LSTM))
    }
    straight = all(each.exponential > each.power for each in curves["rnn"])
    longer = median(reach(LSTM, "trained")) > median(reach(RNN, "trained"))
    learnt = median(reach(LSTM, "trained")) > median(reach(LSTM, "initial"))
    return {
        "reach": {"rnn": told(RNN, "trained"), "lstm": told(LSTM, "trained")},
        "initial": told(LSTM, "initial"),
        "reaches": LONGER if longer else NOT_LONGER,
        **{
            law: {
                cell: percent(mean(getattr(each, law) for each in own), 1)
                for cell, own in curves.items()
            }
            for law in ("exponential", "power")
        },
        "falls": Text("more like an exponential than like a power law", "更像指数衰减而不像幂律")
        if straight
        else Text("no more like an exponential than like a power law", "并不比幂律更像指数衰减"),
        "learnt": Text("training lengthened its reach", "训练使它传得更远")
        if learnt
        else Text("training did not lengthen its reach", "训练并没有使它传得更远"),
    }


def _memory(cells: Mapping[MemoryCell, facts.Climb]) -> dict[str, Any]:
    reached = {cell: median(facts.reach(climb)) for cell, climb in cells.items()}
    found: dict[str, Any] = {
        "reached": [f"`{cell}` {each:g}" for cell, each in reached.items()],
        "reaches": LONGER if reached["lstm"] > reached["rnn"] else NOT_LONGER,
    }
    if "rnn-orthogonal" in reached:
        longer = reached["rnn-orthogonal"] > reached["lstm"]
        found["orthogonal"] = {
            "reach": f"{reached['rnn-orthogonal']:g}",
            "against": BEYOND if longer else NOT_BEYOND,
            "lstm": f"{reached['lstm']:g}",
        }
    return found


def _cut(found: facts.CutReviews) -> dict[str, Any] | None:
    """What nets trained on the fewest last tokens lack; None if this size has not both nets."""
    if not {RNN, LSTM} <= set(found.nets):
        return None
    least = str(min(found.settings.tokens))
    views = {Shape.of(net).cell: found.nets[net].views[least] for net in (RNN, LSTM)}
    accuracy = {cell: 100 * mean(view.accuracy) for cell, view in views.items()}
    return {
        "tokens": least,
        "lead": signed(accuracy["lstm"] - accuracy["rnn"], 1),
        "change": {cell: _change(view, -1) for cell, view in views.items()},
    }


def _change(view: facts.View, sign: int) -> str:
    """Points that the view loses against whole reviews, times `sign`, ± half a 95% interval."""
    return f"{signed(0.0 + sign * 100 * view.lost, 1)} ± {percent(1.96 * view.error, 1)}"


def _seen(found: facts.SeenReviews) -> dict[str, Any]:
    shortest = str(min(found.settings.tokens))
    views = {"rnn": found.nets[RNN].views, "lstm": found.nets[LSTM].views}
    scores = {
        cell: {view: 100 * mean(each[view].accuracy) for view in (shortest, "whole")}
        for cell, each in views.items()
    }
    leads = {view: scores["lstm"][view] - scores["rnn"][view] for view in (shortest, "whole")}

    def gains(view: facts.View) -> Text:
        half = 1.96 * view.error
        if view.lost - half > 0 and 100 * view.lost >= MUCH:
            return GAINS
        if view.lost + half < 0 and 100 * view.lost <= -MUCH:
            return LOSES
        return NOTHING if 100 * (view.lost + half) < MUCH else UNSURE

    part_of_it = 0 <= leads[shortest] <= leads["whole"] > 0
    return {
        "shortest": shortest,
        "gain": {cell: _change(each[shortest], 1) for cell, each in views.items()},
        "gains": {cell: gains(each[shortest]) for cell, each in views.items()},
        "shuffled": {cell: _change(each["shuffled"], -1) for cell, each in views.items()},
        "lead": {"short": signed(leads[shortest], 1), "whole": signed(leads["whole"], 1)},
        "memoryless": percent(leads[shortest] / leads["whole"], 0) if part_of_it else None,
    }
