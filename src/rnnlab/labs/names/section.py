"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.document import text
from rnnlab.document.deviations import HEADINGS
from rnnlab.document.parts import Content, Figure, Listing, Part, Source, Table, together
from rnnlab.document.published import published
from rnnlab.document.results import Results, best_by
from rnnlab.document.text import MISSING, Cell, Text, columns, number, percent, signed, spread
from rnnlab.labs.names import deviations, letters, live
from rnnlab.labs.names.facts import BASELINE, HELD_OUT, Facts, HeldOut, Kind, Tried
from rnnlab.labs.names.languages import told
from rnnlab.labs.names.settings import PEEPHOLE, Printed, Structure
from rnnlab.runs.scores import Nets, NetScores, Regimes, runs_of

TITLE = Text("Names: which language is a surname from?", "姓氏分类：这个姓来自哪种语言？")
SETTINGS = columns(" | as published | batched", " | 原报告方式 | 批量方式")
REGIMES = {"published": Text("as published", "原报告"), "ours": Text("batched", "批量")}
NO_NET = Text("no net", "非网络")
GRAMS = Text("n-grams", "字母 n 元组")
CEILING = Text("any function of the name", "只看姓时的上限")
LANGUAGES: dict[Kind, Text] = {
    "lines": Text("lines, repeated ones too", "行数（含重复行）"),
    "pairs": Text("different names", "不同的姓"),
    "train": Text("training", "训练"),
    "valid": Text("validation", "验证"),
    "test": Text("test", "测试"),
}
SCORES = columns(
    "net | regime | seeds | valid accuracy | test accuracy | mean over languages"
    " | learning rate | valid accuracy after the last step | valid loss | parameters"
    " | training time | published time",
    "网络 | 方式 | 种子数 | 验证准确率 | 测试准确率 | 各语言平均 | 学习率 | 最后一步后的验证准确率"
    " | 验证损失 | 参数量 | 训练时间 | 原报告用时",
)
CHANGES = columns(
    "net | accuracy as published | accuracy, batched | difference (points)"
    " | mean over languages as published | mean over languages, batched | difference (points)"
    " | symbols a second, batched : as published | time, trained as published | time, batched",
    "网络 | 原报告方式的准确率 | 批量方式的准确率 | 相差（百分点） | 原报告方式的各语言平均"
    " | 批量方式的各语言平均 | 相差（百分点） | 每秒符号数之比（批量 : 原报告） | 原报告方式用时"
    " | 批量方式用时",
)
COMPARISONS = columns(
    f"net, against {BASELINE} | regime | seeds | difference in accuracy, by seed (points) | mean"
    " | 95% interval | paired t | p (t) | better in | p (sign, exact) | p (Wilcoxon, exact)",
    f"网络（对比 {BASELINE}） | 方式 | 种子数 | 各种子的准确率之差（百分点） | 均值 | 95% 区间"
    " | 配对 t | p（t 检验） | 胜出次数 | p（符号检验，精确） | p（Wilcoxon，精确）",
)
SWEEPS = columns(
    "net | setting | values tried | best here by accuracy | its accuracy | best here by loss"
    " | its loss | named best | its accuracy | its loss",
    "网络 | 设置 | 试过的值 | 按准确率最佳 | 其准确率 | 按损失最佳 | 其损失 | 原报告所称最佳"
    " | 其准确率 | 其损失",
)
PRINTED = columns(
    "hand-written LSTM | valid accuracy | difference (points) | valid loss | seeds",
    "手写 LSTM | 验证准确率 | 相差（百分点） | 验证损失 | 种子数",
)
SLIPS: dict[Printed, Text] = {
    "peephole-tanh-twice": Text("tanh(c) multiplied in twice", "tanh(c) 乘了两次"),
    "peephole-last-letter": Text("only the last letter read", "只读最后一个字母"),
    "peephole-as-printed": Text(
        "both: as printed, its name repaired", "两者兼有：照印出的代码，只改正名字"
    ),
}
CONFUSED = columns(
    "language | taken for | test names so taken, mean over seeds | test names of that language"
    " | examples that every seed gets wrong",
    "实际语言 | 被当作 | 如此误判的测试姓氏数（各种子平均） | 该语言的测试姓氏总数"
    " | 所有种子都答错的例子",
)
STRUCTURES = columns(
    "net | cell | layers | directions | symbols | hidden size per direction | languages"
    " | parameters",
    "网络 | 单元 | 层数 | 方向数 | 符号数 | 每个方向的隐藏层大小 | 语言数 | 参数量",
)
CELLS: dict[Structure, tuple[Text, int, int]] = {
    "tutorial-rnn": (Text("RNN, linear between steps", "RNN，各步之间为线性"), 1, 1),
    "lstm": (Text("LSTM", "LSTM"), 2, 1),
    "peephole-lstm": (Text("LSTM with peepholes", "带窥视孔的 LSTM"), 1, 1),
    "gru": (Text("GRU", "GRU"), 2, 1),
    "bilstm": (Text("LSTM", "LSTM"), 2, 2),
}
"""Cell, layers and directions."""
CONSTANT = Text("constant", "恒定")
CORRECTED = Text("corrected", "更正后")
LOSS = Text("Loss by progress, in both regimes", "两种方式下的损失曲线")
ACCURACY = Text("Accuracy by progress, in both regimes", "两种方式下的准确率曲线")
BY_VALUE = Text(
    "Validation accuracy and loss by learning rate, and by hidden size",
    "各学习率与各隐藏层大小下的验证准确率与损失",
)


def section(results: Results) -> Content:
    chosen = best_by(results.nets["names"]["ours"], "valid_accuracy")
    return Content(TITLE, _parts(results, chosen), _values(results, chosen))


def _parts(results: Results, chosen: str) -> dict[str, Part]:
    facts: Facts = results.facts["names"]
    nets, comparable = results.nets["names"], results.comparable
    own = {net: Source(runs=runs_of(dict(_regimes(nets, net)))) for net in nets["ours"]}
    all_runs = together(own.values())
    first_runs = tuple(next(iter(row.runs.values())) for row in nets["ours"].values())
    published_runs = runs_of(nets["published"])
    tried = Source(("names-sweep-lstm", "names-hidden"), published_runs)
    everything = together([all_runs, Source(("names-baseline",))])
    return {
        "settings": Table(SETTINGS, list(_settings(facts, nets["published"])), all_runs),
        "languages": _languages(facts),
        "scores": _table(SCORES, _scores(nets, facts), everything, 0 if comparable else 1),
        "deviations": Table(HEADINGS, list(deviations.rows(results)), Source(runs=published_runs)),
        "loss": Figure("names-loss", LOSS, all_runs),
        "accuracy": Figure("names-accuracy", ACCURACY, all_runs),
        "letters": letters.figure(nets),
        **{f"confusion_{net}": _matrix(net, source) for net, source in own.items()},
        "changes": Table(CHANGES, list(_changes(nets)), all_runs),
        "seeds": Table(COMPARISONS, list(_comparisons(facts)), all_runs),
        "by_value": Figure("names-sweep", BY_VALUE, tried),
        "sweeps": _table(SWEEPS, _sweeps(facts), tried, 0 if comparable else 3),
        "printed": Table(
            PRINTED, list(_printed(facts)), Source(("names-printed",), _peephole_runs(nets))
        ),
        "structures": Table(STRUCTURES, list(_rows_of(nets, facts)), Source(runs=first_runs)),
        "printed_nets": Listing(facts.structures, Source(runs=first_runs)),
        "confused": Table(CONFUSED, list(_confused(facts, chosen)), own[chosen]),
    }


def _values(results: Results, chosen: str) -> dict[str, Any]:
    facts: Facts = results.facts["names"]
    nets, counts = results.nets["names"], facts.counts
    return {
        "counts": _words(counts.model_dump(exclude={"languages", "lost_symbols"})),
        "lost_symbols": counts.lost_symbols,
        "twin_share": percent(counts.leak["with_a_twin"] / counts.leak["held_out_lines"], 1),
        "seen_elsewhere_share": _share(counts.held_out),
        "theirs": _theirs(nets["ours"]) if results.comparable else None,
        "against": versus(nets, counts.test.pairs),
        "beside": facts.published.side_by_side.nets,
        "chosen": _pictured(nets, chosen),
        "matrices": [_pictured(nets, net) for net in nets["ours"] if net != chosen],
        "example": letters.EXAMPLE,
        "read": list(live.chosen(nets)),
        "compared": bool(next(_comparisons(facts), None)),
        "languages": len(facts.classes),
        "batch": facts.batched.training.batch,
        "block": number(facts.published.training.block),
        "steps": number(facts.published.training.steps),
        "fewer": fewer(results),
        "letters": facts.baseline.longest,
    }


def _pictured(nets: Regimes, net: str) -> dict[str, Any]:
    """A net whose predictions are drawn, and whether as published, too."""
    return {"net": net, "part": f"confusion_{net}", "published": net in nets["published"]}


def fewer(results: Results) -> bool:
    """Whether the regime as published has fewer steps than were published."""
    facts: Facts = results.facts["names"]
    steps: int = published("names")["steps"]
    return results.comparable and facts.published.training.steps < steps


def _table(headings: list[Cell], rows: Iterable[list[Cell]], source: Source, less: int) -> Table:
    """less: how many of the last columns are left out, because their figures don't compare."""
    kept = len(headings) - less
    return Table(headings[:kept], [row[:kept] for row in rows], source)


def _regimes(nets: Regimes, net: str) -> Iterator[tuple[str, NetScores]]:
    """The regimes that `net` is trained in, with its scores."""
    return ((regime, nets[regime][net]) for regime in REGIMES if net in nets[regime])


def _peephole_runs(nets: Regimes) -> tuple[str, ...]:
    return runs_of({net: row for net, row in nets["published"].items() if net == PEEPHOLE})


def _theirs(nets: Iterable[str]) -> dict[str, Any]:
    """What prose quotes of the published lab."""
    theirs = published("names")
    rates = {net: theirs["learning_rate"][net] for net in nets if net in theirs["learning_rate"]}
    return {"rates": rates, "steps": number(theirs["steps"])}


def _share(part: HeldOut) -> str:
    return percent(part.seen_under_another_language / part.pairs, 1)


def _settings(facts: Facts, nets: Nets) -> Iterator[list[Cell]]:
    """nets: those trained as published."""
    one, many = facts.published, facts.batched
    yield columns(
        "a step | one name: a random language, then a random name of it"
        f" | {many.training.batch} names; every training name once an epoch",
        "每步 | 一个姓：先随机取一种语言，再从中随机取一个姓"
        f" | {many.training.batch} 个姓；每轮每个训练姓氏恰好出现一次",
    )
    yield columns(
        "weight of a language | as much as any other | in proportion to its number of names",
        "因此各语言的权重 | 彼此相等 | 与其姓氏数成正比",
    )
    yield columns(
        "weights are kept by | validation and test names | validation names",
        "选取权重所依据的损失 | 验证与测试的姓 | 验证的姓",
    )
    yield columns(
        "and scored by | the same | test names, once", "评分所用 | 同上 | 测试的姓，仅一次"
    )
    steps = number(one.training.steps)
    epochs = _epochs({net: many.epochs[net] for net in _structures(facts)})
    yield columns(f"length | {steps} steps | {epochs.en}", f"训练长度 | {steps} 步 | {epochs.zh}")
    yield [Text("optimiser", "优化器"), "SGD", "Adam"]
    yield [Text("learning rate", "学习率"), CONSTANT, _course(many.training.last_learning_rate)]
    clipped = [_known(each.training.clip_norm) for each in (one, many)]
    yield [Text("gradient norm clipped to", "梯度范数裁剪到"), *clipped]
    yield [Text("seeds", "随机种子"), deviations.seeds(nets), text.listing(many.seeds)]


def _epochs(by_net: Mapping[Structure, int]) -> Text:
    """Of all nets, then of those that have others."""
    (most, _), *_ = Counter(by_net.values()).most_common()
    others = {net: epochs for net, epochs in by_net.items() if epochs != most}
    if not others:
        return Text(f"{most} epochs", f"{most} 轮")
    en = text.listing(f"{net} {epochs}" for net, epochs in others.items()).en
    zh = text.listing(f"{net} {epochs} 轮" for net, epochs in others.items()).zh
    return Text(f"{most} epochs ({en})", f"{most} 轮（{zh}）")


def _course(last: float) -> Text:
    """Of a learning rate of which the share `last` is left at the end."""
    left = f"{100 * last:g}%" if last else "0"
    falling = Text(f"decays linearly to {left}", f"线性衰减至 {left}")
    return CONSTANT if last == 1 else falling


def _structures(facts: Facts) -> list[Structure]:
    return [cast(Structure, net) for net in facts.structures]


def _known(value: float | None) -> str:
    return MISSING if value is None else f"{value:g}"


def _languages(facts: Facts) -> Table:
    """A row a language."""
    headings = [Text("language", "语言"), *LANGUAGES.values()]
    rows: list[list[Cell]] = [
        [told(name), *(number(facts.counts.languages[name][kind]) for kind in LANGUAGES)]
        for name in facts.classes
    ]
    return Table(headings, rows, Source(("names-split",)))


def _scores(nets: Regimes, facts: Facts) -> Iterator[list[Cell]]:
    """The ceiling and what is no net first."""
    ceilings = (percent(each.best_accuracy) for each in (facts.counts.valid, facts.counts.test))
    yield [CEILING, MISSING, MISSING, *ceilings, *[MISSING] * 7]
    for row in nets["baseline"].values():
        accuracies = [percent(row[each].mean) for each in ("valid_accuracy", "test_accuracy")]
        loss, size = number(row["valid_loss"].mean, 4), number(row.parameters)
        balanced = percent(row["test_balanced_accuracy"].mean)
        time = text.duration(row["train_seconds"].mean)
        rest: list[Cell] = [balanced, MISSING, MISSING, loss, size, time, MISSING]
        yield [GRAMS, NO_NET, MISSING, *accuracies, *rest]
    theirs = published("names")["train_seconds_cpu"]
    rates = {"published": facts.published.learning_rate, "ours": facts.batched.learning_rate}
    for net in nets["ours"]:
        times = {"published": text.duration(theirs[net])} if net in theirs else {}
        for regime, row in _regimes(nets, net):
            tested = regime == "ours"
            yield [
                net,
                REGIMES[regime],
                str(row["valid_accuracy"].n),
                _bold(row, "valid_accuracy", not tested),
                _bold(row, "test_accuracy", tested) if tested else MISSING,
                spread(row[f"{HELD_OUT[regime]}_balanced_accuracy"], 2, 100),
                _known(rates[regime][cast(Structure, net)]),
                percent(facts.last_accuracy[regime][net]),
                spread(row["valid_loss"], 4),
                number(row.parameters),
                text.duration(row["train_seconds"].mean),
                times.get(regime, MISSING),
            ]


def _bold(row: NetScores, metric: str, bold: bool) -> str:
    field = spread(row[metric], 2, 100)
    return f"**{field}**" if bold else field


def versus(nets: Regimes, names: int) -> dict[str, Any]:
    """What is no net, and which nets in batches are better on the test names, so many."""
    (row,) = nets["baseline"].values()
    accuracy, found = row["test_accuracy"].mean, best_by(nets["ours"], "valid_accuracy")
    ours = nets["ours"][found]["test_accuracy"]
    above = [net for net, each in nets["ours"].items() if each["test_accuracy"].mean > accuracy]
    return {
        "accuracy": percent(accuracy),
        "time": text.duration(row["train_seconds"].mean),
        "strength": number(row["strength"].mean, 1),
        "net": found,
        "reached": spread(ours, 2, 100),
        "lead": signed(100 * (ours.mean - accuracy)),
        "above": above,
        "ahead": not above,
        "error": percent(math.sqrt(accuracy * (1 - accuracy) / names), 1),
        "seeds": ours.n,
        "better_seeds": sum(value > accuracy for value in ours.values.values()),
    }


def _matrix(net: str, source: Source) -> Figure:
    en = f"Names held out by actual and predicted language, {net}"
    return Figure(
        f"names-confusion-{net}", Text(en, f"未参与训练的姓：实际语言与预测语言，{net}"), source
    )


def _confused(facts: Facts, net: str) -> Iterator[list[Cell]]:
    for each in facts.confused[net]:
        examples: Cell = text.listing(each.examples) if each.examples else MISSING
        languages = told(each.actual), told(each.predicted)
        yield [*languages, number(each.names, 1), number(each.of), examples]


def _rows_of(nets: Regimes, facts: Facts) -> Iterator[list[Cell]]:
    """A row a net; its hidden size as PyTorch prints it, with the first of its weights."""
    for net in _structures(facts):
        cell, layers, directions = CELLS[net]
        printed = facts.structures[net]
        sizes = re.search(r"(?:LSTM|GRU)\(\d+, (\d+)|out_features=(\d+)", printed)
        hidden = next(filter(None, sizes.groups())) if sizes else MISSING
        widths = (str(len(SYMBOLS)), hidden, str(len(facts.classes)))
        weights = number(nets["ours"][net].parameters)
        yield [net, cell, str(layers), str(directions), *widths, weights]


def _changes(nets: Regimes) -> Iterator[list[Cell]]:
    """What batching changed."""
    for net, single in nets["published"].items():
        many = nets["ours"][net]
        row: list[Cell] = [net]
        for metric in ("accuracy", "balanced_accuracy"):
            before, after = single[f"valid_{metric}"].mean, many[f"test_{metric}"].mean
            row += [percent(before), percent(after), signed(100 * (after - before))]
        speeds = [each["tokens_per_second"].mean for each in (single, many)]
        times = [text.duration(each["train_seconds"].mean) for each in (single, many)]
        yield [*row, number(speeds[1] / speeds[0], 1), *times]


def _comparisons(facts: Facts) -> Iterator[list[Cell]]:
    pairs = ((regime, *each) for regime in REGIMES for each in facts.comparisons[regime].items())
    for regime, net, pair in pairs:
        points = [signed(100 * value) for value in pair.differences.values()]
        bounds = [signed(100 * bound) for bound in pair.interval or ()]
        yield [
            net,
            REGIMES[regime],
            number(len(points)),
            text.listing(points),
            f"**{signed(100 * pair.mean)}**",
            Text(" to ".join(bounds), " 至 ".join(bounds)) if bounds else MISSING,
            number(pair.t, 2),
            _p(pair.t_p),
            Text(f"{pair.wins} of {len(points)}", f"{pair.wins} / {len(points)}"),
            _p(pair.sign_p),
            _p(pair.wilcoxon_p),
        ]


def _p(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2g}"


def _sweeps(facts: Facts) -> Iterator[list[Cell]]:
    theirs = published("names")
    for name, values in facts.sweeps.items():
        net, _, setting = name.partition("/")
        ended = _ended(values)
        accurate = max(ended, key=lambda value: _mean(ended[value], "accuracy"), default=None)
        sure = min(ended, key=lambda value: _mean(ended[value], "loss"), default=None)
        named = theirs[setting].get(net)
        yield [
            net,
            deviations.SETTING_NAMES[setting],
            _tried(values),
            _known(accurate),
            _reached(values, accurate, "accuracy"),
            _known(sure),
            _reached(values, sure, "loss"),
            _known(named),
            _reached(values, named, "accuracy"),
            _reached(values, named, "loss"),
        ]


def _ended(values: Mapping[float, Tried]) -> dict[float, Tried]:
    """Those at which no seed diverged."""
    return {value: each for value, each in values.items() if each.accuracy and not each.diverged}


def most_accurate(facts: Facts) -> dict[str, Any] | None:
    """Of all nets and values that were tried as published, what validation chooses."""
    found = {
        (name, value): each
        for name, values in facts.sweeps.items()
        for value, each in _ended(values).items()
    }
    best = max(found, key=lambda each: _mean(found[each], "accuracy"), default=None)
    if best is None:
        return None
    (net, _, setting), value = best[0].partition("/"), f"{best[1]:g}"
    what = deviations.SETTING_NAMES[setting]
    return {
        "name": Text(f"{net} ({what.en} {value})", f"{net}（{what.zh} {value}）"),
        "accuracy": _reached(facts.sweeps[best[0]], best[1], "accuracy"),
    }


def _mean(tried: Tried, metric: str) -> float:
    return float(getattr(tried, metric).mean)


def _tried(values: Mapping[float, Tried]) -> Text:
    """The values, with how many seeds diverged."""
    diverged = {value: len(each.diverged) for value, each in values.items()}
    en = [f"{v:g}{f' ({n} diverged)' if n else ''}" for v, n in diverged.items()]
    zh = [f"{v:g}{f'（{n} 次发散）' if n else ''}" for v, n in diverged.items()]
    return Text(", ".join(en), "、".join(zh))


def _reached(values: Mapping[float, Tried], value: float | None, metric: str) -> str:
    """What the runs at a value reached, those that ended; a dash if there are none."""
    found = None if value is None or value not in values else getattr(values[value], metric)
    if found is None:
        return MISSING
    return spread(found, 2, 100) if metric == "accuracy" else spread(found, 4)


def _printed(facts: Facts) -> Iterator[list[Cell]]:
    """The corrected net first, then each slip."""
    sweep = facts.sweeps.get(f"{PEEPHOLE}/learning_rate", {})
    corrected = sweep.get(facts.published.learning_rate[PEEPHOLE])
    if corrected is None or corrected.accuracy is None:
        return
    nets = {CORRECTED: corrected} | {SLIPS[slip]: each for slip, each in facts.printed.items()}
    for name, each in nets.items():
        accuracy, loss = (_reached({0: each}, 0, metric) for metric in ("accuracy", "loss"))
        seeds = each.accuracy.n if each.accuracy else 0
        cost = each.accuracy.mean - corrected.accuracy.mean if each.accuracy else None
        points = MISSING if cost is None or each is corrected else signed(100 * cost)
        yield [name, accuracy, points, loss, str(seeds)]


def _words(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Counts as numbers, shares in percent, however deep they lie."""

    def word(each: Any) -> Any:
        if isinstance(each, dict):
            return _words(each)
        return percent(each) if isinstance(each, float) else number(each)

    return {name: word(each) for name, each in numbers.items()}
