"""What a model of poems made of them: nats by symbol, by poem, and over all."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rnnlab.corpora.hanzi import PUNCTUATION
from rnnlab.files import read_table, write_table
from rnnlab.labs.poetry.data import END_ID, UNKNOWN_ID
from rnnlab.text.vocabulary import Vocabulary

POEMS = "poems.parquet"
Nats = NDArray[np.float64]
Numbers = NDArray[np.int64]


class ByPoem(NamedTuple):
    """Of each poem, in the order of rows: what its symbols cost together, and their number."""

    row: Numbers
    nats: Nats
    symbols: Numbers

    @property
    def nats_per_symbol(self) -> Nats:
        per_symbol: Nats = self.nats / self.symbols
        return per_symbol


class Surprises(NamedTuple):
    """Of every symbol that was predicted: its nats, its id, its poem (row of the data)."""

    nats: Nats
    targets: Numbers
    poem: Numbers

    def of(self, chosen: NDArray[np.bool_]) -> "Surprises":
        return Surprises(self.nats[chosen], self.targets[chosen], self.poem[chosen])

    @property
    def characters(self) -> "Surprises":
        """Without the ends of poems."""
        return self.of(self.targets != END_ID)

    def by_poem(self) -> ByPoem:
        rows, place = np.unique(self.poem, return_inverse=True)
        nats: Nats = np.bincount(place, self.nats).astype(np.float64)
        return ByPoem(rows, nats, np.bincount(place))


def scores(found: Surprises, known: Vocabulary, unknown_kinds: int) -> dict[str, float]:
    """What a model makes of the characters of the test poems; starts and ends don't count.

    In nats per character: `test_nll` over all characters, punctuation among them and <unk> as one
    symbol; `test_nll_hanzi` without punctuation; `test_nll_upper` with ln `unknown_kinds` more
    for every <unk>, which makes it an upper bound on the loss of a model that also says which of so
    many unknown characters it was. `perplexity` is exp(`test_nll`), `perplexity_hanzi`
    exp(`test_nll_hanzi`); `test_unknown` the share of <unk>; `test_nll_error` and
    `test_nll_hanzi_error` the standard errors from the number of poems.
    """
    own = found.characters
    stops = np.isin(own.targets, [known.ids[each] for each in PUNCTUATION if each in known.ids])
    hanzi = own.of(~stops)
    nll, nll_hanzi = float(own.nats.mean()), float(hanzi.nats.mean())
    unknown = float((own.targets == UNKNOWN_ID).mean())
    return {
        "test_nll": nll,
        "test_nll_hanzi": nll_hanzi,
        "test_nll_upper": nll + unknown * math.log(max(unknown_kinds, 1)),
        "test_nll_error": error(own.by_poem()),
        "test_nll_hanzi_error": error(hanzi.by_poem()),
        "test_unknown": unknown,
        "perplexity": math.exp(nll),
        "perplexity_hanzi": math.exp(nll_hanzi),
    }


def write_poems(folder: Path, parts: Mapping[str, Surprises]) -> None:
    """Write what the characters of each poem cost into a run's folder."""
    rows = []
    for part, found in parts.items():
        poems = found.characters.by_poem()
        rows.append(pa.table({**poems._asdict(), "part": [part] * len(poems.row)}))
    write_table(folder / POEMS, pa.concat_tables(rows))


def read_poems(folder: Path, part: str) -> ByPoem:
    """What `write_poems` wrote of `part`. Raises LabError if it is missing or was changed."""
    table = read_table(folder / POEMS, (*ByPoem._fields, "part"))
    own = table.filter(pc.equal(table["part"], part))
    return ByPoem(*(own[name].to_numpy() for name in ByPoem._fields))


def error(poems: ByPoem) -> float:
    """The standard error of nats per symbol, since poems, not symbols, are independent.

    Of a ratio of means (Cochran 1977, 6.3).
    """
    mean, number = poems.nats.sum() / poems.symbols.sum(), len(poems.nats)
    spread = ((poems.nats - mean * poems.symbols) ** 2).sum() * number / max(number - 1, 1)
    return float(np.sqrt(spread) / poems.symbols.sum())
