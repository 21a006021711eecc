"""The labs: each is a folder in here and a line in `LABS`."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple


class Lab(NamedTuple):
    """What the rest of the house must know of a lab; all else is in its folder.

    A lab that trains no nets of its own leaves all of it empty.
    """

    headline: str = ""
    """The score by which its nets are compared; in a regime that lacks it, `chosen_by`."""
    chosen_by: str = ""
    """The score, never one on a test set, by which its best run is chosen."""
    examples: tuple[str, ...] = ()
    """Raw texts that its nets answer."""
    datasets: tuple[str, ...] = ()
    """What its nets learn from, by the names that the download knows."""
    language: str = ""
    """Of these texts, as hubs of models write it: `en`; empty if they are of none."""


LABS = {
    "sentiment": Lab(
        "test_accuracy",
        "valid_loss",
        ("A wonderful film from beginning to end.", "Dull, and far too long."),
        ("imdb", "glove.6B.100d", "glove.6B.300d"),
        "en",
    ),
    "names": Lab("test_accuracy", "valid_accuracy", ("Satoshi", "Kowalski"), ("names",)),
    "poetry": Lab("perplexity_hanzi", "valid_loss", ("日", "月"), ("tangshi",), "zh"),
    "explain": Lab(),
}
"""In the order of the report's sections."""

TRAINING = {name: lab for name, lab in LABS.items() if lab.headline}
"""Those that train nets of their own."""


def part(lab: str, name: str) -> Any:
    """The module `name` in the folder of `lab`: settings, facts, figures, section, predict, …."""
    return import_module(f"{__name__}.{lab}.{name}")


def parts(name: str) -> dict[str, Any]:
    """The module `name` of each lab that has one."""
    return {lab: part(lab, name) for lab in LABS if find_spec(f"{__name__}.{lab}.{name}")}
