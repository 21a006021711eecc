"""Poems by every net for the report, and measures of many more, beside real poems."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rnnlab.corpora import tangshi
from rnnlab.files import write_sealed
from rnnlab.labs.poetry.measures import lines_of, measure, rhymes_of
from rnnlab.labs.poetry.predict import Form, Poet, Style
from rnnlab.labs.poetry.settings import CUT, FIRST, Compose, PoetrySettings
from rnnlab.training.seeding import generator

ACROSTIC = 4
"""Characters of the acrostic that each net writes: the first of the settings' openings."""


def write(
    poems: Path, features: Path, models: Path, output: Path, settings: PoetrySettings
) -> None:
    """Write, as JSON, what the nets compose (those of the first seed), and what it measures.

    poems: the cleaned poems. models: the folder of the lab's runs. The JSON has `seed`;
    `written`, by net: `greedy`, `free`, `five` and `seven`, a poem for each opening, and
    `acrostic`; `as_published`, what the published net made again writes, `greedy` and `free`;
    `measured`, for `real`, the test poems, and by net: see `measure`; and `chance_of_rhyme`:
    see there.
    """
    rows = tangshi.read(poems)
    tested = [row["text"] for row in rows if row["part"] == "test"]
    training = lines_of(row["text"] for row in rows if row["part"] == "train")
    seed = settings.seeds[0]
    written, measured = {}, {"real": measure(tested, training)}
    for net in settings.nets:
        poet = Poet.load(models / net / f"seed-{seed}", features)
        written[net] = in_every_form(poet, settings.compose)
        firsts = first_characters(tested, poet, settings.compose)
        measured[net] = measure(poet.compose(firsts, _style(settings.compose, "free")), training)
    theirs = Poet.load(models / f"published/{FIRST}/seed-{settings.published.seed}", features)
    content = {
        "seed": seed,
        "written": written,
        "as_published": freely(theirs, settings.compose),
        "measured": measured,
        "chance_of_rhyme": chance_of_rhyme(tested),
    }
    write_sealed(output, content)


def in_every_form(poet: Poet, settings: Compose) -> dict[str, list[str]]:
    """In every form a poem for each opening that the net knows, and one acrostic."""
    known = openings(poet, settings)
    forms: tuple[Form, ...] = ("five", "seven")
    poems = {str(form): poet.compose(known, _style(settings, form)) for form in forms}
    heads = ["".join(known)[:ACROSTIC]] if known else []
    acrostic = poet.compose(heads, _style(settings, "five", acrostic=True))
    return {**freely(poet, settings), **poems, "acrostic": acrostic}


def freely(poet: Poet, settings: Compose) -> dict[str, list[str]]:
    """For each opening that the net knows a poem in no set form: of its likeliest symbols, and of
    symbols drawn."""
    known, drawn = openings(poet, settings), _style(settings, "free")
    greedy = replace(drawn, temperature=0, most=CUT)
    return {"greedy": poet.compose(known, greedy), "free": poet.compose(known, drawn)}


def openings(poet: Poet, settings: Compose) -> list[str]:
    """Those that the net knows."""
    return [each for each in settings.openings if set(each) <= set(poet.known.ids)]


def _style(settings: Compose, form: Form, acrostic: bool = False) -> Style:
    drawing = settings.model_dump(include={"temperature", "top_k", "top_p", "seed"})
    return Style(form, acrostic, most=settings.max_symbols, **drawing)


def first_characters(tested: Sequence[str], poet: Poet, settings: Compose) -> list[str]:
    """Those of test poems drawn at random: what the measured poems begin with."""
    firsts = [poem[0] for poem in tested if poem[0] in poet.known.ids]
    places = generator("measured", settings.seed).integers(len(firsts), size=settings.measured)
    return [firsts[place] for place in places]


def chance_of_rhyme(poems: Sequence[str]) -> float:
    """How often two ends of second lines rhyme, if drawn at random from `poems`: a fraction."""
    ends = Counter(tangshi.lines(poem)[1][-1] for poem in poems)
    classes: Counter[frozenset[int]] = Counter()
    for character, number in ends.items():
        classes[rhymes_of(character)] += number
    total = sum(classes.values())
    pairs = sum(m * n for a, m in classes.items() for b, n in classes.items() if a & b)
    return pairs / total**2
