"""How much of the packed styles' time is malloc's: the same trainers, told to keep what they free.

By its defaults, glibc's malloc gives large blocks back to the kernel as soon as they are free, and
the kernel zeroes every page that it hands out again. The project keeps its blocks itself
(`rnnlab.training.machine`); a rival could be told to by two variables of its environment.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import profiling
from bench import reviews as files
from bench.contest import Entry, Program, race, ratio, teams
from bench.packed import WORDS
from bench.training import OURS, PACKED, net_fields

MINUTES = 4
KEPT = (("MALLOC_MMAP_MAX_", "0"), ("MALLOC_TRIM_THRESHOLD_", str(2**40)))
"""No block is mapped by itself, and none given back: mallopt(3)."""


def measure(
    data: Path, cache: Path, precision: str, seconds: float, repeats: int, net: str = profiling.NET
) -> dict[str, Any]:
    """The section `malloc`: the packed styles as they are and told to keep; the project beside."""
    reviews, fields = files.read(data), net_fields(net)
    cycle, tokens = files.cycle(reviews, fields["layers"])
    default = f"ours-{precision}"
    programs: list[tuple[Program, str, list[str]]] = [
        (OURS, "", [default]),
        (PACKED, "", list(WORDS)),
        (PACKED._replace(environment=KEPT), "-kept", list(WORDS)),
    ]
    with ExitStack() as stack:
        entries: dict[str, Entry] = {}
        for program, end, styles in programs:
            made = stack.enter_context(teams(program, cache))
            for style in styles:
                build = {"style": style, "net": fields, "data": str(data.absolute())}
                entries[style + end] = Entry(made, build, cycle, tokens, compiles=False)
        rates = race(entries, seconds, repeats)
    rows = {
        name: {"arrangement": entry.team.arrangement, "tokens_per_second": rates[name]}
        for name, entry in entries.items()
    }
    return {"net": net, "default": default, "rows": rows}


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """The project to each packed style that keeps its blocks."""
    rates = {name: row["tokens_per_second"] for name, row in section["rows"].items()}
    ours = rates[section["default"]]
    return {
        f"{section['net']}/{name}": ratio(ours, rate)["median"]
        for name, rate in rates.items()
        if name.endswith("-kept")
    }
