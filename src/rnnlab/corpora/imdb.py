"""The Large Movie Review Dataset (Maas et al. 2011), streamed from its archive."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rnnlab.corpora.archives import members
from rnnlab.errors import LabError

logger = logging.getLogger(__name__)

_LABELLED = r"(train|test)/(pos|neg)/.*"
_UNLABELLED = r"train/unsup/\d+_0\.txt"
_NAME = re.compile(r"((train|test)/(pos|neg)/\d+_(\d{1,2}))\.txt")
_FOLDERS = ("train/pos", "train/neg", "test/pos", "test/neg")
_RATINGS = {"neg": range(1, 5), "pos": range(7, 11)}


class Review(NamedTuple):
    """One review: `label` is 1 for positive, `rating` is its stars (1-4 or 7-10).

    Of an unlabelled one, -1 and 0, and its split is `unsup`.
    """

    id: str
    split: str
    label: int
    rating: int
    text: str


def reviews(path: Path) -> Iterator[Review]:
    """Stream the labelled reviews of an aclImdb archive in archive order, one at a time in memory.

    The id is the path without its ending, such as `train/pos/123_9`. Raises LabError for a file
    among the labelled ones whose name, rating or UTF-8 is wrong, at the end for an archive without
    positive or negative reviews, with text, in either part, and as
    `rnnlab.corpora.archives.members` does.
    """
    found: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    for name, content in members(path, _LABELLED, strip_root=True):
        match = _NAME.fullmatch(name)
        if match is None or int(match[4]) not in _RATINGS[match[3]]:
            raise LabError(
                f"{path} holds {name}, which is not named <number>_<rating>.txt with a rating of "
                "1-4 (neg) or 7-10 (pos); fetch the archive again."
            )
        text = _text(path, name, content)
        folder = f"{match[2]}/{match[3]}"
        found[folder] += 1
        empty[folder] += not text.strip()
        yield Review(match[1], match[2], int(match[3] == "pos"), int(match[4]), text)
    for folder in _FOLDERS:
        if found[folder] == empty[folder]:
            held = "reviews without text alone" if found[folder] else "no reviews"
            raise LabError(
                f"{path} holds {held} in {folder}; it is not the whole corpus, so fetch it again."
            )
    if empty.total():
        logger.warning("%s: reviews without text, which stay: %d", path, empty.total())


def unlabelled(path: Path) -> Iterator[Review]:
    """Stream the unlabelled reviews of an aclImdb archive, as `reviews` does; it may have none."""
    for name, content in members(path, _UNLABELLED, strip_root=True):
        yield Review(name.removesuffix(".txt"), "unsup", -1, 0, _text(path, name, content))


def _text(path: Path, name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as trouble:
        raise LabError(
            f"{path} holds {name}, which is not UTF-8 text ({trouble.reason} at byte "
            f"{trouble.start}); fetch the archive again."
        ) from trouble
