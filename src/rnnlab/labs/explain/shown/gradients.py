"""How gradients flow back: tables, figure, and what the prose quotes."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import geometric_mean, mean
from typing import Any

from rnnlab.claims import claims
from rnnlab.document.parts import Figure, Part, Source, Table
from rnnlab.document.text import Cell, Text, columns, listing, number, percent
from rnnlab.labs.explain import facts, sources
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.scores import Nets

SHOWN_DISTANCES = (10, 50, 100, 200)
MEAN, LARGEST = Text("mean", "平均"), Text("largest", "最大")
MOMENTS: dict[facts.When, Text] = {
    "initial": Text("initial", "初始"),
    "trained": Text("trained", "训练后"),
}
STATES: dict[facts.State, Text] = {
    "h": Text("h", "h"),
    "c": Text("c", "c"),
    "h and c": Text("h and c", "h 与 c"),
}
DECAYS = columns("net | weights | state", "网络 | 权重 | 状态")
SHAPES = columns(
    "1% left after (steps, by seed) | explained by an exponential (%) | by a power law (%)",
    "多少步后只剩 1%（各种子） | 指数可解释（%） | 幂律可解释（%）",
)
BOUNDS = columns(
    "net | weights | ‖U‖, largest singular value | spectral radius of U | largest f′ in use"
    " | newest steps that give ∂L/∂U to 95%, by seed",
    "网络 | 权重 | ‖U‖，最大奇异值 | U 的谱半径 | 实际出现的最大 f′"
    " | 凑足 ∂L/∂U 的 95% 所需的最近步数（各种子）",
)
NORMS = columns("net | norm", "网络 | 范数")
TITLE = Text("Norm of the gradient by distance from the end", "梯度范数与到末尾的距离")


def parts(found: facts.Facts, nets: Nets) -> dict[str, Part]:
    flows = found.gradients.nets
    bounded = {net: flow for net, flow in flows.items() if Shape.of(net).cell == "rnn"}
    source = sources.stage("gradients", nets, flows)
    trainings = tuple(next(iter(nets[net].runs.values())) for net in found.norms)
    return {
        "gradients": Figure("explain-gradients", TITLE, source),
        "decays": decays(found.gradients, source),
        "bounds": Table(BOUNDS, list(_bounds(bounded)), sources.stage("gradients", nets, bounded)),
        "norms": norms(found.norms, Source(runs=trainings)),
    }


def prose(found: facts.Facts) -> dict[str, Any]:
    rule = claims.load().rules["K9"]
    return {
        "gradients": found.gradients,
        "steps": found.gradients.distance + 1,
        "newest": {when: list(steps.values()) for when, steps in found.newest.items()},
        "nearest": rule.steps if isinstance(rule, claims.Newest) else None,
    }


def decays(gradients: facts.Gradients, source: Source) -> Table:
    """A row for every net, moment and state: what is left at some distances, and how it falls."""
    shown = [each for each in SHOWN_DISTANCES if each in gradients.distances]
    headings = [Text(f"left after {each} (%)", f"{each} 步后剩余（%）") for each in shown]
    places = [gradients.distances.index(each) for each in shown]
    rows: list[list[Cell]] = []
    for net, flow in gradients.nets.items():
        for when, name in MOMENTS.items():
            moments = flow.moment(when).values()
            for state in next(iter(moments)).states:
                found = [moment.states[state] for moment in moments]
                row: list[Cell] = [left([decay.curve[at] for decay in found]) for at in places]
                row += _shape(found, gradients.distance)
                rows.append([net, name, STATES[state], *row])
    return Table((*DECAYS, *headings, *SHAPES), rows, source)


def left(shares: Sequence[float]) -> Text:
    """Shares by seed: their geometric mean in percent, and their range."""
    ends = (geometric_mean(max(each, 1e-300) for each in shares), min(shares), max(shares))
    middle, low, high = map(_in_percent, ends)
    return Text(f"{middle} ({low}–{high})", f"{middle}（{low}–{high}）")


def _in_percent(share: float) -> str:
    """To two digits; a gradient that has grown to whole percents, without a power of ten."""
    return f"{100 * share:.0f}" if share >= 1 else f"{100 * share:.2g}"


def _shape(found: Sequence[facts.Decay], distance: int) -> Iterator[Cell]:
    reached = [str(decay.reach) if decay.reach else f"> {distance}" for decay in found]
    yield listing(reached)
    for explained in ([decay.exponential for decay in found], [decay.power for decay in found]):
        yield percent(mean(explained), 1)


def _bounds(nets: Mapping[str, facts.Flow]) -> Iterator[list[Cell]]:
    for net, flow in nets.items():
        for when, name in MOMENTS.items():
            bounds = [each.bound for each in flow.moment(when).values() if each.bound]
            kinds = zip(*((each.eta, each.radius, each.slope) for each in bounds), strict=True)
            norms = [number(mean(values), 3) for values in kinds]
            yield [net, name, *norms, listing(each.steps_for_95 for each in bounds)]


def norms(found: Mapping[str, facts.Norms], source: Source) -> Table:
    """Mean and largest gradient norm by epoch, two rows a net; a dash where another went on."""
    epochs = max(len(each["mean"]) for each in found.values())
    rows: list[list[Cell]] = []
    for net, each in found.items():
        for name, values, digits in ((MEAN, each["mean"], 2), (LARGEST, each["largest"], 1)):
            missing = [None] * (epochs - len(values))
            rows.append([net, name, *(number(value, digits) for value in (*values, *missing))])
    return Table((*NORMS, *(str(epoch + 1) for epoch in range(epochs))), rows, source)
