"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import numpy as np

from rnnlab.claims.significance import OnNames
from rnnlab.document import text
from rnnlab.document.figures import shares
from rnnlab.document.parts import Content, Figure, Listing, Source, Table, together
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import MISSING, Cell, Text, columns, number, percent, signed, spread
from rnnlab.labs.names.facts import BASELINE, Facts, Kind, NetSweep, Sweep
from rnnlab.labs.names.settings import Structure
from rnnlab.runs.scores import Regimes, runs_of

TITLE = Text("Names: which language is a surname from?", "姓氏分类：这个姓来自哪种语言？")
SETTINGS = columns(" | as published | batched", " | 原实验方式 | 批量方式")
REGIMES = {"published": Text("as published", "原实验"), "ours": Text("batched", "批量")}
LANGUAGES: dict[Kind, Text] = {
    "lines": Text("lines", "行数"),
    "pairs": Text("different names", "不同的姓"),
    "train": Text("training", "训练"),
    "valid": Text("validation", "验证"),
}
SCORES = columns(
    "net | regime | learning rate | valid accuracy | mean over languages"
    " | valid accuracy after the last step | valid loss | parameters | training time"
    " | published time",
    "网络 | 方式 | 学习率 | 验证准确率 | 各语言平均 | 最后一步后的验证准确率 | 验证损失 | 参数量"
    " | 训练时间 | 原实验用时",
)
CHANGES = columns(
    "net | accuracy as published | batched | difference (points) | mean over languages as published"
    " | batched | difference (points) | symbols a second, batched : as published"
    " | time as published | batched",
    "网络 | 原实验方式的准确率 | 批量 | 相差（百分点） | 原实验方式的各语言平均 | 批量"
    " | 相差（百分点） | 每秒符号数之比（批量 : 原实验） | 原实验方式用时 | 批量用时",
)
COMPARISONS = columns(
    f"net, against {BASELINE} | seeds | difference in accuracy, by seed (points) | mean"
    " | 95% interval | paired t | p (t) | better in | p (sign, exact) | p (Wilcoxon, exact)",
    f"网络（对比 {BASELINE}） | 种子数 | 各种子的准确率之差（百分点） | 均值 | 95% 置信区间"
    " | 配对 t | p（t 检验） | 胜出次数 | p（符号检验，精确） | p（Wilcoxon，精确）",
)
SWEEP = columns(
    "net | rates tried | best here | its accuracy | published as best | its accuracy"
    " | names only the best / only the published got right | p",
    "网络 | 试过的学习率 | 本报告的最佳 | 其准确率 | 原报告所称最佳 | 其准确率"
    " | 仅最佳 / 仅原报告值答对的姓 | p",
)
LOSS = Text("Loss by progress, in both regimes", "两种方式下的损失曲线")
ACCURACY = Text("Accuracy by progress, in both regimes", "两种方式下的准确率曲线")
BY_RATE = Text("Validation accuracy by learning rate", "各学习率下的验证准确率")


def section(results: Results) -> Content:
    facts: Facts = results.facts["names"]
    nets, comparable = results.nets["names"], results.comparable
    own = {
        net: Source(runs=runs_of({regime: nets[regime][net] for regime in REGIMES}))
        for net in nets["ours"]
    }
    all_runs = together(own.values())
    first_runs = tuple(next(iter(row.runs.values())) for row in nets["ours"].values())
    shared = (each.shared_run for each in facts.sweep.nets.values())
    tried = Source(("names-sweep",), tuple(run for run in shared if run))
    matrices = {f"confusion_{net}": _matrix(net, source) for net, source in own.items()}
    counts, languages = facts.counts, facts.classes
    elsewhere = counts.valid.seen_under_another_language
    return Content(
        TITLE,
        {
            "settings": Table(SETTINGS, list(_settings(facts)), all_runs),
            "languages": _languages(facts),
            "scores": _table(SCORES, _scores(nets, facts), all_runs, 0 if comparable else 1),
            "loss": Figure("names-loss.png", LOSS, all_runs),
            "accuracy": Figure("names-accuracy.png", ACCURACY, all_runs),
            **matrices,
            "changes": Table(CHANGES, list(_changes(nets)), all_runs),
            "seeds": Table(
                COMPARISONS, list(_comparisons(facts)), Source(runs=runs_of(nets["ours"]))
            ),
            "by_rate": Figure("names-sweep.png", BY_RATE, tried),
            "sweep": _table(SWEEP, _sweep(facts.sweep), tried, 0 if comparable else 4),
            "structures": Listing(facts.structures, Source(runs=first_runs)),
        },
        {
            "counts": _words(counts.model_dump(exclude={"languages", "lost_symbols"})),
            "lost_symbols": counts.lost_symbols,
            "twin_share": percent(counts.leak["with_a_twin"] / counts.leak["valid_lines"], 1),
            "seen_elsewhere_share": percent(elsewhere / counts.valid.pairs, 1),
            "theirs": _theirs(own) if comparable else None,
            "matrices": [
                {"part": part, "mistakes": mistakes(facts.confusion["ours"][net], languages)}
                for part, net in zip(matrices, own, strict=True)
            ],
            "baseline": BASELINE,
            "compared": {net: _only(each.published) for net, each in facts.comparisons.items()},
            "languages": len(languages),
            "batch": facts.batched.batch,
            "block": number(facts.published.block),
            "steps": number(facts.published.steps),
            "shown": number(facts.batched.epochs * counts.train["pairs"]),
            "seed": facts.published.seeds[0],
            "sweep_steps": number(facts.sweep.steps),
            "sweep_seed": facts.sweep.seed,
            "fewer": facts.sweep.steps < facts.published.steps,
        },
    )


def _table(headings: list[Cell], rows: Iterable[list[Cell]], source: Source, less: int) -> Table:
    """less: how many of the last columns are left out, because their figures don't compare."""
    kept = len(headings) - less
    return Table(headings[:kept], [row[:kept] for row in rows], source)


def _theirs(nets: Iterable[str]) -> dict[str, Any]:
    """What prose quotes of the published lab."""
    theirs = published("names")
    rates = {net: theirs["learning_rate"][net] for net in nets if net in theirs["learning_rate"]}
    return {"rates": rates, "steps": number(theirs["steps"])}


def _settings(facts: Facts) -> Iterator[list[Cell]]:
    one, many = facts.published, facts.batched
    yield columns(
        "a step | one name: a random language, then a random name of it"
        f" | {many.batch} names; every training name once an epoch",
        "每步 | 一个姓：先随机取一种语言，再从中随机取一个姓"
        f" | {many.batch} 个姓；每轮每个训练姓氏恰好出现一次",
    )
    yield columns(
        "so a language weighs | as much as any other | as much as it has names",
        "因此各语言的权重 | 彼此相等 | 与其姓氏数成正比",
    )
    steps, epochs = number(one.steps), many.epochs
    yield columns(f"length | {steps} steps | {epochs} epochs", f"长度 | {steps} 步 | {epochs} 轮")
    yield [Text("optimiser", "优化器"), "SGD", "Adam"]
    clipped = [_known(each.clip_norm) for each in (one, many)]
    yield [Text("gradient norm clipped to", "梯度范数裁剪到"), *clipped]
    yield [Text("seeds", "随机种子"), text.listing(one.seeds), text.listing(many.seeds)]


def _known(value: float | None) -> str:
    return MISSING if value is None else str(value)


def _languages(facts: Facts) -> Table:
    counted = [facts.counts.languages[name] for name in facts.classes]
    rows: list[list[Cell]] = [
        [label, *(number(each[kind]) for each in counted)] for kind, label in LANGUAGES.items()
    ]
    return Table([Text("language", "语言"), *facts.classes], rows, Source(("names-split",)))


def _scores(nets: Regimes, facts: Facts) -> Iterator[list[Cell]]:
    theirs = published("names")["train_seconds_cpu"]
    rates = {"published": facts.published.learning_rate, "ours": facts.batched.learning_rate}
    for net in nets["ours"]:
        times = {"published": text.duration(theirs[net])} if net in theirs else {}
        for regime, name in REGIMES.items():
            row = nets[regime][net]
            yield [
                net,
                name,
                str(rates[regime][cast(Structure, net)]),
                f"**{spread(row['valid_accuracy'], 2, 100)}**",
                spread(row["valid_balanced_accuracy"], 2, 100),
                percent(facts.last_accuracy[regime][net]),
                spread(row["valid_loss"], 4),
                number(row.parameters),
                text.duration(row["train_seconds"].mean),
                times.get(regime, MISSING),
            ]


def _matrix(net: str, source: Source) -> Figure:
    en = f"Validation names by actual and predicted language, {net}"
    return Figure(
        f"names-confusion-{net}.png", Text(en, f"验证集姓氏：实际语言与预测语言，{net}"), source
    )


def mistakes(confusion: list[list[int]], names: list[str], most: int = 3) -> list[dict[str, str]]:
    """The commonest mistakes: shares of the actual language's names, as text.

    confusion: as `Facts.confusion` has it; names: the languages'.
    """
    share = shares(confusion)
    np.fill_diagonal(share, 0)
    places = np.argsort(share, axis=None)[::-1][:most]
    return [
        {"actual": names[row], "predicted": names[column], "share": number(share[row, column])}
        for row, column in (divmod(int(place), len(names)) for place in places)
    ]


def _changes(nets: Regimes) -> Iterator[list[Cell]]:
    """What batching changed."""
    for net, many in nets["ours"].items():
        single = nets["published"][net]
        row: list[Cell] = [net]
        for metric in ("valid_accuracy", "valid_balanced_accuracy"):
            before, after = single[metric].mean, many[metric].mean
            row += [percent(before), percent(after), signed(100 * (after - before))]
        speeds = [each["tokens_per_second"].mean for each in (single, many)]
        times = [text.duration(each["train_seconds"].mean) for each in (single, many)]
        yield [*row, number(speeds[1] / speeds[0], 1), *times]


def _comparisons(facts: Facts) -> Iterator[list[Cell]]:
    for net, each in facts.comparisons.items():
        pair = each.ours
        points = [signed(100 * value) for value in pair.differences.values()]
        bounds = [signed(100 * bound) for bound in pair.interval or ()]
        yield [
            net,
            number(len(points)),
            Text(", ".join(points), "，".join(points)),
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


def _only(test: OnNames) -> dict[str, str]:
    """What prose quotes of a comparison name by name."""
    only = {name: number(getattr(test, name)) for name in ("only_first", "only_second")}
    return {**only, "p": _p(test.p)}


def _sweep(sweep: Sweep) -> Iterator[list[Cell]]:
    theirs = published("names")["learning_rate"]
    for net, found in sweep.nets.items():
        named = theirs.get(net)
        test = found.better_than_published if named else None
        rates = found.rates.items()
        en = [f"{rate}{' (diverged)' if reached is None else ''}" for rate, reached in rates]
        zh = [f"{rate}{'（发散）' if reached is None else ''}" for rate, reached in rates]
        yield [
            net,
            Text(", ".join(en), "、".join(zh)),
            *_rate(found, found.best_rate),
            *_rate(found, named),
            f"{number(test.only_first)} / {number(test.only_second)}" if test else MISSING,
            _p(test.p if test else None),
        ]


def _rate(found: NetSweep, rate: float | None) -> list[str]:
    """A learning rate, and what the sweep's run at it reached, if there is one."""
    return [_known(rate), percent(None if rate is None else found.rates.get(rate))]


def _words(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Counts as numbers, shares in percent, however deep they lie."""

    def word(each: Any) -> Any:
        if isinstance(each, dict):
            return _words(each)
        return percent(each) if isinstance(each, float) else number(each)

    return {name: word(each) for name, each in numbers.items()}
