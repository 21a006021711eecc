"""The ledger as a table: what was claimed, the verdict, and its numbers in sentences."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnnlab.claims import claims
from rnnlab.claims.claims import Claims, DecayRule, Differences, LossRule, Rule, Sweeps, Told
from rnnlab.claims.judge import LEVEL, SEEDS
from rnnlab.claims.ledger import Claim, DecayComparison, Effect, Losses, RateComparison
from rnnlab.claims.significance import over_seeds
from rnnlab.document.parts import Content, Source, Table
from rnnlab.document.results import Results
from rnnlab.document.text import LANGUAGES, Cell, Text, columns, percent, signed, slug
from rnnlab.report import render

VERDICTS = {
    "reproduced": Text("reproduced", "得到重现"),
    "not reproduced": Text("not reproduced", "未能重现"),
    "inconclusive": Text("inconclusive", "证据不足"),
}
TITLE = Text("The claims, judged", "对各项论断的判定")
KINDS = "parts untrained sweeps unswept steps unmeasured decay no_poems losses"
"""Of evidence: what its template asks for, `generated` left out."""
COLUMNS = columns(" | claim | verdict | evidence | shown in", " | 论断 | 判定 | 证据 | 见")


def section(results: Results) -> Content:
    """The ledger, K1 first."""
    known = claims.load()
    rows = [_row(name, results.claims[name], known) for name in sorted(results.claims)]
    source = Source(("explain-gradients", "names-sweep"), results.runs)
    return Content(TITLE, {"ledger": Table(COLUMNS, rows, source)}, {})


def _row(name: str, claim: Claim, known: Claims) -> list[Cell]:
    rule, told = known.rules[name], known.wording[name]
    shown_in = known.sections[told.shown_in]
    headings = (shown_in.en, shown_in.zh)
    return [
        name,
        Text(told.en, told.zh),
        Text(*(f"**{verdict}**" for verdict in VERDICTS[claim.verdict])),
        evidence(claim, rule, told),
        Text(*(f"[{re.split('[:：]', each)[0]}](#{slug(each)})" for each in headings)),
    ]


def evidence(claim: Claim, rule: Rule, told: Told) -> Text:
    """The numbers that a verdict rests on, in sentences."""
    values = {
        **dict.fromkeys(KINDS.split()),
        "generated": claim.generated,
        **_values(claim, rule, told),
    }
    lines = [render.fill("report/evidence", values, language) for language in LANGUAGES]
    return Text(*("".join(each.splitlines()) for each in lines))


def _values(claim: Claim, rule: Rule, told: Told) -> dict[str, Any]:
    match rule:
        case Differences():
            names = {
                each.name: Text(each.name, told.parts.get(each.name, each.name))
                for each in rule.parts
            }
            signs = {each.name: each.sign for each in rule.parts}
            return {
                "count": len(claim.parts),
                "parts": [
                    {"name": names[part.name], "points": _points(part, signs[part.name])}
                    for part in _extremes(claim.parts)
                ],
                "seeds": _numbers(part.seeds for part in claim.parts if not part.items),
                "items": _numbers(part.items for part in claim.parts if part.items),
                "untrained": [names[name] for name in claim.missing],
            }
        case Sweeps():
            shorter = claim.steps is not None and claim.steps < rule.steps
            return {
                "sweeps": [f"{each.structure} {_rates(each)}" for each in claim.sweeps],
                "unswept": claim.missing,
                "steps": f"{claim.steps:,}" if shorter else None,
                "published_steps": f"{rule.steps:,}",
            }
        case DecayRule():
            unmeasured = [cell.upper() for cell in claim.missing]
            return {"unmeasured": unmeasured, "decay": claim.decay and _decay(claim.decay)}
        case LossRule():
            losses = [f"{net} {_losses(each)}" for net, each in claim.losses.items()]
            return {"no_poems": bool(claim.missing), "losses": losses, "nats": f"{rule.nats:g}"}


def _extremes(parts: Sequence[Effect]) -> Sequence[Effect]:
    """All parts, or of more than two the smallest and the largest difference."""
    ordered = sorted(parts, key=lambda part: part.difference)
    return [ordered[0], ordered[-1]] if len(parts) > 2 else parts


def _points(part: Effect, sign: int) -> str:
    """The difference in points, its interval, and the p value of what the difference speaks for."""
    right_way = (part.difference > 0) == (sign > 0)
    p = min(part.p_holds, part.p_fails) if right_way else part.p_fails
    low, high = (signed(100 * end) for end in (part.low, part.high))
    return f"{signed(100 * part.difference)} [{low}, {high}], {p_text(p)}"


def p_text(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _numbers(values: Iterable[int]) -> str:
    return "/".join(f"{value:,}" for value in sorted(set(values)))


def _rates(sweep: RateComparison) -> str:
    return (
        f"{sweep.named:g}: {percent(sweep.accuracy)}%, {sweep.best_other:g}: "
        f"{percent(sweep.best_other_accuracy)}%, {p_text(sweep.p_no_better[sweep.best_other])}"
    )


def _decay(decay: DecayComparison) -> dict[str, str]:
    fails = min(decay.p_fails)
    p = fails if fails < LEVEL else max(decay.p_holds)
    interval = f"[{decay.ratio_low:.1f}, {decay.ratio_high:.1f}]"
    return {
        "rnn": f"{1 - decay.rnn_factor:.2%}",
        "lstm": f"{1 - decay.lstm_factor:.2%}",
        "explained": f"{decay.explained:.1%}",
        "ratio": f"{decay.ratio:.1f} {interval}, {p_text(p)}",
        "reviews": str(decay.reviews),
    }


def _losses(losses: Losses) -> str:
    """The mean, and with enough seeds t's 95% interval; the largest upper bound."""
    mean = f"{float(np.mean(losses.valid_nll)):.3f}"
    if len(losses.valid_nll) >= SEEDS:
        found = over_seeds(np.array(losses.valid_nll))
        mean += f" [{found.low:.3f}, {found.high:.3f}]"
    return f"{mean}, ≤ {max(losses.upper):.3f}"
