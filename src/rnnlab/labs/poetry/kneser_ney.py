"""An n-gram model: interpolated modified Kneser-Ney (Chen and Goodman 1999).

How probable a symbol is after the n - 1 before it is what its count there says, less a discount,
and, as much as the discounts free, what the same model with one symbol less says. A shorter gram
counts as often as different symbols stand before it (Kneser and Ney 1995), not as often as it
occurs; one that begins a poem, which nothing can stand before, as often as it occurs.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.labs.poetry.data import Poems
from rnnlab.labs.poetry.scores import Nats, Numbers, Surprises

NEVER = 2
"""Symbols of a vocabulary that are never predicted: padding and start."""


class Text(NamedTuple):
    """Poems one behind the other."""

    ids: Numbers
    place: Numbers
    """Of each symbol in its poem, from 0."""
    poem: Numbers
    """Its row."""


class Table(NamedTuple):
    """What the grams of one length say. A gram is a number: its symbols are digits, the last one
    the lowest; a context is a gram without its last symbol."""

    grams: Numbers
    shares: Nats
    """Of each gram, its discounted count by all that follows its context."""
    contexts: Numbers
    freed: Nats
    """Of each context, what its grams' discounts free, by the same."""


class KneserNey:
    """Fitted to the grams of up to so many symbols of poems."""

    def __init__(self, poems: Poems, rows: Numbers, symbols: int, longest: int) -> None:
        """rows: of the poems to fit to; symbols: size of the vocabulary."""
        self.poems, self.symbols = poems, symbols
        text = flat(poems, rows)
        self.tables = [
            _table(*self._counted(text, n, longest), symbols) for n in range(1, longest + 1)
        ]

    @property
    def parameters(self) -> int:
        """Shares of grams, and what contexts free."""
        return sum(len(each.shares) + len(each.freed) for each in self.tables)

    def surprises(self, rows: Numbers) -> Surprises:
        """Of every symbol to be predicted in the poems `rows`, ends among them."""
        text = flat(self.poems, rows)
        ends = np.flatnonzero(text.place > 0)
        shares = np.full(len(ends), 1 / (self.symbols - NEVER))
        for length, table in enumerate(self.tables, 1):
            whole = text.place[ends] >= length - 1  # else the poem has not so many symbols yet
            grams = self._grams(text, ends[whole], length)
            shares[whole] = self._with(table, grams, shares[whole])
        return Surprises(-np.log(shares), text.ids[ends], text.poem[ends])

    def _with(self, table: Table, grams: Numbers, shares: Nats) -> Nats:
        """shares: what shorter grams say."""
        own = _looked_up(table.grams, table.shares, grams, 0.0)
        # A context that never came leaves all to the shorter grams.
        freed = _looked_up(table.contexts, table.freed, grams // self.symbols, 1.0)
        found: Nats = own + freed * shares
        return found

    def _grams(self, text: Text, ends: Numbers, length: int) -> Numbers:
        """Those that end at the places `ends` of the text."""
        found = np.zeros(len(ends), dtype=np.int64)
        for back in range(length):
            found += text.ids[ends - back] * self.symbols**back
        return found

    def _counted(self, text: Text, length: int, longest: int) -> tuple[Numbers, Numbers]:
        """The different grams of so many symbols, sorted, and how often each counts."""
        if length == longest:
            ends = np.flatnonzero(text.place >= max(length - 1, 1))
            return np.unique(self._grams(text, ends, length), return_counts=True)
        longer = np.unique(self._grams(text, np.flatnonzero(text.place >= length), length + 1))
        first = np.flatnonzero(text.place == length - 1) if length > 1 else np.array([], np.int64)
        ended = longer % self.symbols**length
        return np.unique(
            np.concatenate([ended, self._grams(text, first, length)]), return_counts=True
        )


def flat(poems: Poems, rows: Numbers) -> Text:
    """The poems `rows` as one text."""
    sizes = poems.lengths(rows) + 1
    ids = np.concatenate([poems.sequence(row) for row in rows]).astype(np.int64)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Text(ids, np.arange(len(ids)) - starts, np.repeat(rows, sizes))


def _table(grams: Numbers, counts: Numbers, symbols: int) -> Table:
    less = discounts(counts)[np.minimum(counts, 3)]
    contexts, first, place = np.unique(grams // symbols, return_index=True, return_inverse=True)
    totals = np.add.reduceat(counts, first)
    shares: Nats = (counts - less) / totals[place]
    return Table(grams, shares, contexts, np.add.reduceat(less, first) / totals)


def discounts(counts: Numbers) -> NDArray[np.float64]:
    """(4,) what is taken off a count of 0, 1, 2, and 3 or more, as Chen and Goodman estimate it.

    Half a count where too few grams come so often to tell.
    """
    ones, twos, threes, fours = (int((counts == number).sum()) for number in (1, 2, 3, 4))
    if not (ones and twos and threes):
        return np.array([0.0, 0.5, 0.5, 0.5])
    share = ones / (ones + 2 * twos)
    ratios = (twos / ones, threes / twos, fours / threes)
    found = [number - (number + 1) * share * each for number, each in enumerate(ratios, 1)]
    return np.array([0.0, *np.clip(found, 0.1, (1, 2, 3))])


def _looked_up(keys: Numbers, values: Nats, asked: Numbers, otherwise: float) -> Nats:
    """The value of each key in `asked`; keys: sorted."""
    places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    found: Nats = np.where(keys[places] == asked, values[places], otherwise)
    return found
