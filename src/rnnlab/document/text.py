"""Words and numbers as readers of both languages see them."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rnnlab.runs.scores import Spread

LANGUAGES = ("en", "zh")
MISSING = "–"


class Text(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str


Cell = str | Text
"""What both languages share, such as a number, or a text in each."""


Say = Callable[[Cell], str]
"""`tell` in one language."""


def tell(cell: Cell, language: str) -> str:
    """`cell` in `language`."""
    return cell if isinstance(cell, str) else str(getattr(cell, language))


def listed(items: Iterable[object], language: str) -> str:
    """The items in a row, as the language separates them."""
    return {"en": ", ", "zh": "、"}[language].join(
        tell(each, language) if isinstance(each, Text) else str(each) for each in items
    )


def plural(count: int, noun: str) -> str:
    """English: 1 epoch, 3 epochs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listing(items: Iterable[object]) -> Text:
    """`listed` in both languages."""
    items = list(items)
    return Text(*(listed(items, language) for language in LANGUAGES))


def columns(en: str, zh: str) -> list[Cell]:
    """Headings of a table's columns, in both languages, set apart by bars: "net | seeds"."""
    pairs = zip(en.split("|"), zh.split("|"), strict=True)
    return [Text(one.strip(), other.strip()) for one, other in pairs]


def percent(share: float | None, digits: int = 2) -> str:
    """A fraction as percent; a dash if there is none."""
    return MISSING if share is None else f"{100 * share:.{digits}f}"


def number(value: float | None, digits: int = 0) -> str:
    """With thousands set apart and a true minus; a dash if there is none."""
    return MISSING if value is None else f"{value:,.{digits}f}".replace("-", "−")


def band_name(start: int, end: int | None) -> str:
    """What a band of whole numbers is called: from `start` to below `end`; None: and all above."""
    return f"{start}+" if end is None else f"{start}–{end - 1}"


def signed(value: float | None, digits: int = 2) -> str:
    """With its sign, a true minus; a dash if there is no value."""
    return MISSING if value is None else f"{value:+z.{digits}f}".replace("-", "−")


def spread(scores: Spread, digits: int = 2, scale: float = 1.0) -> str:
    """Mean ± standard deviation over seeds; the mean alone of a single seed."""
    mean = f"{scores.mean * scale:.{digits}f}"
    return mean if scores.std is None else f"{mean} ± {scores.std * scale:.{digits}f}"


def duration(seconds: float) -> Text:
    """Seconds below a minute, minutes and seconds below an hour, else hours and minutes."""
    total = round(seconds)
    if total < 60:
        return Text(f"{total} s", f"{total} 秒")
    if total < 3600:
        minutes, left = divmod(total, 60)
        return Text(f"{minutes} min {left} s", f"{minutes} 分 {left} 秒")
    hours, minutes = divmod(round(seconds / 60), 60)
    return Text(f"{hours} h {minutes} min", f"{hours} 小时 {minutes} 分")


def core_minutes(seconds: float) -> str:
    """Of one processor core."""
    return number(seconds / 60, 0 if seconds >= 600 else 1)


def slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
