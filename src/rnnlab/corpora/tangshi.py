"""Complete Tang Poems (chinese-poetry project): read, made simplified, cleaned, without doubles."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from rnnlab.corpora.archives import members
from rnnlab.corpora.hanzi import HANZI, PUNCTUATION
from rnnlab.corpora.split import train_valid
from rnnlab.corpora.variants import USUAL
from rnnlab.errors import LabError, about
from rnnlab.files import read_table, reading, write_sealed, write_table

_FILES = r"(?:[^/]+/)?全唐诗/poet\.tang\.(\d{1,9})\.json"
# Editors' notes, innermost brackets first: (…) （…） 〖…〗, and numbers of notes, [一] [12].
_NOTE = re.compile(r"（[^（）]*）|\([^()]*\)|〖[^〖〗]*〗|\[[一二三四五六七八九十○\d、]*\]")
_DEEPEST = 32
"""Notes in notes in notes; the corpus has 3 at most. What is deeper counts as not closed, since
each level takes a pass over the text."""
_UNCLOSED_NOTE = re.compile(r"[（(〖].*", re.DOTALL)
_QUOTES = re.compile(r"[\[\]「」『』《》〈〉“”‘’\s]")
_STOPS = re.compile(f"([{PUNCTUATION}])[{PUNCTUATION}]+")
_LINE_END = re.compile(f"[{PUNCTUATION}]")
_GAP = re.compile(r"[□●○{}\ue000-\uf8ff]")  # {…} describes a character that has no code
_WHOLE = re.compile(f"[{HANZI}{PUNCTUATION}]*")
PARTS = ("train", "valid", "test")
_COUNTS = "read with_notes empty gaps symbols fragments doubles variants kept five seven other"


class _Record(BaseModel):
    """A poem as the archive has it, as far as we read it."""

    model_config = ConfigDict(strict=True)

    title: str
    author: str
    paragraphs: list[str]


_RECORDS = TypeAdapter(list[_Record])


class Poem(NamedTuple):
    """A cleaned poem. form: "five" or "seven" characters in every line, or "other"."""

    id: str
    title: str
    author: str
    text: str
    form: str


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Traditional characters to simplified ones (OpenCC, its table t2s), variants to usual ones."""
    simplified: str = _converter().convert(text)
    return simplified.translate(USUAL)


def lines(text: str) -> list[str]:
    """A poem's lines without their punctuation."""
    return [line for line in _LINE_END.split(text) if line]


def form(text: str) -> str:
    """ "five" or "seven" if every line has so many characters, else "other"."""
    widths = {len(line) for line in lines(text)}
    return "five" if widths == {5} else "seven" if widths == {7} else "other"


def without_notes(text: str) -> str:
    """Take out editors' notes and quotation marks; of stops side by side the first stays."""
    for _ in range(_DEEPEST):
        text, found = _NOTE.subn("", text)
        if not found:
            break
    text = _QUOTES.sub("", _UNCLOSED_NOTE.sub("", text))
    return _STOPS.sub(r"\1", text).lstrip(PUNCTUATION)


def poems(archive: Path) -> tuple[list[Poem], dict[str, int]]:
    """All poems of the archive that can be kept, in its order, and how many fell away where.

    The counts: `read`; `with_notes` (changed, not dropped); dropped as `empty` (nothing but
    notes), `gaps` (characters lost, or without a code), `symbols` (anything else that is neither
    a Chinese character nor punctuation), `fragments` (less than two lines), `doubles` (the same
    characters as another), `variants` (see `_distinct`); then `kept`, and of these `five`,
    `seven`, `other`.

    Raises LabError if the archive is broken or holds no poems.
    """
    counts: Counter[str] = Counter()
    cleaned = []
    for number, title, author, original in _raw(archive):
        counts["read"] += 1
        text = without_notes(simplify(original))
        counts["with_notes"] += bool(_NOTE.search(original) or _UNCLOSED_NOTE.search(original))
        if fault := _fault(text):
            counts[fault] += 1
        else:
            cleaned.append(Poem(number, simplify(title), simplify(author), text, form(text)))
    kept = _distinct(cleaned, counts)
    counts["kept"] = len(kept)
    counts.update(poem.form for poem in kept)
    return kept, {name: counts[name] for name in _COUNTS.split()}


def _fault(text: str) -> str | None:
    if not lines(text):
        return "empty"
    if _GAP.search(text):
        return "gaps"
    if not _WHOLE.fullmatch(text):
        return "symbols"
    return "fragments" if len(lines(text)) < 2 else None


def _distinct(cleaned: list[Poem], counts: Counter[str]) -> list[Poem]:
    """Of poems that are the same, or variants of one another, the longest, the first of equals.

    Two poems are variants if half of the shorter one's lines (of four characters or more) are
    lines of the other: other readings of a few characters, or a part of the same poem.
    """
    holders: dict[str, list[int]] = {}
    seen: set[str] = set()
    sizes: dict[int, int] = {}
    for number in sorted(range(len(cleaned)), key=lambda each: -len(cleaned[each].text)):
        own = lines(cleaned[number].text)
        characters = "".join(own)
        if characters in seen:
            counts["doubles"] += 1
            continue
        seen.add(characters)
        long = {line for line in own if len(line) >= 4}
        shared = Counter(other for line in long for other in holders.get(line, []))
        if any(2 * n >= min(len(long), sizes[other]) for other, n in shared.items()):
            counts["variants"] += 1
            continue
        sizes[number] = len(long)
        for line in long:
            holders.setdefault(line, []).append(number)
    return [cleaned[number] for number in sorted(sizes)]


def _raw(archive: Path) -> Iterator[tuple[str, str, str, str]]:
    """Id, title, author and text of each poem, as they are in the archive."""
    found = []
    for name, content in members(archive, _FILES):
        found.append((int(re.fullmatch(_FILES, name)[1]), content))  # type: ignore[index]  # `members` has matched it
    if not found:
        raise LabError(f"{archive} holds no poems (全唐诗/poet.tang.*.json); fetch it again.")
    for start, content in sorted(found):
        try:
            records = _RECORDS.validate_json(content)
        except ValidationError as trouble:
            first = trouble.errors(include_url=False)[0]
            place = f" at {'.'.join(map(str, first['loc']))}" if first["loc"] else ""
            raise LabError(
                f"{archive}: poet.tang.{start}.json is not a list of poems{place} "
                f"({first['msg']}); fetch it again."
            ) from None
        for number, each in enumerate(records, start):
            yield f"{number:05d}", each.title, each.author, "".join(each.paragraphs)


def write(
    archive: Path,
    output: Path,
    report: Path,
    valid_fraction: float,
    test_fraction: float,
    seed: int,
) -> None:
    """Clean and split the archive's poems.

    output: a table `id, title, author, text, form, part` (train, valid or test; equal shares of
    each form), sorted by id. report: the counts of `poems`, and the parts' sizes, as JSON. Raises
    LabError as `poems` does, and if too few are left for three parts.
    """
    kept, counts = poems(archive)
    if not kept:
        dropped = ", ".join(f"{name} {counts[name]}" for name in _COUNTS.split() if counts[name])
        raise LabError(f"{archive}: no poem is left after cleaning ({dropped}); fetch it again.")
    columns = {name: [getattr(poem, name) for poem in kept] for name in Poem._fields}
    with about(archive):
        parts = _divided({poem.id: poem.form for poem in kept}, valid_fraction, test_fraction, seed)
    columns["part"] = [parts[each] for each in columns["id"]]
    write_table(output, pa.table(columns).sort_by("id"))
    sizes = Counter(columns["part"])
    write_sealed(report, {**counts, **{part: sizes[part] for part in PARTS}})


def _divided(
    forms: dict[str, str], valid_fraction: float, test_fraction: float, seed: int
) -> dict[str, str]:
    """The part of each poem, by its id. forms: by id, too."""
    away = valid_fraction + test_fraction
    train, rest = train_valid(list(forms), list(forms.values()), away, seed)
    kinds = [forms[each] for each in rest]
    members = dict(
        zip(PARTS, (train, *train_valid(rest, kinds, test_fraction / away, seed)), strict=True)
    )
    return {each: part for part, own in members.items() for each in own}


def read(path: Path) -> list[dict[str, str]]:
    """The rows that `write` wrote. Raises LabError if the file is missing or broken."""
    rows: list[dict[str, str]] = read_table(path, (*Poem._fields, "part")).to_pylist()
    with reading(path):
        if not rows or {row["part"] for row in rows} != set(PARTS):
            raise ValueError("it has no poems of all parts")
    return rows
