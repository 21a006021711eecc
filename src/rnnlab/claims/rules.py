"""What claims.yaml fixes, as a table for docs/claims.md.

`python -m rnnlab.claims.rules docs/claims.md` writes it there; the gate compares.
"""

import sys
from hashlib import sha256
from pathlib import Path

from rnnlab import docparts
from rnnlab.claims import claims
from rnnlab.claims.claims import CourseRule, DecayRule, Differences, LossRule, Newest, Rule, Sweeps
from rnnlab.claims.judge import LEVEL, LOOKS

NAME = "rules"
"""Of the page's part that has the table."""


def table() -> str:
    """All rules' numbers, as Markdown, and their digest: whatever changes in a rule, it changes."""
    rules = claims.load().rules
    looks = " and ".join(map(str, LOOKS))
    rows = [f"| {name} | {_numbers(rule)} |" for name, rule in rules.items()]
    content = "\n".join(f"{name}: {rule.model_dump_json()}" for name, rule in rules.items())
    digest = sha256(content.encode()).hexdigest()[:12]
    return "\n".join(
        [
            f"Level {LEVEL:.0%} of a claim's tests of each kind; looks at {looks} seeds.",
            *("", "| | what its rule fixes |", "|---|---|", *rows, ""),
            f"Digest of the rules in `claims.yaml`: `{digest}`.",
        ]
    )


def _numbers(rule: Rule) -> str:
    match rule:
        case Differences():
            told = f"margin {100 * rule.margin:g} points of {rule.metric}, {rule.lab}"
            ways = "; ".join(
                f"{part.name} {part.direction}"
                + (f" (mean of {len(part.pairs)})" if len(part.pairs) > 1 else "")
                + (f" ({part.metric})" if part.metric else "")
                for part in rule.parts
            )
            if rule.same_coverage:
                told += f"; coverages within {100 * rule.same_coverage.within:g} points"
            return f"{told}. {ways}"
        case Sweeps():
            named = ", ".join(f"{sweep} {value:g}" for sweep, value in rule.named.items())
            return f"{named}; at least {rule.steps:,} steps; near is a factor {rule.near:g}"
        case Newest():
            return f"{rule.steps} steps; {', '.join(rule.moments)}"
        case DecayRule():
            return f"{rule.slower:g} times as far back"
        case LossRule():
            nets = ", ".join([rule.stalled, *rule.trained.values()])
            unknown = f"at most {rule.unknown:.0%} of the characters unknown"
            return f"{rule.nats:g} nats; {rule.epochs} epochs; {unknown}; {nets}"
        case CourseRule():
            nets = ", ".join(rule.recurrent.values())
            return f"validation accuracy {rule.level:.0%}; {nets} beside {rule.convolution}"


def main(path: Path) -> None:
    """Write the table into the page at `path`."""
    docparts.put(path, NAME, table())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
