"""The seeded division of a corpus into parts."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from rnnlab.errors import LabError, about
from rnnlab.files import read_table


def train_valid(
    ids: Sequence[str], labels: Sequence[int] | Sequence[str], valid_fraction: float, seed: int
) -> tuple[list[str], list[str]]:
    """Divide `ids` into a training and a validation part, with equal shares of each label.

    The result depends on the set of ids, not on their order: they are sorted first. Raises
    LabError if a label has too few ids to be in both parts.
    """
    from sklearn.model_selection import train_test_split  # it takes a second

    rows = sorted(zip(ids, labels, strict=True))
    kinds = [row[1] for row in rows]
    divide = partial(train_test_split, test_size=valid_fraction, random_state=seed, stratify=kinds)
    try:
        train, valid = divide([row[0] for row in rows])
    except ValueError:
        found = Counter(kinds).most_common()
        fewest = f", only {found[-1][1]} of {found[-1][0]!r}" if found else ""
        raise LabError(
            f"it is too small to be split {valid_fraction:.0%} off, with both parts having all "
            f"labels: it has {len(rows)} rows of {len(found)} labels{fewest}; use a larger corpus."
        ) from None
    return train, valid


def reviews(corpus: Path, valid_fraction: float, seed: int) -> pa.Table:
    """A table `id, part`, sorted by id, of a tokenized corpus: its test set is all `test`."""
    rows = read_table(corpus, ["id", "split", "label"]).to_pylist()
    labelled = [row for row in rows if row["split"] == "train"]
    ids, labels = [row["id"] for row in labelled], [row["label"] for row in labelled]
    with about(corpus):
        train, valid = train_valid(ids, labels, valid_fraction, seed)
    test = [row["id"] for row in rows if row["split"] == "test"]
    parts = {"train": train, "valid": valid, "test": test}
    both = sorted((each, part) for part, members in parts.items() for each in members)
    return pa.table({"id": [row[0] for row in both], "part": [row[1] for row in both]})
