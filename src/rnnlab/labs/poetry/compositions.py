"""Poems by every net for the report, and measures of many more, beside real poems."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnlab.corpora import tangshi
from rnnlab.files import write_json
from rnnlab.labs.poetry.measures import lines_of, measures, rhymes_of
from rnnlab.labs.poetry.predict import Poet, Style
from rnnlab.labs.poetry.settings import Compose, PoetrySettings
from rnnlab.training.seeding import generator

ACROSTIC = 4
"""Characters of the acrostic that each net writes: the first of the settings' openings."""


def write(
    poems: Path, features: Path, models: Path, output: Path, settings: PoetrySettings
) -> None:
    """Write, as JSON, what the nets compose (of their first seed), and what it measures.

    poems: the cleaned poems. models: the folder of the lab's runs. The JSON has `seed`;
    `written`, by net: `free`, `five` and `seven`, a poem for each opening, and `acrostic`;
    `measured`, by net and for `real`, the held-out poems: see `measures`; and `chance_of_rhyme`,
    the share of pairs of lines' ends in the held-out poems that rhyme when put together blindly.
    """
    rows = tangshi.read(poems)
    held_out = [row["text"] for row in rows if row["part"] == "valid"]
    training = lines_of(row["text"] for row in rows if row["part"] == "train")
    seed = settings.seeds[0]
    written, measured = {}, {"real": measures(held_out, training)}
    for net in settings.nets:
        poet = Poet.load(models / net / f"seed-{seed}", features)
        written[net] = samples(poet, settings.compose)
        many = poet.compose(
            openings(held_out, poet, settings.compose), style(settings.compose, "free")
        )
        measured[net] = measures(many, training)
    chance = chance_of_rhyme(held_out)
    content = {"seed": seed, "written": written, "measured": measured, "chance_of_rhyme": chance}
    write_json(output, content)


def samples(poet: Poet, settings: Compose) -> dict[str, list[str]]:
    """Poems in every form, one for each opening that the net knows, and one acrostic."""
    known = [each for each in settings.openings if set(each) <= set(poet.known.ids)]
    poems = {form: poet.compose(known, style(settings, form)) for form in ("free", "five", "seven")}
    heads = ["".join(known)[:ACROSTIC]] if known else []
    return {**poems, "acrostic": poet.compose(heads, style(settings, "five", acrostic=True))}


def style(settings: Compose, form: Any, acrostic: bool = False) -> Style:
    return Style(
        form, acrostic, temperature=settings.temperature, top_k=settings.top_k,
        top_p=settings.top_p, seed=settings.seed, most=settings.max_symbols,
    )  # fmt: skip


def openings(held_out: Sequence[str], poet: Poet, settings: Compose) -> list[str]:
    """First characters of held-out poems, drawn at random: what the measured poems begin with."""
    firsts = [poem[0] for poem in held_out if poem[0] in poet.known.ids]
    places = generator("measured", settings.seed).integers(len(firsts), size=settings.measured)
    return [firsts[place] for place in places]


def chance_of_rhyme(poems: Sequence[str]) -> float:
    """The share of rhyming pairs among all pairs of these poems' second lines' ends."""
    ends = Counter(tangshi.lines(poem)[1][-1] for poem in poems)
    classes: Counter[frozenset[int]] = Counter()
    for character, number in ends.items():
        classes[rhymes_of(character)] += number
    total = sum(classes.values())
    pairs = sum(m * n for a, m in classes.items() for b, n in classes.items() if a & b)
    return pairs / total**2
