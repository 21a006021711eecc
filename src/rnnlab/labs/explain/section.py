"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scipy.stats import binomtest

from rnnlab.document.parts import Figure, Part, Section, Source, Table
from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, number, percent, signed
from rnnlab.labs.explain.facts import (
    Cells,
    ClippingRun,
    Facts,
    Flow,
    Gradients,
    Influence,
    MaskedReviews,
    MemoryTask,
    Norms,
    Recall,
)
from rnnlab.labs.sentiment.facts import Facts as ReviewFacts
from rnnlab.labs.sentiment.facts import LengthBand
from rnnlab.labs.sentiment.section import band_name
from rnnlab.runs.scores import Nets, runs_of

THEORY = Text(
    "Theory: what a recurrent net can learn from afar", "理论：循环网络能从多远之前学到东西"
)
TITLE = Text("Why gates win, measured", "门为什么有效：实测")
GRADIENTS = Text("Gradients on their way back", "回传途中的梯度")
CELLS = Text("Cells from zero", "从零写成的单元")

SHOWN_DISTANCES = (1, 10, 50, 100, 200)
COMPARED = ("rnn-1-1-100d", "lstm-1-1-100d")
"""The nets whose accuracies by review length stand side by side."""
NET, CELL = Text("net", "网络"), Text("cell", "单元")
WEIGHTS = Text("weights", "权重")
CLIPPED = Text("clipped", "裁剪")
YES, NO = Text("yes", "是"), Text("no", "否")
MOMENTS = {"initial": Text("initial", "初始"), "trained": Text("trained", "训练后")}

DECAYS = (
    NET,
    WEIGHTS,
    Text("state", "状态"),
    Text("decay per step [95% interval]", "每步衰减［95% 区间］"),
    Text("explained by the line", "直线可解释"),
    Text("half-life (steps)", "半衰期（步）"),
)
BOUNDS = (
    NET,
    WEIGHTS,
    Text("η = largest singular value of U", "η = U 的最大奇异值"),
    Text("spectral radius of U", "U 的谱半径"),
    Text("max f′, met", "实际遇到的 max f′"),
    Text("newest steps that give ∂L/∂U to 95%", "凑足 ∂L/∂U 的 95% 所需的最近步数"),
)
CLIPPING = (
    NET,
    Text("learning rate", "学习率"),
    CLIPPED,
    Text("largest norm", "最大范数"),
    Text("mean loss, last tenth of the steps", "最后十分之一步的平均损失"),
    Text("validation loss", "验证损失"),
    Text("validation accuracy", "验证准确率"),
    Text("diverged", "发散"),
)
LENGTHS = (
    Text("tokens", "词元数"),
    Text("reviews", "影评数"),
    Text("RNN (%)", "RNN（%）"),
    Text("LSTM (%)", "LSTM（%）"),
    Text("LSTM − RNN (points)", "LSTM − RNN（百分点）"),
)
EQUALITY = (
    CELL,
    Text("precision", "精度"),
    Text("outputs", "输出"),
    Text("last states", "末状态"),
    Text("gradients", "梯度"),
)
FLOW_FIGURE = Text("Norm of the gradient by distance from the end", "梯度范数与到末尾的距离")
MEMORY_FIGURE = Text("Accuracy by distance of the answer", "准确率与答案的距离")
CLIPPING_FIGURE = Text("Loss and gradient norm by training step", "损失与梯度范数随训练步的变化")
OCCLUSION_FIGURE = Text(
    "Change of the logit by distance of the masked window", "logit 的变化与被遮窗口的距离"
)


def section(results: Results) -> Section:
    facts: Facts = results.facts["explain"]
    reviews: ReviewFacts = results.facts["sentiment"]
    nets = results.nets["sentiment"]["ours"]
    parts = {**_flow(facts, nets), **_trained(facts), **_masked(facts, nets), **_cells(facts.cells)}
    if by_length := all(net in reviews.bands for net in COMPARED):
        parts["lengths"] = lengths(reviews.bands, nets)
    values = {"clip_norm": reviews.training.clip_norm, "by_length": by_length}
    return Section(TITLE, parts, {**_prose(facts), **values})


def _flow(facts: Facts, nets: Nets) -> dict[str, Part]:
    stage, flows = "explain-gradients", facts.gradients.nets
    source = _measured(stage, flows, nets)
    bounded = {net: flow for net, flow in flows.items() if flow.trained.bound}
    return {
        "flow": Figure("explain-gradients.png", FLOW_FIGURE, source),
        "decays": decays(facts.gradients, source),
        "bounds": Table(BOUNDS, list(_bounds(bounded)), _measured(stage, bounded, nets)),
        "norms": norms(facts.norms, Source(runs=source.runs)),
    }


def _trained(facts: Facts) -> dict[str, Part]:
    """Of the stages that train nets of their own."""
    memory, clipping = Source(("explain-memory",)), Source(("explain-clipping",))
    return {
        "recall": Figure("explain-memory.png", MEMORY_FIGURE, memory),
        "successes": successes(facts.memory, memory),
        "clipping": Figure("explain-clipping.png", CLIPPING_FIGURE, clipping),
        "clipping_runs": Table(CLIPPING, list(_clipping(facts.clipping.runs)), clipping),
    }


def _masked(facts: Facts, nets: Nets) -> dict[str, Part]:
    source = _measured("explain-occlusion", facts.occlusion.nets, nets)
    return {
        "occlusion": Figure("explain-occlusion.png", OCCLUSION_FIGURE, source),
        "influence": influence(facts.occlusion, source),
    }


def _cells(cells: Cells) -> dict[str, Part]:
    source = Source(("explain-cells",))
    return {
        "step": Table(("", ""), list(_step(cells)), source),
        "equality": Table(EQUALITY, list(_equality(cells)), source),
    }


def _measured(stage: str, measured: Mapping[str, Flow | Influence], nets: Nets) -> Source:
    """The stage, and the runs whose nets it measured."""
    return Source((stage,), tuple(nets[net].runs[each.seed] for net, each in measured.items()))


def _prose(facts: Facts) -> dict[str, Any]:
    example = facts.cells.example
    return {
        "reviews": facts.gradients.reviews,
        "steps": facts.gradients.distance + 1,
        "memory": facts.memory.settings,
        "solved": percent(facts.memory.settings.solved, 0),
        "clipping": facts.clipping.settings,
        "clipping_reviews": number(facts.clipping.settings.reviews),
        "occlusion": facts.occlusion.settings,
        "masked_reviews": facts.occlusion.reviews,
        "structures": facts.cells.structures.values(),
        "library": example.library,
        "library_parameters": number(example.library_parameters),
        "output_shape": _row(example.output_shape),
        "output": [row[0] for row in example.output],
        "sizes": facts.cells.sizes,
        "size_bounds": facts.cells.bounds,
    }


def decays(gradients: Gradients, source: Source) -> Table:
    """A row for every net, moment and state: the decay, and the curve at some distances."""
    shown = [each for each in SHOWN_DISTANCES if each in gradients.distances]
    left = [Text(f"left after {each}", f"{each} 步后剩余") for each in shown]
    places = [gradients.distances.index(each) for each in shown]
    return Table((*DECAYS, *left), list(_decays(gradients.nets, places)), source)


def _decays(nets: Mapping[str, Flow], places: list[int]) -> Iterator[list[Cell]]:
    for net, flow in nets.items():
        for moment, found in flow.moments.items():
            for state, decay in found.states.items():
                lost = percent(1 - decay.factor)
                low, high = percent(1 - decay.factor_high), percent(1 - decay.factor_low)
                half_life = math.log(2) / decay.rate if decay.rate > 0 else None
                yield [
                    net,
                    MOMENTS[moment],
                    state,
                    Text(f"{lost}% [{low}, {high}]", f"{lost}%［{low}, {high}］"),
                    f"{percent(decay.explained, 1)}%",
                    number(half_life, 1),
                    *(f"{decay.curve[place]:.1e}" for place in places),
                ]


def _bounds(nets: Mapping[str, Flow]) -> Iterator[list[Cell]]:
    for net, flow in nets.items():
        for moment, found in flow.moments.items():
            if found.bound:
                yield [
                    net,
                    MOMENTS[moment],
                    f"{found.bound.eta:.3f}",
                    f"{found.bound.radius:.3f}",
                    f"{found.bound.slope:.4f}",
                    str(found.bound.steps_for_95),
                ]


def successes(memory: MemoryTask, source: Source) -> Table:
    """A row for every cell, clipped and not: by distance, how many nets succeeded, and the
    largest gradient norm in their training."""
    distances = [f"N = {distance}" for distance in memory.settings.distances]
    rows: list[list[Cell]] = [
        [
            cell,
            YES if treatment == "clipped" else NO,
            *(_success(found[treatment], memory.settings.solved) for found in by_distance.values()),
        ]
        for cell, by_distance in memory.cells.items()
        for treatment in ("clipped", "unclipped")
    ]
    return Table((CELL, CLIPPED, *distances), rows, source)


def _success(found: Recall, solved: float) -> Text:
    """How many nets of one cell at one distance succeeded, of all; the largest norm."""
    hits, trials = sum(each >= solved for each in found.accuracy), len(found.accuracy)
    low, high = (percent(end, 0) for end in wilson(hits, trials))
    finite = [each for each in found.largest_norm if each is not None]
    norm = number(max(finite) if len(finite) == trials else None, 1)
    return Text(
        f"{hits}/{trials} [{low}, {high}]; {norm}", f"{hits}/{trials}［{low}, {high}］；{norm}"
    )


def wilson(successful: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share: within 0 and 1, and not empty at either of them."""
    interval = binomtest(successful, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _clipping(runs: Iterable[ClippingRun]) -> Iterator[list[Cell]]:
    for run in runs:
        tail = run.losses[len(run.losses) * 9 // 10 :]
        step = run.diverged_at
        yield [
            run.net,
            str(run.learning_rate),
            YES if run.clip_norm else NO,
            f"{run.largest_norm:.2f}",
            number(sum(tail) / len(tail) if tail else None, 4),
            number(run.valid_loss, 4),
            percent(run.valid_accuracy),
            NO if step is None else Text(f"step {step}", f"第 {step} 步"),
        ]


def norms(found: Mapping[str, Norms], source: Source) -> Table:
    """Mean and largest gradient norm by epoch, two rows a net; a dash where another went on."""
    epochs = max(len(each.mean) for each in found.values())
    rows: list[list[Cell]] = []
    for net, each in found.items():
        rows.append([net, Text("mean", "平均"), *_numbers(each.mean, 2, epochs)])
        rows.append([net, Text("largest", "最大"), *_numbers(each.largest, 1, epochs)])
    numbers = (str(epoch) for epoch in range(1, epochs + 1))
    return Table((NET, Text("norm", "范数"), *numbers), rows, source)


def _numbers(values: list[float], digits: int, length: int) -> list[str]:
    missing = [None] * (length - len(values))
    return [number(value, digits) for value in (*values, *missing)]


def influence(occlusion: MaskedReviews, source: Source) -> Table:
    """A row for every net: where the windows stand that change its logit most."""
    window = occlusion.settings.window
    bands = next(iter(occlusion.nets.values())).bands
    spans = [f"{band.start}–{band.end - 1}" for band in bands]
    columns = (
        NET,
        Text("accuracy (%)", "准确率（%）"),
        Text("share of the change in the last window (%)", "变化中最后一个窗口的份额（%）"),
        Text(
            f"decisive window in the last {window} tokens (%)",
            f"决定性窗口在最后 {window} 个词元（%）",
        ),
        *(
            Text(
                f"decisive at {span}: reviews, accuracy (%)",
                f"决定性窗口在 {span}：影评数，准确率（%）",
            )
            for span in spans
        ),
    )
    return Table(columns, list(_influence(occlusion)), source)


def _influence(occlusion: MaskedReviews) -> Iterator[list[Cell]]:
    for net, found in occlusion.nets.items():
        bands = [(band.reviews, percent(band.accuracy, 1)) for band in found.bands]
        yield [
            net,
            percent(found.accuracy, 1),
            percent(found.share[0], 1),
            percent(found.decisive[0] / occlusion.reviews, 1),
            *(Text(f"{reviews}, {hits}", f"{reviews}，{hits}") for reviews, hits in bands),
        ]


def lengths(bands: Mapping[str, list[LengthBand]], nets: Nets) -> Table:
    """Accuracy of the compared nets by review length, and their difference with its interval."""
    rnn, lstm = (bands[net] for net in COMPARED)
    rows = [_length(*pair) for pair in zip(rnn, lstm, strict=True)]
    return Table(LENGTHS, rows, Source(runs=runs_of({net: nets[net] for net in COMPARED})))


def _length(rnn: LengthBand, lstm: LengthBand) -> list[Cell]:
    """The interval takes the two accuracies as independent, which is wider than they deserve: both
    are of the same reviews."""
    lead = signed(100 * (lstm.accuracy - rnn.accuracy))
    reach = percent(1.96 * math.hypot(rnn.error, lstm.error))
    return [
        band_name(rnn),
        number(rnn.reviews),
        percent(rnn.accuracy),
        percent(lstm.accuracy),
        f"{lead} ± {reach}",
    ]


def _step(cells: Cells) -> Iterator[list[Cell]]:
    example = cells.example
    for name, rows in (("x", example.x), ("h", example.h), ("c", example.c)):
        yield [name, _row(rows[0])]


def _row(values: Iterable[float]) -> str:
    return ", ".join(map(str, values))


def _equality(cells: Cells) -> Iterator[list[Cell]]:
    for cell, precisions in cells.equality.items():
        for precision, found in precisions.items():
            differences = (found.outputs, found.states, found.gradients)
            yield [cell.upper(), precision, *(f"{each:.1e}" for each in differences)]
