"""Why gates win: the numbers that answer, and the words that the numbers decide."""

from collections.abc import Mapping
from statistics import mean, median
from typing import Any, get_args

import numpy as np

from rnnlab.claims.contrast import Estimate, difference
from rnnlab.claims.ledger import Claim
from rnnlab.document.text import Text, listing, percent, signed
from rnnlab.labs.explain import facts
from rnnlab.labs.explain.settings import MemoryCell, MemoryTask
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.scores import Nets

RNN, LSTM = "rnn-1-1-100d", "lstm-1-1-100d"
"""The nets whose comparison is the question."""
FURTHER = Text("further than", "更远")
NO_FURTHER, LESS_FAR = Text("no further than", "并不更远"), Text("less far than", "更近")
MEASURES: dict[str, Text] = {
    "gradient": Text("the gradient's reach", "梯度所传的距离"),
    "recall": Text("recall", "回忆"),
    "adding": Text("adding", "加法"),
}
QUOTED: dict[str, MemoryCell] = {
    "rnn": "rnn",
    "lstm": "lstm",
    "open": "lstm-open",
    "orthogonal": "rnn-orthogonal",
}
"""Of a memory task, by the template's names."""
MANY = 1e6
"""Degrees of freedom with which t is as good as normal."""
MUCH = 2.0
"""Points of accuracy, of which so many or more are told as a gain or a loss."""
GAINS, LOSES = Text("gains", "有所提高"), Text("loses", "反而降低")
NOTHING = Text("gains hardly anything", "几乎没有提高")
UNSURE = Text("shows no sure gain", "是否提高尚不能确定")
NO_LEAD = Text(
    "On whole long reviews the LSTM does not lead, so memory has nothing to explain.",
    "在完整的长影评上 LSTM 并不领先，没有什么需要用记忆来解释。",
)
ONE_SEED = Text(
    "It is not shown that the LSTM leads because of its memory: each net was trained once, which"
    " does not tell memory from chance.",
    "尚不能确认 LSTM 的领先来自记忆：每个网络只训练了一次，无法区分记忆与偶然。",
)
NO_GROWTH = Text(
    "It is not shown that the LSTM leads because of its memory: its lead is not surely larger on"
    " whole long reviews than on their ends.",
    "尚不能确认 LSTM 的领先来自记忆：它在完整长影评上的领先，不能确定大于只读末尾时的领先。",
)
NO_MEMORY = Text(
    "It is not shown that the LSTM leads because of its memory: its lead grows with what is read,"
    " but not every measure shows the LSTM looking further back than the RNN.",
    "尚不能确认 LSTM 的领先来自记忆：读得越多，它领先得越多，但并非每项测量都显示它看得比 RNN 远。",
)
LESS_THAN_HALF = Text(
    "Memory can explain a part of the LSTM's lead on long reviews, but less than half of it.",
    "LSTM 在长影评上的领先，有一部分可以用记忆解释，但不到一半。",
)
HALF = Text(
    "Memory can explain at least half of the LSTM's lead on long reviews.",
    "LSTM 在长影评上的领先，至少有一半可以用记忆解释。",
)


def answer(found: facts.Facts, nets: Nets, claims: Mapping[str, Claim]) -> dict[str, Any] | None:
    """What the answer's template quotes; None if this size lacks the nets or tasks compared.

    nets: on reviews, as published; claims: the ledger, of which K1 is quoted.
    """
    measured = (found.gradients.nets, found.seen.nets, nets)
    compared = all(net in each for net in (RNN, LSTM) for each in measured)
    whole = all({"rnn", "lstm"} <= set(cells) for cells in found.memory.tasks.values())
    if not (compared and whole):
        return None
    flow = _gradients(found.gradients)
    tasks: dict[str, dict[str, Any]] = {
        task: _memory(cells) for task, cells in found.memory.tasks.items()
    }
    return {
        "shown": _lead_is_shown(claims),
        "conclusion": _conclusion(found, {"gradient": flow, **tasks}),
        "accuracy": {
            Shape.of(net).cell: percent(nets[net]["test_accuracy"].mean, 1) for net in (RNN, LSTM)
        },
        **flow,
        "memory": {task: tasks.get(task) for task in get_args(MemoryTask)},
        **_seen(found.seen),
        "cut": _cut(found.cut),
        "diverged": {
            how: "/".join(map(str, found.explosion.diverged(how)))
            for how in ("clipped", "unclipped")
        },
    }


def _lead_is_shown(claims: Mapping[str, Claim]) -> bool:
    """Whether K1 holds of the very nets compared here."""
    parts = claims["K1"].parts if "K1" in claims else []
    shape = RNN.partition("-")[2]
    return any(part.name == shape and part.verdict == "reproduced" for part in parts)


def _conclusion(found: facts.Facts, measures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """measures: of which each says which net looks further back."""
    others = [MEASURES[name] for name, each in measures.items() if each["reaches"] != FURTHER]
    # Nets that were trained on ends, where there are any: to them an end alone is not strange.
    part = found.cut if _cut(found.cut) else found.seen
    least = str(min(part.settings.tokens))
    rnn, lstm = (lost(part.nets[net].views, least) for net in (RNN, LSTM))
    growth = difference(lstm, rnn)
    return {
        "text": conclusion(
            len(part.nets[RNN].seeds), not others, _lead(found.seen, "whole"), growth
        ),
        "further": len(measures) - len(others),
        "measures": listing(MEASURES[name] for name in measures),
        "number": len(measures),
        "others": listing(others) if others else None,
        "tokens": least,
        "lead": signed(100 * _lead(part, least), 1),
        "growth": _points(growth),
    }


def conclusion(seeds: int, further: bool, lead: float, growth: Estimate) -> Text:
    """Whether the LSTM leads because of its memory.

    seeds: of each net; further: whether by all measures it looks further back; lead: how much more
    of the whole reviews it gets right, as a share; growth: by how much that is more than of the
    reviews' ends alone.
    """
    if seeds < 2:
        return ONE_SEED
    if lead <= 0:
        return NO_LEAD
    if growth.interval()[0] <= 0:
        return NO_GROWTH
    if not further:
        return NO_MEMORY
    return LESS_THAN_HALF if growth.value < lead / 2 else HALF


def lost(views: Mapping[str, facts.View], name: str) -> Estimate:
    """What a net loses on the view `name` against whole reviews, as a share.

    Of the error's two sources, seeds are few; reviews are so many that their number is left out.
    """
    view = views[name]
    by_seed = np.subtract(views["whole"].accuracy, view.accuracy)
    seeds = len(by_seed)
    deviation = float(by_seed.std(ddof=1)) if seeds > 1 else 0.0
    error = max(view.error, 1e-12)
    from_seeds = deviation**2 / seeds / error**2
    freedom = min((seeds - 1) / from_seeds**2, MANY) if from_seeds else MANY
    return Estimate(view.lost, error, freedom, deviation)


def _lead(found: facts.SeenReviews | facts.CutReviews, view: str) -> float:
    """How much more the LSTM gets right than the RNN, as a share."""
    rnn, lstm = (mean(found.nets[net].views[view].accuracy) for net in (RNN, LSTM))
    return lstm - rnn


def _gradients(found: facts.Gradients) -> dict[str, Any]:
    def reach(net: str, when: facts.When) -> list[int]:
        moments = found.nets[net].moment(when).values()
        return [each.whole.reach or found.distance + 1 for each in moments]

    def told(net: str, when: facts.When) -> Text:
        steps = median(reach(net, when))
        if steps > found.distance:
            return Text(f"more than {found.distance} steps", f"{found.distance} 步以上")
        return Text(f"{steps:g} steps", f"{steps:g} 步")

    curves = {
        cell: [each.whole for each in found.nets[net].moment("trained").values()]
        for cell, net in (("rnn", RNN), ("lstm", LSTM))
    }
    straight = all(each.exponential > each.power for each in curves["rnn"])
    learnt = median(reach(LSTM, "trained")) > median(reach(LSTM, "initial"))
    return {
        "reach": {"rnn": told(RNN, "trained"), "lstm": told(LSTM, "trained")},
        "initial": told(LSTM, "initial"),
        "reaches": _compared(*(median(reach(net, "trained")) for net in (LSTM, RNN))),
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
    return {
        "reached": [f"`{cell}` {each:g}" for cell, each in reached.items()],
        "reaches": _compared(reached["lstm"], reached["rnn"]),
        **{
            name: f"{reached[cell]:g}" if cell in reached else None for name, cell in QUOTED.items()
        },
    }


def _compared(lstm: float, rnn: float) -> Text:
    """How far the LSTM looks back, beside the RNN. Two that end nowhere pass for equal."""
    if lstm == rnn:
        return NO_FURTHER
    return FURTHER if lstm > rnn else LESS_FAR


def _cut(found: facts.CutReviews) -> dict[str, Any] | None:
    """What nets trained on the fewest last tokens lack; None if this size has not both nets."""
    if not {RNN, LSTM} <= set(found.nets):
        return None
    least = str(min(found.settings.tokens))
    views = {Shape.of(net).cell: found.nets[net].views for net in (RNN, LSTM)}
    return {
        "tokens": least,
        "lead": signed(100 * _lead(found, least), 1),
        "change": {cell: change(each, least, -1) for cell, each in views.items()},
    }


def change(views: Mapping[str, facts.View], name: str, sign: int) -> str:
    """Points that the view loses against whole reviews, times `sign`, ± half a 95% interval."""
    return _points(lost(views, name), sign)


def _points(found: Estimate, sign: int = 1) -> str:
    """Times `sign`, ± half a 95% interval."""
    half = found.interval()[1] - found.value
    return f"{signed(sign * 100 * found.value, 1)} ± {percent(half, 1)}"


def _seen(found: facts.SeenReviews) -> dict[str, Any]:
    shortest = str(min(found.settings.tokens))
    views = {"rnn": found.nets[RNN].views, "lstm": found.nets[LSTM].views}
    leads = {view: 100 * _lead(found, view) for view in (shortest, "whole")}

    def gains(views: Mapping[str, facts.View]) -> Text:
        gain = lost(views, shortest)
        low, high = gain.interval()
        if low > 0 and 100 * gain.value >= MUCH:
            return GAINS
        if high < 0 and 100 * gain.value <= -MUCH:
            return LOSES
        return NOTHING if 100 * high < MUCH else UNSURE

    part_of_it = 0 <= leads[shortest] <= leads["whole"] > 0
    return {
        "shortest": shortest,
        "gain": {cell: change(each, shortest, 1) for cell, each in views.items()},
        "gains": {cell: gains(each) for cell, each in views.items()},
        "shuffled": {cell: change(each, "shuffled", -1) for cell, each in views.items()},
        "lead": {"short": signed(leads[shortest], 1), "whole": signed(leads["whole"], 1)},
        "memoryless": percent(leads[shortest] / leads["whole"], 0) if part_of_it else None,
    }
