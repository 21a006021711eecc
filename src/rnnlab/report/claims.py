"""The ledger as tables: what was claimed, the verdict, and the numbers of each part."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rnnlab.claims import claims
from rnnlab.claims.claims import Claims, Told
from rnnlab.claims.judge import LEVEL, LOOKS
from rnnlab.claims.ledger import Claim, Part, PartVerdict, Shows, Unit, Verdict, Why
from rnnlab.document.parts import Content, Source, Table
from rnnlab.document.results import Results
from rnnlab.document.text import MISSING, Cell, Text, columns, listing, number, signed, slug

VERDICTS: dict[Verdict, Text] = {
    "reproduced": Text("reproduced", "得到重现"),
    "partly reproduced": Text("partly reproduced", "部分重现"),
    "not reproduced": Text("not reproduced", "未能重现"),
    "inconclusive": Text("inconclusive", "证据不足"),
    "not testable here": Text("not testable here", "此处无法检验"),
}
WHY: dict[Why, Text] = {
    "generated": Text("generated corpora", "语料为自行生成"),
    "untrained": Text("not trained", "缺少"),
    "coverage": Text(
        "the two sets of vectors cover different shares of the text", "两套词向量的覆盖率相差过大"
    ),
    "vocabulary": Text("too many characters are unknown", "未登录字过多"),
    "steps": Text("a sweep shorter than the published trainings", "扫描步数少于原报告"),
    "epochs": Text("a training shorter than the published one", "训练轮数少于原报告"),
    "seeds": Text("too few seeds", "种子太少"),
    "edge": Text(
        "can't hold, since the best value tried is the last of the grid",
        "所试的最优值位于网格边缘，故不能判为得到重现",
    ),
    "grid": Text("a grid too narrow to tell", "网格过窄，无从判断"),
    "diverged": Text("its trainings diverged", "训练发散"),
}
SHOWS: dict[Shows, Text] = {
    "less than the margin": Text("less than the margin", "小于论断的幅度"),
    "the other way": Text("the other way", "方向相反"),
}
NAMED = 2
"""Of what is missing, how many are named."""
TITLE = Text("The claims, judged", "对各项论断的判定")
LEDGER = columns(" | claim | verdict | parts | shown in", " | 论断 | 判定 | 各部分 | 见")
PARTS = columns(
    " | part | published | here [95% interval] | seeds | p | verdict",
    " | 部分 | 原报告 | 本报告［95% 区间］ | 种子数 | p | 判定",
)


def section(results: Results) -> Content:
    """The ledger, and below it all parts; K1 first."""
    known = claims.load()
    found = in_order(results.claims).items()
    source = Source(("evaluate",))
    ledger = [_row(name, claim, known) for name, claim in found]
    parts = [
        [name, *_part(part, known.wording[name])] for name, claim in found for part in claim.parts
    ]
    tables = {"ledger": Table(LEDGER, ledger, source), "parts": Table(PARTS, parts, source)}
    values = {"level": f"{100 * LEVEL / len(LOOKS):g}", "looks": LOOKS}
    return Content(TITLE, tables, values)


def in_order(found: Mapping[str, Claim]) -> dict[str, Claim]:
    """The claims, K1 first."""
    return dict(sorted(found.items(), key=lambda each: int(each[0].removeprefix("K"))))


def tally(claim: Claim) -> Text:
    """How many of the claim's parts have which verdict."""
    counts = Counter(part.verdict for part in claim.parts).items()
    en = ", ".join(f"{count} {VERDICTS[each].en}" for each, count in counts)
    return Text(en, "，".join(f"{count} 项{VERDICTS[each].zh}" for each, count in counts))


def by_verdict(claim: Claim, told: Told) -> Text:
    """The claim's parts by name, grouped by their verdicts."""
    groups: dict[PartVerdict, list[Text]] = {}
    for part in claim.parts:
        groups.setdefault(part.verdict, []).append(named(part, told))
    known = [(VERDICTS[verdict], names) for verdict, names in groups.items()]
    en = "; ".join(f"{what.en}: {', '.join(f'*{each.en}*' for each in own)}" for what, own in known)
    zh = "；".join(f"{what.zh}：{'、'.join(f'“{each.zh}”' for each in own)}" for what, own in known)
    return Text(en, zh)


def _row(name: str, claim: Claim, known: Claims) -> list[Cell]:
    told = known.wording[name]
    shown_in = known.sections[told.shown_in]
    headings = (shown_in.en, shown_in.zh)
    return [
        name,
        Text(told.en, told.zh),
        Text(*(f"**{verdict}**" for verdict in VERDICTS[claim.verdict])),
        tally(claim),
        Text(*(f"[{re.split('[:：]', each)[0]}](#{slug(each)})" for each in headings)),
    ]


def named(part: Part, told: Told) -> Text:
    """The part's name; in Chinese its own, unless the claim tells another."""
    return Text(part.name, told.parts.get(part.name, part.name))


def _part(part: Part, told: Told) -> Iterator[Cell]:
    yield named(part, told)
    yield _published(part)
    yield _effect(part)
    yield str(part.seeds) if part.seeds else MISSING
    yield _p(part)
    yield verdict(part)


def verdict(part: Part) -> Text:
    """The verdict on a part, and what qualifies it."""
    more = [SHOWS[part.shows]] if part.shows else []
    if part.why == "untrained":
        more += [_missing(part.missing)]
    elif part.why:
        more += [WHY[part.why]]
    text = VERDICTS[part.verdict]
    if not more:
        return text
    return Text(
        f"{text.en}: {': '.join(each.en for each in more)}",
        f"{text.zh}：{'：'.join(each.zh for each in more)}",
    )


def _missing(nets: Sequence[str]) -> Text:
    """Which nets are missing, the first of many by name."""
    why, named, rest = WHY["untrained"], listing(nets[:NAMED]), len(nets) - NAMED
    if rest <= 0:
        return Text(f"{why.en}: {named.en}", f"{why.zh} {named.zh}")
    return Text(
        f"{why.en}: {named.en} and {rest} more", f"{why.zh} {named.zh} 等 {len(nets)} 个网络"
    )


def _published(part: Part) -> Cell:
    if part.published is None:
        return MISSING
    text = value(part.published, part.unit)
    if part.published_passes:
        return text
    return Text(f"{text}, would not pass", f"{text}，自身即未达标准")


def _effect(part: Part) -> str:
    if part.effect is None:
        return MISSING
    text = value(part.effect, part.unit)
    if part.low is None or part.high is None:
        return text
    return f"{text} [{value(part.low, part.unit)}, {value(part.high, part.unit)}]"


def value(effect: float, unit: Unit) -> str:
    """An effect as readers see it: differences of accuracies in points, shares in percent."""
    match unit:
        case "accuracy":
            return signed(100 * effect)
        case "loss":
            return signed(effect, 4)
        case "share":
            return signed(100 * effect, 1)
        case "steps":
            return number(effect)
        case "ratio":
            return number(effect, 1)
        case "nats":
            return number(effect, 3)


def _p(part: Part) -> str:
    """Of the test that decided, or came closer to a decision."""
    if part.p_holds is None or part.p_fails is None:
        return MISSING
    p = part.p_fails if part.verdict == "not reproduced" else min(part.p_holds, part.p_fails)
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
