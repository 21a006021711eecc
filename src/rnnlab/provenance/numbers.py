"""The numbers of metrics.json by their keys, and which of them a question is about."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
"""A number as people write it, without its sign."""
WORDS = re.compile(r"[^\W\d_]{2,}[\w-]*")
MEAN = "mean"
"""Of the numbers of one score over seeds, the one that its name alone stands for."""
Key = tuple[str | int, ...]
"""The keys, and places in lists, that lead to a value."""


class Number(NamedTuple):
    """One number of metrics.json."""

    key: Key
    value: float

    @property
    def name(self) -> str:
        return "/".join(map(str, self.key))


def flat(content: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """All that `content`, as JSON has it, holds that is no list or object, by where it stands."""
    if isinstance(content, dict | list):
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        for each, value in pairs:
            yield from flat(value, (*key, each))
    else:
        yield key, content


def leaves(content: Any) -> Iterator[Number]:
    """All numbers in `content`, as JSON has it; what is true or false is none."""
    return (Number(key, value) for key, value in flat(content) if is_number(value))


def is_number(value: Any) -> bool:
    """What is true or false is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def keyed(content: Any, key: str) -> list[Number]:
    """Those that `key` may mean, from which parts may be left out; of a score over seeds, the
    mean."""
    found = [each for each in leaves(content) if _in_order(key.strip("/ ").split("/"), each.name)]
    means = [each for each in found if each.key[-1] == MEAN]
    exact = [each for each in found if each.name.endswith(key.strip("/ "))]
    return exact or means or found


def shown_as(content: Any, figure: str) -> list[Number]:
    """Those that `figure` may be, rounded as it is written, perhaps as a percentage."""
    return [each for each in leaves(content) if shows(figure, each.value)]


def figure(asked: str) -> str | None:
    """The figure in a question that is no key; of several, that with the most digits behind its
    point."""
    found = [] if "/" in asked else figures(asked)
    return max(found, key=lambda each: (len(each.partition(".")[2]), len(each)), default=None)


def figures(text: str) -> list[str]:
    """All figures in `text`, but those in names, as of nets."""
    return FIGURE.findall(re.sub(r"[^\W\d_][\w-]*", " ", text))


def shows(text: str, value: float) -> bool:
    """Whether `text` is how a report writes `value`, or 100 times `value`, but for its sign."""
    digits = len(text.partition(".")[2])
    plain = text.replace(",", "")
    return any(f"{abs(scale * value):.{digits}f}" == plain for scale in (1, 100))


def words(asked: str) -> set[str]:
    """The words of a question, in small letters, and the names of nets in it."""
    return {each.lower() for each in WORDS.findall(asked)}


def _in_order(wanted: list[str], name: str) -> bool:
    """Whether all `wanted` are among the parts of `name`, in this order."""
    parts = iter(name.split("/"))
    return all(each in parts for each in wanted)


def get(content: Any, key: Key) -> Any:
    """What stands in `content` at `key`."""
    for each in key:
        content = content[each]
    return content
