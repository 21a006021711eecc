"""The seeded division of a corpus into parts."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.model_selection import train_test_split

from rnnlab.errors import LabError
from rnnlab.files import replacing


def train_valid(
    ids: Sequence[str], labels: Sequence[int] | Sequence[str], valid_fraction: float, seed: int
) -> tuple[list[str], list[str]]:
    """Divide `ids` into a training and a validation part, with equal shares of each label.

    The result depends on the set of ids, not on their order: they are sorted first. Raises
    LabError if a label has too few ids to be in both parts.
    """
    rows = sorted(zip(ids, labels, strict=True))
    try:
        train, valid = train_test_split(
            [row[0] for row in rows],
            test_size=valid_fraction,
            random_state=seed,
            stratify=[row[1] for row in rows],
        )
    except ValueError as error:
        raise LabError(
            f"the corpus is too small to be split {valid_fraction:.0%} off: {error}"
        ) from None
    return train, valid


def parts_table(parts: dict[str, list[str]]) -> pa.Table:
    """A table `id, part`, sorted by id."""
    rows = sorted((each, part) for part, ids in parts.items() for each in ids)
    return pa.table({"id": [row[0] for row in rows], "part": [row[1] for row in rows]})


def reviews(corpus: Path, valid_fraction: float, seed: int) -> pa.Table:
    """Split the reviews of a tokenized corpus; those of its test set are all `test`."""
    rows = pq.read_table(corpus, columns=["id", "split", "label"]).to_pylist()
    labelled = [row for row in rows if row["split"] == "train"]
    train, valid = train_valid(
        [row["id"] for row in labelled], [row["label"] for row in labelled], valid_fraction, seed
    )
    test = [row["id"] for row in rows if row["split"] == "test"]
    return parts_table({"train": train, "valid": valid, "test": test})


def write(path: Path, table: pa.Table) -> None:
    with replacing(path) as part:
        pq.write_table(table, part)
