"""The report's part on the published run made again: its tables, and what its prose quotes."""

from collections.abc import Iterator
from typing import Any

from rnnlab.document.parts import Figure, Part, Source, Table
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import MISSING, Cell, Text, band_name, columns, listing, number, signed
from rnnlab.labs.poetry.facts import ArmRun, Arms, Facts, LengthBand
from rnnlab.labs.poetry.settings import FIRST, Arm
from rnnlab.runs.scores import runs_of

TOGETHER: Arm = "all-together"
ARMS: dict[Arm, Text] = {
    "as-published": Text("as published", "原报告方式"),
    "without-relu": Text("without the ReLU", "去掉 ReLU"),
    "shuffled": Text("batches in random order", "批次随机排列"),
    "adam": Text("Adam at {rate}", "Adam，学习率 {rate}"),
    "all-together": Text("all of these together", "全部改动"),
}
BUDGET = columns(
    "training | seeds | training loss | validation loss | lower than as published by",
    "训练 | 随机种子 | 训练损失 | 验证损失 | 验证损失比“原报告方式”低",
)
ENDS = columns(
    "training | seed | epochs | last {last} batches of the last epoch"
    " | on the log's poems, once trained | test poems, nats per character | perplexity per hanzi"
    " | training time (s)",
    "训练 | 随机种子 | 轮数 | 末轮最后 {last} 批 | 训练后：日志所示诗上的损失 | 测试集每字奈特数"
    " | 每个汉字的困惑度 | 训练时间（秒）",
)
LOWER, RAISE = Text("lower", "降低"), Text("raise", "升高")
AGAIN = Text("published net made again", "重做的原报告网络")
CURVES = Text(
    "Training loss of the published run made again, and of what differs from it",
    "重做的原报告训练及其各项改动的训练损失",
)


def parts(results: Results) -> dict[str, Part]:
    """Tables and figure by their names in the template."""
    facts: Facts = results.facts["poetry"]
    regimes = results.nets["poetry"]
    runs = Source(runs=runs_of(regimes["published"]) + runs_of(regimes["again"]))
    scored = Source(runs=runs_of(regimes["ours"]) + runs_of(regimes["published"]))
    drawn = Source(runs=runs.runs + runs_of(regimes["ours"]))
    return {
        "arms": Table(BUDGET, list(_budget(results)), runs),
        "arms_curves": Figure("poetry-as-published", CURVES, drawn),
        "arms_ends": Table(_headings(facts.arms), list(_ends(results)), runs),
        "lengths": Table(["", *map(_band, bands(facts))], list(_lengths(facts)), scored),
    }


def values(results: Results) -> dict[str, Any]:
    """What prose quotes."""
    arms: Arms = results.facts["poetry"].arms
    theirs = published("poetry")
    low, high = theirs["last_batch_loss_nats"]
    training = arms.runs["published"][FIRST].training
    return {
        "training": training,
        "poems": {part: number(poems) for part, poems in arms.poems.items()},
        "all_poems": number(sum(arms.poems.values())),
        "batches": number(arms.batches),
        "budget": budget(arms),
        "block": arms.block,
        **_gained(arms),
        "test_nll": number(results.nets["poetry"]["published"][FIRST]["test_nll"].mean, 3),
        "published": {"low": low, "high": high, "batches": theirs["batches"]}
        if results.comparable
        else None,
    }


def budget(arms: Arms) -> int:
    """Epochs that every training has."""
    return min(len(run.train) for runs in arms.runs.values() for run in runs.values())


def gain(runs: dict[str, ArmRun], arm: str, after: int) -> float:
    """By how much the arm's validation loss is lower than that of the run as published, after so
    many epochs."""
    return runs[FIRST].valid[after - 1] - runs[arm].valid[after - 1]


def _gained(arms: Arms) -> dict[str, Any]:
    """The single change that lowers the loss most, if any does, and all together, if trained."""
    runs, after = arms.runs["published"], budget(arms)
    gains = {arm: gain(runs, arm, after) for arm in runs if arm != FIRST}
    together = gains.pop(TOGETHER, None)
    found: dict[str, Any] = {"several": len(gains) > 1, "best": None, "together": None}
    best = max(gains, key=lambda arm: gains[arm], default=None)
    if best is None or gains[best] <= 0:
        return found
    found |= {"best": told(best, runs[best]), "gain": number(gains[best], 3)}
    if together is not None:
        found["together"] = {
            "lowers": LOWER if together >= 0 else RAISE,
            "by": number(abs(together), 3),
            "less": 0 <= together < gains[best],
        }
    return found


def told(arm: str, run: ArmRun) -> Text:
    """What differs in an arm."""
    rate = run.training.learning_rate
    return Text(*(each.format(rate=rate) for each in ARMS[arm]))  # type: ignore[index]  # a name of the settings


def _headings(arms: Arms) -> list[Cell]:
    last = len(arms.runs["published"][FIRST].last[-1])
    return [Text(*(each.format(last=last) for each in heading)) for heading in ENDS]


def _budget(results: Results) -> Iterator[list[Cell]]:
    """A row an arm: all its seeds, after the epochs that every training has."""
    arms: Arms = results.facts["poetry"].arms
    regimes, after = results.nets["poetry"], budget(arms)
    for arm, run in arms.runs["published"].items():
        held = {name: own for name, own in arms.runs.items() if arm in own}
        gains = [
            signed(gain(own, arm, after), 3)
            for own in held.values()
            if FIRST in own and arm != FIRST
        ]
        yield [
            told(arm, run),
            listing(seed for name in held for seed in regimes[name][arm].runs),
            listing(number(own[arm].train[after - 1], 3) for own in held.values()),
            listing(number(own[arm].valid[after - 1], 3) for own in held.values()),
            listing(gains) if gains else MISSING,
        ]


def _ends(results: Results) -> Iterator[list[Cell]]:
    """A row a run, at its own end."""
    arms: Arms = results.facts["poetry"].arms
    for regime, runs in arms.runs.items():
        for arm, run in runs.items():
            scores = results.nets["poetry"][regime][arm]
            low, high = min(run.last[-1]), max(run.last[-1])
            yield [
                told(arm, run),
                listing(scores.runs),
                str(len(run.train)),
                f"{number(low, 2)}–{number(high, 2)}",
                *(number(scores[name].mean, 3) for name in ("logged_loss", "test_nll")),
                number(scores["perplexity_hanzi"].mean, 1),
                number(scores["train_seconds"].mean),
            ]


def bands(facts: Facts) -> list[LengthBand]:
    """The bands of length: all nets are scored on the same poems."""
    return next(iter(facts.lengths.values()))


def _band(band: LengthBand) -> Text:
    lengths, poems = band_name(band.start, band.end), number(band.poems)
    return Text(f"{lengths} ({poems} poems)", f"{lengths}（{poems} 首）")


def _lengths(facts: Facts) -> Iterator[list[Cell]]:
    """A row a net: test loss, and training loss behind it, by length of poem."""
    runs = facts.arms.runs["published"]
    for net, found in facts.lengths.items():
        losses = [f"{number(each.test, 2)} / {number(each.train, 2)}" for each in found]
        yield [told(net, runs[net]) if net in runs else net.upper(), *losses]
