"""Surnames of languages that endings tell apart, divided into parts and in a file."""

from pathlib import Path

from rnnlab.corpora import names
from rnnlab.corpora.names import Line
from rnnlab.files import write_table

STARTS = ("Ba", "Do", "Ke", "Li", "Mu", "Na", "Pi", "Re", "So", "Tu")
MIDDLES = ("ra", "lo", "mi")
ENDINGS = {"Greek": "akis", "Russian": "ov", "Italian": "ini"}


def surnames(path: Path, starts: int = 4, languages: int = 3, test: float = 0.25) -> Path:
    """The file `path` with three names a language for each of so many starts; test: their share."""
    stems = [start + middle for start in STARTS[:starts] for middle in MIDDLES]
    endings = list(ENDINGS.items())[:languages]
    lines = [Line(language, stem + ending) for language, ending in endings for stem in stems]
    write_table(path, names.split(lines, 0.25, test, 1))
    return path
