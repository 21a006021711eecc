"""Parts of the documentation that a command wrote, sealed: a number typed into one is found.

A part begins with `<!-- name -->` and ends with its seal, a comment that has the sha256 of the text
and of the files that it was made from. Of a page without such a beginning, the whole is one part.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rnnlab.errors import LabError
from rnnlab.files import write_text

SEAL = re.compile(
    r"<!-- made: text (?P<text>[0-9a-f]{12})(?P<sources>(?:, \S+ [0-9a-f]{12})*) -->\n"
)
BEGIN = re.compile(r"<!-- [\w ]+ -->\n")


class Made(NamedTuple):
    """One such part."""

    text: str
    sealed: bool
    """Whether the text is as the command wrote it."""
    sources: dict[str, bool]
    """The files that it was made from, as seen from the project's root: are they as they were?"""


def put(page: Path, name: str, text: str, sources: Sequence[Path] = ()) -> None:
    """Write `text` into the part `name` of `page`, or as the whole page if `name` is empty.

    sources: the files that it was made from, in the project that holds the page's folder. Raises
    LabError if the page has no such part.
    """
    if not name:
        write_text(page, text + seal(text, page.parent.parent, sources))
        return
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    end = SEAL.search(rest)
    if not begin or not end:
        raise LabError(f"{page} has no part <!-- {name} --> with a seal at its end.")
    text = f"\n{text.strip()}\n\n"
    whole = f"{text}{seal(text, page.parent.parent, sources)}"
    write_text(page, f"{before}{begin}{whole}{rest[end.end() :]}")


def seal(text: str, root: Path, sources: Sequence[Path] = ()) -> str:
    """What stands at the end of a part."""
    files = "".join(f", {named(path, root)} {_short(path.read_bytes())}" for path in sources)
    return f"<!-- made: text {_short(text.encode())}{files} -->\n"


def named(path: Path, root: Path) -> Path:
    """`path` as seals name it, from the project in `root`. Raises LabError if it is not there."""
    whole, top = path.resolve(), root.resolve()
    if not whole.is_relative_to(top):
        raise LabError(
            f"{path} does not lie in {root}, as the page that is made of it; name another."
        )
    return whole.relative_to(top)


def parts(text: str, root: Path) -> tuple[list[Made], str]:
    """The sealed parts of a page's `text`, and what of it is none. root: the project's."""
    found, rest, start = [], "", 0
    for end in SEAL.finditer(text):
        begins = list(BEGIN.finditer(text, start, end.start()))
        begin = begins[-1].end() if begins else start
        rest += text[start:begin]
        inside = text[begin : end.start()]
        pairs = re.findall(r", (\S+) ([0-9a-f]{12})", end["sources"])
        sources = {path: _is(root / path, digest) for path, digest in pairs}
        found.append(Made(inside, _short(inside.encode()) == end["text"], sources))
        start = end.end()
    return found, rest + text[start:]


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and _short(path.read_bytes()) == digest


def _short(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]
