"""The documentation's pages: numbers that a command wrote there, and the rules of the claims."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from rnnlab import docparts
from rnnlab.claims import rules
from rnnlab.errors import LabError
from rnnlab.gate.finding import DRIFTS, HOLDS, MISSING, Finding

NUMBER = re.compile(r"(?<![\w.#-])\d[\d,]*(?:\.\d+)?%?(?![\w-])")
END_OF_RULES = "\n## How often it is wrong\n"


def check(page: str, wanted: int, root: Path) -> Iterator[Finding]:
    """Whether a page's sealed parts are as they were made, from files that are as they were.

    page: as seen from the project's `root`; wanted: how many such parts it has. Numbers outside
    of them are counted: nothing holds them.
    """
    found, rest = docparts.parts(text(root / page), root)
    if len(found) < wanted:
        had = f"{len(found)} of {wanted} sealed parts"
        yield Finding(MISSING, page, had, "", "bring them back, or write them anew")
    broken = [finding for part in found for finding in _part(page, part)]
    yield from broken
    if not broken:
        prose = f"{len(NUMBER.findall(rest))} numbers outside of them are held to nothing"
        yield Finding(HOLDS, f"{page}, parts that commands wrote", f"{len(found)}", "", prose)


def _part(page: str, part: docparts.Made) -> Iterator[Finding]:
    heading = next((line for line in part.text.splitlines() if line.strip()), "")
    where = f"{page}, the part that begins with {heading[:40]!r}"
    if not part.sealed:
        yield Finding(DRIFTS, where, "edited", "as a command wrote it", "run the command again")
    for source, same in part.sources.items():
        if not same:
            yield Finding(DRIFTS, where, f"{source} has changed", "", "write the page anew")


def check_rules(page: Path, root: Path, expected: str | None) -> Iterator[Finding]:
    """Whether the page of the claims' rules has those of claims.yaml, and says what it said.

    expected: the page's digest as the expectations have it; None where there are none.
    """
    tables = [part.text.strip() for part in docparts.parts(text(page), root)[0]]
    if rules.table() not in tables:
        advice = f"run `python -m rnnlab.claims.rules {page}`"
        yield Finding(DRIFTS, f"{page}, table of the rules", "", "what claims.yaml has", advice)
    found = digest(page)
    if expected not in (None, found):
        advice = "a rule that was changed needs a line in the page's log; then run `make expect`"
        yield Finding(DRIFTS, f"{page}, its rules", found, f"{expected}", advice)
    elif rules.table() in tables:
        yield Finding(HOLDS, f"{page}, its rules", found)


def digest(page: Path) -> str:
    """Of all that the page says before it tells how often the rules are wrong."""
    before, end, _ = text(page).partition(END_OF_RULES)
    if not end:
        raise LabError(f"{page} has no heading {END_OF_RULES.strip()!r}, where its rules end.")
    # With its name, since YAML takes some digests for numbers.
    return f"sha256:{sha256(before.encode()).hexdigest()[:12]}"


def text(page: Path) -> str:
    try:
        return page.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LabError(f"{page} is missing; bring it back from git.") from None
    except UnicodeDecodeError:
        raise LabError(f"{page} is not UTF-8 text; bring it back from git.") from None
