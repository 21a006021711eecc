"""The command `rnnlab seeds`: what would decide the claims that are open."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnlab.cli.nets import Json
from rnnlab.cli.project import PROJECT
from rnnlab.cli.show import answer, table

if TYPE_CHECKING:
    from rnnlab.claims.seeds import Need

NAMED = 2
"""Nets of a part that the table names."""


def seeds(
    metrics: Annotated[Path, typer.Argument(help="the results")] = PROJECT.metrics,
    json: Json = False,
) -> None:
    """How many more seeds would decide each part of a claim that is inconclusive, and at what cost.

    At the effect and the spread seen; nothing is changed. docs/claims.md has the rule for looking
    again.

    Example: rnnlab seeds

    Example: rnnlab seeds workspaces/quick/reports/metrics.json --json
    """
    from rnnlab.claims import seeds as plan
    from rnnlab.claims.judge import LOOKS
    from rnnlab.report.results import read

    results = read(metrics)
    found = plan.needs(results.claims, results.nets)
    all_nets = plan.together(found)
    total = plan.minutes(all_nets, results.nets)
    runs = sum(net.runs * more for net, more in all_nets.items())
    rows = [_row(need) for need in found]
    lines = [table(rows)] if rows else ["No part that is judged by seeds is inconclusive."]
    if runs:
        cost = "unknown" if total is None else f"{total:,.1f}"
        lines.append(f"All together: {runs} runs, core-minutes: {cost}; parts share nets.")
    if any(need.more and need.part.seeds + need.more > max(LOOKS) for need in found):
        lines.append(
            f"With {max(LOOKS)} seeds the level is spent: more are for a replication of its own, "
            "with rules of its own in docs/claims.md first."
        )
    parts = [_plain(need) for need in found]
    answer("\n".join(lines), {"parts": parts, "runs": runs, "core_minutes": total}, json)


def _row(need: "Need") -> dict[str, str]:
    from rnnlab.claims.seeds import MOST

    return {
        "claim": need.claim,
        "part": need.part.name,
        "seeds": str(need.part.seeds),
        "more": str(need.more or need.part.why or f"none up to {MOST}"),
        "core-minutes": "–" if need.minutes is None else f"{need.minutes:,.1f}",
        "nets": _named([f"{net.regime}/{net.name}" for net in need.nets]),
    }


def _plain(need: "Need") -> dict[str, Any]:
    return {
        **{"claim": need.claim, "part": need.part.name, "seeds": need.part.seeds},
        **{"more": need.more, "why": need.part.why, "core_minutes": need.minutes},
        "nets": [{**net._asdict(), "more": more} for net, more in need.nets.items()],
    }


def _named(nets: Sequence[str]) -> str:
    """The first of `nets`, and how many more there are; --json has all."""
    more = f" and {len(nets) - NAMED} more" if len(nets) > NAMED else ""
    return (", ".join(nets[:NAMED]) or "–") + more
