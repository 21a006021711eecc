"""Reviews → tokens, by spaCy's English tokenizer (rules only, no model)."""

import contextlib
import itertools
import multiprocessing
import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from joblib import Parallel, delayed
from tqdm import tqdm

from rnnlab.corpora.imdb import Review
from rnnlab.files import SEAL, sealing

if TYPE_CHECKING:
    from spacy.language import Language

_FIELDS = {"id": pa.string(), "split": pa.string(), "label": pa.int8(), "rating": pa.int8()}
SCHEMA = pa.schema({**_FIELDS, "tokens": pa.list_(pa.dictionary(pa.int32(), pa.string()))})
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


# spaCy remembers every string it has seen; after so many it starts afresh, to keep memory flat.
# (Its own memory zones forget after each chunk, and with it the tokenizer's cache: half as fast.)
_MOST_STRINGS = 500_000
_nlp: list["Language"] = []


def _english() -> "Language":
    import spacy  # two seconds: in the processes that cut, not in the one that only gathers

    # Not os.getppid(), which is another's once the parent has ended.
    if not _nlp and (parent := multiprocessing.parent_process()) and parent.pid:
        threading.Thread(target=_end_with, args=(parent.pid,), daemon=True).start()
    if not _nlp or len(_nlp[0].vocab.strings) > _MOST_STRINGS:
        _nlp[:] = [spacy.blank("en")]
    return _nlp[0]


def _end_with(parent: int) -> None:
    """End this process with the one that it works for, however that ended: it holds a gigabyte."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(parent).wait()
    os._exit(1)


def words(text: str) -> list[str]:
    """The lower-cased tokens of one text; line breaks in HTML and white space are none."""
    doc = _english().tokenizer(_BREAK.sub(" ", text))
    return [token.lower_ for token in doc if not token.is_space]


def tokenize(chunk: list[Review]) -> pa.RecordBatch:
    """One row a review, as `SCHEMA` says. The strings are looked up once a chunk, not a token."""
    from spacy.attrs import IS_SPACE, LOWER

    nlp = _english()
    keys, lengths = [], []
    for review in chunk:
        attributes = nlp.tokenizer(_BREAK.sub(" ", review.text)).to_array([LOWER, IS_SPACE])
        kept = attributes[attributes[:, 1] == 0, 0]
        keys.append(kept)
        lengths.append(len(kept))
    unique, indices = np.unique(np.concatenate(keys), return_inverse=True)
    strings = [nlp.vocab.strings[int(key)] for key in unique]
    numbers = pa.array(indices, pa.int32())
    flat = pa.DictionaryArray.from_arrays(numbers, pa.array(strings, pa.string()))
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    columns = [
        pa.array([getattr(review, name) for review in chunk], kind)
        for name, kind in _FIELDS.items()
    ]
    tokens = pa.ListArray.from_arrays(offsets, flat)
    return pa.record_batch([*columns, tokens], schema=SCHEMA)


def tokenize_all(reviews: Iterable[Review], chunk: int, processes: int) -> Iterator[pa.RecordBatch]:
    """Tokenize `reviews` in order, `chunk` at a time, on `processes` cores (0: all).

    Only a few chunks are in memory at once, however long the corpus.
    """
    workers = processes or os.cpu_count() or 1
    parallel = Parallel(n_jobs=workers, return_as="generator", pre_dispatch=2 * workers)
    rest = iter(reviews)
    chunks = iter(lambda: list(itertools.islice(rest, chunk)), [])
    yield from parallel(delayed(tokenize)(each) for each in chunks)


def write(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    """Write `batches` to a Parquet file, a row group each, with a progress bar."""
    with (
        sealing(path) as part,
        pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer,
        tqdm(desc="tokenize", total=50_000, unit="review", disable=None) as bar,
    ):
        for batch in batches:
            writer.write_batch(batch)
            bar.update(batch.num_rows)
        writer.add_key_value_metadata(SEAL)
