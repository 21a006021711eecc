"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import geometric_mean, mean, median
from typing import Any

from rnnlab.claims import claims
from rnnlab.document.parts import Content, Figure, Part, Source, Table
from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, columns, number, percent, signed
from rnnlab.labs.explain import facts
from rnnlab.labs.explain.answer import LSTM, RNN, answer
from rnnlab.labs.sentiment.facts import Facts as ReviewFacts
from rnnlab.labs.sentiment.facts import LengthBand
from rnnlab.labs.sentiment.section import band_name
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.scores import Nets, runs_of

TITLE = Text("Why gates win, measured", "门为什么有效：实测")
SHOWN_DISTANCES = (10, 50, 100, 200)
COMPARED = (RNN, LSTM)
"""The nets whose accuracies by review length stand side by side."""
YES, NO = Text("yes", "是"), Text("no", "否")
FAILS = Text("does not hold", "不成立")
MEAN, LARGEST = Text("mean", "平均"), Text("largest", "最大")
MOMENTS: dict[facts.Stage, Text] = {
    "initial": Text("initial", "初始"),
    "trained": Text("trained", "训练后"),
}

DECAYS = columns("net | weights | state", "网络 | 权重 | 状态")
SHAPES = columns(
    "1% left after (steps) | explained by an exponential (%) | by a power law (%)",
    "多少步后只剩 1% | 指数可解释（%） | 幂律可解释（%）",
)
BOUNDS = columns(
    "net | weights | η = largest singular value of U | spectral radius of U | largest f′ in use"
    " | newest steps that give ∂L/∂U to 95%, by seed",
    "网络 | 权重 | η = U 的最大奇异值 | U 的谱半径 | 实际出现的最大 f′"
    " | 凑足 ∂L/∂U 的 95% 所需的最近步数（各种子）",
)
NORMS = columns("net | norm", "网络 | 范数")
MEMORY = columns(
    "task | cell | learns up to N, median (range)", "任务 | 单元 | 学会的最大 N：中位数（范围）"
)
TASKS = {"recall": Text("recall", "回忆"), "adding": Text("adding", "加法")}
CLIPPING = columns(
    "net | learning rate | clipped | largest norm | mean loss over the last tenth of the steps"
    " | validation loss | validation accuracy | diverged",
    "网络 | 学习率 | 裁剪 | 最大范数 | 最后十分之一步的平均损失 | 验证损失 | 验证准确率 | 发散",
)
SEEN = columns("net", "网络")
VIEWS = (Text("whole", "全文"), Text("whole, shuffled", "全文打乱"))
EXPLOSION = columns(
    "learning rate | spectral radius of U | diverged, clipped | not clipped"
    " | largest norm, clipped | not clipped | loss of those left, clipped | not clipped",
    "学习率 | U 的谱半径 | 发散：裁剪 | 不裁剪 | 最大范数：裁剪 | 不裁剪"
    " | 其余网络的损失：裁剪 | 不裁剪",
)
CLIPPED = columns(
    "lab | regime | clipped to | runs | epochs | with a norm above | with a mean norm above"
    " | largest norm",
    "实验 | 训练方式 | 裁剪到 | 运行数 | 轮数 | 有范数超过的轮数 | 平均范数超过的轮数 | 最大范数",
)
LENGTHS = columns(
    "tokens | reviews | RNN (%) | LSTM (%) | LSTM − RNN (points)",
    "词元数 | 影评数 | RNN（%） | LSTM（%） | LSTM − RNN（百分点）",
)
EQUALITY = columns(
    "cell | precision | outputs | last states | gradients", "单元 | 精度 | 输出 | 末状态 | 梯度"
)
FIGURES = {
    "gradients": Text("Norm of the gradient by distance from the end", "梯度范数与到末尾的距离"),
    "memory": Text("Training steps until learnt, by distance", "学会所需的训练步数与距离"),
    "clipping": Text("Loss and gradient norm by training step", "损失与梯度范数随训练步的变化"),
    "explosion": Text(
        "Gradient norms and divergence by spectral radius", "梯度范数与发散随谱半径的变化"
    ),
    "occlusion": Text(
        "Change of the logit by distance of the masked window", "logit 的变化与被遮窗口的距离"
    ),
    "seen": Text("Accuracy by how much of a review is seen", "准确率与所见影评的多少"),
}
"""By stage."""
DRAWN = Text("One step of each cell", "各单元的一步")


def section(results: Results) -> Content:
    found: facts.Facts = results.facts["explain"]
    reviews: ReviewFacts = results.facts["sentiment"]
    nets = results.nets["sentiment"]["published"]
    by_length = all(net in reviews.bands for net in COMPARED)
    parts = _parts(found, nets) | ({"lengths": lengths(reviews.bands, nets)} if by_length else {})
    values: dict[str, Any] = {
        "clip_norm": reviews.training["published"].clip_norm,
        "by_length": by_length,
    }
    values["answer"] = answer(found, nets)
    return Content(TITLE, parts, {**_prose(found), **values})


def _parts(found: facts.Facts, nets: Nets) -> dict[str, Part]:
    def source(stage: str, measured: Iterable[str] = ()) -> Source:
        """The stage, and the runs of the nets that it measured."""
        return Source((f"explain-{stage}",), runs_of({net: nets[net] for net in measured}))

    flows = found.gradients.nets
    bounded = {net: flow for net, flow in flows.items() if Shape.of(net).cell == "rnn"}
    sources = {stage: source(stage) for stage in ("cells", "memory", "clipping", "explosion")}
    sources |= {"gradients": source("gradients", flows), "seen": source("seen", found.seen.nets)}
    masked = {net: nets[net].runs[each.seed] for net, each in found.occlusion.nets.items()}
    sources["occlusion"] = Source(("explain-occlusion",), tuple(masked.values()))
    trainings = tuple(next(iter(nets[net].runs.values())) for net in found.norms)
    example = found.cells.example
    step = [[name, _row(getattr(example, name)[0])] for name in ("x", "h", "c")]
    return {
        **{name: Figure(f"explain-{name}", text, sources[name]) for name, text in FIGURES.items()},
        "drawings": Figure("explain-drawings", DRAWN, Source(("report",))),
        "decays": decays(found.gradients, sources["gradients"]),
        "bounds": Table(BOUNDS, list(_bounds(bounded)), source("gradients", bounded)),
        "norms": norms(found.norms, Source(runs=trainings)),
        "climbs": climbs(found.memory, sources["memory"]),
        "clipping_runs": Table(
            CLIPPING, [_clipping(run) for run in found.clipping.runs], sources["clipping"]
        ),
        "explosions": explosions(found.explosion, sources["explosion"]),
        "clipped": Table(
            CLIPPED, [_clipped(each) for each in found.clipped], Source(("evaluate",))
        ),
        "views": seen(found.seen, sources["seen"]),
        "influence": influence(found.occlusion, sources["occlusion"]),
        "step": Table(("", ""), step, sources["cells"]),
        "equality": Table(EQUALITY, list(_equality(found.cells)), sources["cells"]),
    }


def _prose(found: facts.Facts) -> dict[str, Any]:
    example = found.cells.example
    newest = {stage: list(steps.values()) for stage, steps in found.newest.items()}
    return {
        "newest": newest,
        "nearest": {stage: nearest(steps) for stage, steps in newest.items()},
        "gradients": found.gradients,
        "steps": found.gradients.distance + 1,
        "memory": found.memory.settings,
        "coverage": percent(1 - 2 ** (1 - len(found.memory.settings.seeds)), 0),
        "solved": percent(found.memory.settings.solved, 0),
        "clipping": found.clipping.settings,
        "explosion": found.explosion.settings,
        "clipping_reviews": number(found.clipping.settings.reviews),
        "masked": found.occlusion,
        "occlusion": found.occlusion.settings,
        "seen": found.seen,
        "longest_view": max(found.seen.settings.tokens),
        "cells": found.cells,
        "library_parameters": number(example.library_parameters),
        "output_shape": _row(example.output_shape),
        "output": [row[0] for row in example.output],
    }


def nearest(steps: Sequence[int]) -> Text:
    """Whether U learns from the nearest states only, in seeds that need so many newest steps."""
    rule = claims.load().rules["K9"]
    hold = [each <= rule.steps for each in steps if isinstance(rule, claims.Newest)]
    if all(hold):
        return Text("holds", "成立")
    return Text("holds in some seeds only", "只在部分种子上成立") if any(hold) else FAILS


def decays(gradients: facts.Gradients, source: Source) -> Table:
    """A row for every net, moment and state: what is left at some distances, and how it falls."""
    shown = [each for each in SHOWN_DISTANCES if each in gradients.distances]
    left = [Text(f"left after {each} (%)", f"{each} 步后剩余（%）") for each in shown]
    places = [gradients.distances.index(each) for each in shown]
    rows: list[list[Cell]] = []
    for net, flow in gradients.nets.items():
        for stage, name in MOMENTS.items():
            moments = flow.moment(stage).values()
            for state in next(iter(moments)).states:
                found = [moment.states[state] for moment in moments]
                remains = [_left([decay.curve[at] for decay in found]) for at in places]
                rows.append([net, name, state, *remains, *_shape(found, gradients.distance)])
    return Table((*DECAYS, *left, *SHAPES), rows, source)


def _left(shares: Sequence[float]) -> Text:
    """Seeds' geometric mean in percent, and their range."""
    ends = (geometric_mean(max(each, 1e-300) for each in shares), min(shares), max(shares))
    middle, low, high = (f"{100 * each:.2g}" for each in ends)
    return Text(f"{middle} ({low}–{high})", f"{middle}（{low}–{high}）")


def _shape(found: Sequence[facts.Decay], distance: int) -> Iterator[Cell]:
    reached = [str(decay.reach) if decay.reach else f"> {distance}" for decay in found]
    yield ", ".join(reached)
    for explained in ([decay.exponential for decay in found], [decay.power for decay in found]):
        yield percent(mean(explained), 1)


def _bounds(nets: Mapping[str, facts.Flow]) -> Iterator[list[Cell]]:
    for net, flow in nets.items():
        for stage, name in MOMENTS.items():
            bounds = [each.bound for each in flow.moment(stage).values() if each.bound]
            kinds = zip(*((each.eta, each.radius, each.slope) for each in bounds), strict=True)
            norms = [number(mean(values), 3) for values in kinds]
            yield [net, name, *norms, _row([each.steps_for_95 for each in bounds])]


def climbs(memory: facts.Memory, source: Source) -> Table:
    """A row for every task and cell: how far its nets learnt to look, and by distance how many
    did and in how many steps."""
    distances = memory.settings.distances
    rows: list[list[Cell]] = [
        [TASKS[task], cell, _reach(climb), *(_needed(climb.get(each, {})) for each in distances)]
        for task, cells in memory.tasks.items()
        for cell, climb in cells.items()
    ]
    return Table((*MEMORY, *(f"N = {each}" for each in distances)), rows, source)


def _reach(climb: facts.Climb) -> Text:
    reached = facts.reach(climb)
    found = number(median(reached), 0)
    low, high = min(reached), max(reached)
    return Text(f"{found} ({low}–{high})", f"{found}（{low}–{high}）")


def _needed(trials: Mapping[int, facts.Trial]) -> str:
    """How many nets learnt, of those tried, and the median of the steps that they took."""
    needed = [trial.steps for trial in trials.values() if trial.steps is not None]
    steps = f": {number(median(needed), 0)}" if needed else ""
    return f"{len(needed)}/{len(trials)}{steps}" if trials else "–"


def wilson(successful: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share: within 0 and 1, and not empty at either of them."""
    from scipy.stats import binomtest

    interval = binomtest(successful, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def explosions(found: facts.Explosions, source: Source) -> Table:
    """A row for every rate and radius: how many diverged, and what the others reached."""
    rows = []
    for each in found.trainings:
        both = list(each.treatments.values())
        gone = [f"{sum(one.diverged)}/{len(one.diverged)}" for one in both]
        norms = [f"{max(one.norms):.2g}" for one in both]
        rows.append(
            [f"{each.learning_rate:g}", f"{each.radius:g}", *gone, *norms, *map(_left_over, both)]
        )
    return Table(EXPLOSION, rows, source)


def _left_over(found: facts.Exploding) -> str:
    pairs = zip(found.loss, found.diverged, strict=True)
    kept = [loss for loss, gone in pairs if loss is not None and not gone]
    return number(mean(kept) if kept else None, 3)


def _clipped(found: facts.Clipped) -> list[Cell]:
    limit = NO if found.clip_norm is None else f"{found.clip_norm:g}"
    acted = (found.above, found.mostly) if found.clip_norm is not None else (None, None)
    counts = [number(each) for each in (found.runs, found.epochs, *acted)]
    return [found.lab, found.regime, limit, *counts, number(found.largest, 1)]


def _clipping(run: facts.ClippingRun) -> list[Cell]:
    tail, step = run.losses[len(run.losses) * 9 // 10 :], run.diverged_at
    losses = (sum(tail) / len(tail) if tail else None, run.valid_loss)
    diverged = NO if step is None else Text(f"step {step}", f"第 {step} 步")
    how = (run.net, str(run.learning_rate), YES if run.clip_norm else NO)
    norm, accuracy = f"{run.largest_norm:.2f}", percent(run.valid_accuracy)
    return [*how, norm, *(number(loss, 4) for loss in losses), accuracy, diverged]


def norms(found: Mapping[str, facts.Norms], source: Source) -> Table:
    """Mean and largest gradient norm by epoch, two rows a net; a dash where another went on."""
    epochs = max(len(each["mean"]) for each in found.values())
    rows: list[list[Cell]] = []
    for net, each in found.items():
        for name, values, digits in ((MEAN, each["mean"], 2), (LARGEST, each["largest"], 1)):
            missing = [None] * (epochs - len(values))
            rows.append([net, name, *(number(value, digits) for value in (*values, *missing))])
    return Table((*NORMS, *(str(epoch + 1) for epoch in range(epochs))), rows, source)


def influence(occlusion: facts.MaskedReviews, source: Source) -> Table:
    """A row for every net: where the windows stand that change its logit most."""
    window = occlusion.settings.window
    headings = columns(
        "net | accuracy (%) | share of the change in the last window (%)"
        f" | decisive window in the last {window} tokens (%)",
        "网络 | 准确率（%） | 变化中最后一个窗口的份额（%）"
        f" | 决定性窗口在最后 {window} 个词元（%）",
    )
    for band in next(iter(occlusion.nets.values())).bands:
        span = f"{band.start}–{band.end - 1}"
        en = f"decisive at {span}: reviews, accuracy (%)"
        headings.append(Text(en, f"决定性窗口在 {span}：影评数，准确率（%）"))
    rows: list[list[Cell]] = []
    for net, found in occlusion.nets.items():
        shares = (found.accuracy, found.share[0], found.decisive[0] / occlusion.reviews)
        bands = [(band.reviews, percent(band.accuracy, 1)) for band in found.bands]
        fields = [Text(f"{reviews}, {hits}", f"{reviews}，{hits}") for reviews, hits in bands]
        rows.append([net, *(percent(share, 1) for share in shares), *fields])
    return Table(headings, rows, source)


def seen(found: facts.SeenReviews, source: Source) -> Table:
    """A row for every net: its accuracy on each view, and what it loses against whole reviews."""
    rows: list[list[Cell]] = [
        [net, *map(_view, each.views.values())] for net, each in found.nets.items()
    ]
    ends = [Text(f"last {each}", f"最后 {each} 个") for each in found.settings.tokens]
    return Table((*SEEN, *ends, *VIEWS), rows, source)


def _view(view: facts.View) -> str:
    accuracy, reach = percent(mean(view.accuracy), 1), percent(1.96 * view.error, 1)
    return f"{accuracy} ({signed(0.0 - 100 * view.lost, 1)} ± {reach})"


def lengths(bands: Mapping[str, list[LengthBand]], nets: Nets) -> Table:
    """Accuracy of the compared nets by review length, and their difference with its interval."""
    rows = [_length(*pair) for pair in zip(*(bands[net] for net in COMPARED), strict=True)]
    return Table(LENGTHS, rows, Source(runs=runs_of({net: nets[net] for net in COMPARED})))


def _length(rnn: LengthBand, lstm: LengthBand) -> list[Cell]:
    """The interval takes the two accuracies as independent, which is wider than they deserve: both
    are of the same reviews."""
    accuracies = (percent(rnn.accuracy), percent(lstm.accuracy))
    lead = signed(100 * (lstm.accuracy - rnn.accuracy))
    reach = percent(1.96 * math.hypot(rnn.error, lstm.error))
    return [band_name(rnn), number(rnn.reviews), *accuracies, f"{lead} ± {reach}"]


def _row(values: list[float] | list[int]) -> str:
    return ", ".join(map(str, values))


def _equality(cells: facts.Cells) -> Iterator[list[Cell]]:
    for cell, precisions in cells.equality.items():
        for precision, found in precisions.items():
            differences = (found[name] for name in ("outputs", "states", "gradients"))
            yield [cell.upper(), precision, *(f"{each:.1e}" for each in differences)]
