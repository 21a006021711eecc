"""How much of the packed styles' time is malloc's: the same trainers, told to keep what they free.

By its defaults, glibc's malloc gives large blocks back to the kernel as soon as they are free, and
the kernel zeroes every page that it hands out again. The project keeps its blocks itself
(`rnnlab.training.machine`); a rival could be told to by two variables of its environment.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import reviews as files
from bench.contest import Entry, Program, ratio, take_turns, teams
from bench.packed import WORDS
from bench.training import OURS, PACKED, net_fields

MINUTES = 4
NET = "lstm-1-1-100d"
KEPT = (("MALLOC_MMAP_MAX_", "0"), ("MALLOC_TRIM_THRESHOLD_", str(2**40)))
"""No block is mapped by itself, and none given back: mallopt(3)."""


def measure(
    data: Path, cache: Path, precision: str, seconds: float, repeats: int, net: str = NET
) -> dict[str, Any]:
    """The section `malloc`: the packed styles as they are and told to keep; the project beside."""
    reviews, fields = files.read(data), net_fields(net)
    number = files.count_chosen(fields["layers"])
    cycle = list(range(1, number + 1))
    tokens = sum(int(reviews.lengths(rows).sum()) for rows in files.chosen(reviews, number)[1:])
    default = f"ours-{precision}"
    programs: Sequence[tuple[Program, str, list[str]]] = (
        (OURS, "", [default]),
        (PACKED, "", list(WORDS)),
        (Program(PACKED.module, environment=KEPT), "-kept", list(WORDS)),
    )
    with ExitStack() as stack:
        entries: dict[str, Entry] = {}
        for program, end, styles in programs:
            made = stack.enter_context(teams(program, cache))
            for style in styles:
                build = {"style": style, "net": fields, "data": str(data.absolute())}
                entries[style + end] = Entry(made, build, cycle, tokens, compiles=False)
        rates = take_turns(
            {name: lambda entry=entry: entry.measure(seconds) for name, entry in entries.items()},  # type: ignore[misc]
            repeats,
        )
    return {
        "net": net,
        "default": default,
        "rows": [
            {
                "contender": name,
                "arrangement": entry.team.arrangement,
                "tokens_per_second": rates[name],
                "times_ours": ratio(rates[default], rates[name]),
                "times_kept": ratio(rates[f"{name}-kept"], rates[name]) if name in WORDS else None,
            }
            for name, entry in entries.items()
        ],
    }


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """The project to each packed style that keeps its blocks."""
    return {
        f"{section['net']}/{row['contender']}": row["times_ours"]["median"]
        for row in section["rows"]
        if row["contender"].endswith("-kept")
    }
