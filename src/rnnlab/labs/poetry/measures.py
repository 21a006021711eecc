"""What can be measured of poems, whether a net or a poet wrote them."""

import re
from collections.abc import Iterable, Sequence, Set
from functools import cache

from rnnlab.corpora.hanzi import CLOSINGS, PUNCTUATION
from rnnlab.corpora.tangshi import form, lines

COPIED = 5
"""A line of a training poem counts as copied if it has as many characters, or more."""

# The fourteen rhymes of Zhonghua Xinyun (中华新韵, 十四韵, 2005) in pypinyin's spelling of finals,
# where "v" is ü. That spelling writes the vowels of 知 and 衣 alike, so the rhymes 支 and 齐 are
# one here; so they were to Tang poets.
_RHYMES = (
    "a ia ua | o e uo | ie ve ê | ai uai | ei uei | ao iao | ou iou | an ian uan van | en in uen vn"
    " | ang iang uang | eng ing ueng ong iong | i er v | u"
)
_RHYME_OF = {
    final: number for number, each in enumerate(_RHYMES.split("|")) for final in each.split()
}


def measure(poems: Sequence[str], training_lines: Set[str]) -> dict[str, float]:
    """Shares of `poems` (fractions) that …

    line_length: have five characters in every line, or seven in every line.
    punctuation: end every couplet with 。？！, and the line before it with ，；、：.
    repetition: have a line twice or more.
    rhyme: rhyme, see `rhymes`.
    copying: have a line of `COPIED` or more characters that is in `training_lines`.

    `poems` is how many there were.
    """
    tests = {
        "line_length": lambda poem: form(poem) != "other",
        "punctuation": well_punctuated,
        "repetition": repeats,
        "rhyme": rhymes,
        "copying": lambda poem: copies(poem, training_lines),
    }
    number = len(poems)
    shares = {name: sum(map(test, poems)) / max(number, 1) for name, test in tests.items()}
    return {"poems": number, **shares}


def well_punctuated(poem: str) -> bool:
    """Whether a pause ends the first line of every couplet, and a closing stop the second."""
    stops = re.findall(f"[{PUNCTUATION}]", poem)
    turns = [(stop in CLOSINGS) == bool(place % 2) for place, stop in enumerate(stops)]
    return bool(stops) and all(turns) and poem[-1] in CLOSINGS


def repeats(poem: str) -> bool:
    """Whether a line comes twice."""
    said = lines(poem)
    return len(set(said)) < len(said)


def copies(poem: str, training_lines: Set[str]) -> bool:
    """Whether a line of `COPIED` or more characters is in `training_lines`."""
    return any(len(line) >= COPIED and line in training_lines for line in lines(poem))


def rhymes(poem: str) -> bool:
    """Whether the first two couplets end on one rhyme (the second and the fourth line).

    By the finals of modern Mandarin as pypinyin gives them, of any reading that a character has,
    tones aside. Tang poets rhymed by the sounds of their own time, so not every real poem rhymes
    by this measure, and none of less than four lines does.
    """
    said = lines(poem)
    return len(said) >= 4 and bool(rhymes_of(said[1][-1]) & rhymes_of(said[3][-1]))


@cache
def rhymes_of(character: str) -> frozenset[int]:
    """The rhymes (numbers of classes) of all readings of `character`; none if it has no reading."""
    from pypinyin import Style, pinyin

    readings = pinyin(character, style=Style.FINALS, heteronym=True, errors="ignore")
    return frozenset(
        _RHYME_OF[final] for finals in readings for final in finals if final in _RHYME_OF
    )


def lines_of(poems: Iterable[str]) -> frozenset[str]:
    """All their lines of `COPIED` or more characters."""
    return frozenset(line for poem in poems for line in lines(poem) if len(line) >= COPIED)
