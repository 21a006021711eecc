"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from rnnlab.claims.significance import OnNames
from rnnlab.document.figures import shares
from rnnlab.document.parts import Figure, Listing, Section, Source, Table, together
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import (
    MISSING,
    Cell,
    Text,
    duration,
    listed,
    listing,
    number,
    percent,
    signed,
    spread,
)
from rnnlab.labs.names.facts import BASELINE, Counts, Facts, NetSweep, Sweep
from rnnlab.labs.names.settings import Structure
from rnnlab.runs.scores import Nets, Regimes, runs_of

TITLE = Text("Names: which language is a surname from?", "姓氏分类：这个姓来自哪种语言？")
SETTINGS = ("", Text("as published", "原实验方式"), Text("batched", "批量方式"))
REGIMES = {"published": Text("as published", "原实验"), "ours": Text("batched", "批量")}
SCORES = (
    Text("net", "网络"),
    Text("regime", "方式"),
    Text("learning rate", "学习率"),
    Text("valid accuracy", "验证准确率"),
    Text("mean over languages", "各语言平均"),
    Text("valid accuracy after the last step", "最后一步后的验证准确率"),
    Text("valid loss", "验证损失"),
    Text("parameters", "参数量"),
    Text("training time", "训练时间"),
)
THEIR_SCORES = (Text("published time", "原实验用时"),)
CHANGES = (
    Text("net", "网络"),
    Text("accuracy as published", "原实验方式的准确率"),
    Text("batched", "批量"),
    Text("difference (points)", "相差（百分点）"),
    Text("mean over languages as published", "原实验方式的各语言平均"),
    Text("batched", "批量"),
    Text("difference (points)", "相差（百分点）"),
    Text("symbols a second, batched : as published", "每秒符号数之比（批量 : 原实验）"),
    Text("time as published", "原实验方式用时"),
    Text("batched", "批量用时"),
)
COMPARISONS = (
    Text(f"net, against {BASELINE}", f"网络（对比 {BASELINE}）"),
    Text("seeds", "种子数"),
    Text("difference in accuracy, by seed (points)", "各种子的准确率之差（百分点）"),
    Text("mean", "均值"),
    Text("95% interval", "95% 置信区间"),
    Text("paired t", "配对 t"),
    Text("p (t)", "p（t 检验）"),
    Text("better in", "胜出次数"),
    Text("p (sign, exact)", "p（符号检验，精确）"),
    Text("p (Wilcoxon, exact)", "p（Wilcoxon，精确）"),
)
SWEEP = (
    Text("net", "网络"),
    Text("rates tried", "试过的学习率"),
    Text("best here", "本报告的最佳"),
    Text("its accuracy", "其准确率"),
)
THEIR_SWEEP = (
    Text("published as best", "原报告所称最佳"),
    Text("its accuracy", "其准确率"),
    Text("names only the best / only the published got right", "仅最佳 / 仅原报告值答对的姓"),
    "p",
)

LOSS = Text("Loss by progress, in both regimes", "两种方式下的损失曲线")
ACCURACY = Text("Accuracy by progress, in both regimes", "两种方式下的准确率曲线")
BY_RATE = Text("Validation accuracy by learning rate", "各学习率下的验证准确率")


def section(results: Results) -> Section:
    facts: Facts = results.facts["names"]
    nets, comparable = results.nets["names"], results.comparable
    own = {net: _runs(net, nets) for net in nets["ours"]}
    all_runs = together(own.values())
    first_runs = tuple(next(iter(row.runs.values())) for row in nets["ours"].values())
    scores = (*SCORES, *(THEIR_SCORES if comparable else ()))
    sweep = (*SWEEP, *(THEIR_SWEEP if comparable else ()))
    tried = Source(("names-sweep",), _shared_runs(facts.sweep))
    matrices = {f"confusion_{net}": _matrix(net, source) for net, source in own.items()}
    return Section(
        TITLE,
        {
            "settings": Table(SETTINGS, list(_settings(facts)), all_runs),
            "languages": _languages(facts.counts),
            "scores": Table(scores, list(_scores(nets, facts, comparable)), all_runs),
            "loss": Figure("names-loss.png", LOSS, all_runs),
            "accuracy": Figure("names-accuracy.png", ACCURACY, all_runs),
            **matrices,
            "changes": Table(CHANGES, list(_changes(nets)), all_runs),
            "seeds": Table(
                COMPARISONS, list(_comparisons(facts)), Source(runs=runs_of(nets["ours"]))
            ),
            "by_rate": Figure("names-sweep.png", BY_RATE, tried),
            "sweep": Table(sweep, list(_sweep(facts.sweep, comparable)), tried),
            "structures": Listing(facts.structures, Source(runs=first_runs)),
        },
        {
            "languages": len(facts.counts.languages),
            "counts": _counted(facts.counts),
            "lost_symbols": facts.counts.lost_symbols,
            **_training(facts),
            "theirs": _theirs(nets["ours"]) if comparable else None,
            "matrices": [
                {"part": part, "mistakes": mistakes(facts.confusion["ours"][net], facts.counts)}
                for part, net in zip(matrices, own, strict=True)
            ],
            "baseline": BASELINE,
            "compared": {net: _only(each.published) for net, each in facts.comparisons.items()},
        },
    )


def _theirs(nets: Nets) -> dict[str, Any]:
    """What prose quotes of the published lab."""
    theirs = published("names")
    rates = {net: theirs["learning_rate"][net] for net in nets if net in theirs["learning_rate"]}
    return {"rates": rates, "steps": number(theirs["steps"])}


def _runs(net: str, nets: Regimes) -> Source:
    """The net's runs in both regimes, the published one first."""
    return Source(runs=runs_of({regime: nets[regime][net] for regime in REGIMES}))


def _settings(facts: Facts) -> Iterator[list[Cell]]:
    single, many = facts.published, facts.batched
    yield [
        Text("a step", "每步"),
        Text(
            "one name: a random language, then a random name of it",
            "一个姓：先随机取一种语言，再从中随机取一个姓",
        ),
        Text(
            f"{many.batch} names; every training name once an epoch",
            f"{many.batch} 个姓；每轮每个训练姓氏恰好出现一次",
        ),
    ]
    yield [
        Text("so a language weighs", "因此各语言的权重"),
        Text("as much as any other", "彼此相等"),
        Text("as much as it has names", "与其姓氏数成正比"),
    ]
    yield [
        Text("length", "长度"),
        Text(f"{number(single.steps)} steps", f"{number(single.steps)} 步"),
        Text(f"{many.epochs} epochs", f"{many.epochs} 轮"),
    ]
    yield [Text("optimiser", "优化器"), "SGD", "Adam"]
    yield [
        Text("gradient norm clipped to", "梯度范数裁剪到"),
        *(str(each.clip_norm or MISSING) for each in (single, many)),
    ]
    yield [Text("seeds", "随机种子"), listing(single.seeds), listing(many.seeds)]


def _languages(counts: Counts) -> Table:
    names = sorted(counts.languages)
    counted = [counts.languages[name].model_dump() for name in names]
    rows = {
        "lines": Text("lines", "行数"),
        "pairs": Text("different names", "不同的姓"),
        "train": Text("training", "训练"),
        "valid": Text("validation", "验证"),
    }
    return Table(
        [Text("language", "语言"), *names],
        [[label, *(number(each[key]) for each in counted)] for key, label in rows.items()],
        Source(("names-split",)),
    )


def _scores(nets: Regimes, facts: Facts, comparable: bool) -> Iterator[list[Cell]]:
    theirs = published("names")["train_seconds_cpu"]
    rates = {"published": facts.published.learning_rate, "ours": facts.batched.learning_rate}
    for net in nets["ours"]:
        times = {"published": duration(theirs[net])} if net in theirs else {}
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
                duration(row["train_seconds"].mean),
                *([times.get(regime, MISSING)] if comparable else []),
            ]


def _matrix(net: str, source: Source) -> Figure:
    description = Text(
        f"Validation names by actual and predicted language, {net}",
        f"验证集姓氏：实际语言与预测语言，{net}",
    )
    return Figure(f"names-confusion-{net}.png", description, source)


def mistakes(confusion: list[list[int]], counts: Counts, most: int = 3) -> list[dict[str, str]]:
    """The commonest mistakes: shares of the actual language's names, as text.

    confusion: as `Facts.confusion` has it.
    """
    names = sorted(counts.languages)
    share = shares(confusion)
    np.fill_diagonal(share, 0)
    order = np.argsort(share, axis=None)[::-1][:most]
    places = zip(*np.unravel_index(order, share.shape), strict=True)
    return [
        {"actual": names[row], "predicted": names[column], "share": number(share[row, column])}
        for row, column in places
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
        times = [duration(each["train_seconds"].mean) for each in (single, many)]
        yield [*row, number(speeds[1] / speeds[0], 1), *times]


def _comparisons(facts: Facts) -> Iterator[list[Cell]]:
    for net, each in facts.comparisons.items():
        pair = each.ours
        seeds = number(len(pair.differences))
        points = [signed(100 * value) for value in pair.differences.values()]
        bounds = [signed(100 * bound) for bound in pair.interval or ()]
        yield [
            net,
            seeds,
            Text(", ".join(points), "，".join(points)),
            f"**{signed(100 * pair.mean)}**",
            Text(" to ".join(bounds), " 至 ".join(bounds)) if bounds else MISSING,
            number(pair.t, 2),
            _p(pair.t_p),
            Text(f"{pair.wins} of {seeds}", f"{pair.wins} / {seeds}"),
            _p(pair.sign_p),
            _p(pair.wilcoxon_p),
        ]


def _p(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2g}"


def _only(test: OnNames) -> dict[str, str]:
    """What prose quotes of a comparison name by name."""
    return {
        "only_first": number(test.only_first),
        "only_second": number(test.only_second),
        "p": _p(test.p),
    }


def _shared_runs(sweep: Sweep) -> tuple[str, ...]:
    return tuple(each.shared_run for each in sweep.nets.values() if each.shared_run)


def _sweep(sweep: Sweep, comparable: bool) -> Iterator[list[Cell]]:
    theirs = published("names")["learning_rate"]
    for net, found in sweep.nets.items():
        yield [
            net,
            _tried(found),
            _rate(found.best_rate),
            _accuracy(found, found.best_rate),
            *(_beside_theirs(found, theirs.get(net)) if comparable else []),
        ]


def _tried(found: NetSweep) -> Text:
    rates = found.rates.items()
    en = [f"{rate}{'' if reached else ' (diverged)'}" for rate, reached in rates]
    zh = [f"{rate}{'' if reached else '（发散）'}" for rate, reached in rates]
    return Text(listed(en, "en"), listed(zh, "zh"))


def _beside_theirs(found: NetSweep, theirs: float | None) -> list[Cell]:
    """theirs: the rate that was published as best."""
    test = found.better_than_published if theirs else None
    only = f"{number(test.only_first)} / {number(test.only_second)}" if test else MISSING
    return [_rate(theirs), _accuracy(found, theirs), only, _p(test.p if test else None)]


def _rate(rate: float | None) -> str:
    return MISSING if rate is None else str(rate)


def _accuracy(found: NetSweep, rate: float | None) -> str:
    """What the sweep's run at `rate` reached, if there is one."""
    reached = None if rate is None else found.rates.get(rate)
    return percent(reached.valid_accuracy if reached else None)


def _counted(counts: Counts) -> dict[str, str]:
    """What prose quotes of the lists' quality."""
    valid, leak = counts.valid, counts.leak
    return {
        "lines": number(counts.lines),
        "pairs": number(counts.pairs),
        "duplicate_lines": number(counts.duplicate_lines),
        "with_a_twin": number(leak.with_a_twin),
        "valid_lines": number(leak.valid_lines),
        "twin_share": percent(leak.with_a_twin / leak.valid_lines, 1),
        "train": number(counts.train.pairs),
        "valid": number(valid.pairs),
        "homonyms": number(counts.homonyms),
        "homonym_pairs": number(counts.homonym_pairs),
        "best_accuracy": percent(counts.best_accuracy),
        "valid_names": number(valid.names),
        "valid_best_accuracy": percent(valid.best_accuracy),
        "seen_elsewhere": number(valid.seen_under_another_language),
        "seen_elsewhere_share": percent(valid.seen_under_another_language / valid.pairs, 1),
        "folded_lines": number(counts.folded_lines),
    }


def _training(facts: Facts) -> dict[str, Any]:
    """What prose quotes of both regimes and the sweeps."""
    return {
        "batch": facts.batched.batch,
        "block": number(facts.published.block),
        "steps": number(facts.published.steps),
        "shown": number(facts.batched.epochs * facts.counts.train.pairs),
        "seed": facts.published.seeds[0],
        "sweep_steps": number(facts.sweep.steps),
        "sweep_seed": facts.sweep.seed,
        "fewer": facts.sweep.steps < facts.published.steps,
    }
