"""Names in 57 symbols."""

import string
import unicodedata

from rnnlab.errors import LabError

SYMBOLS = string.ascii_letters + " .,;'"
"""The 57 symbols that a net sees, in the order of their ids."""


def fold(text: str) -> str:
    """`text` in the 57 symbols: accents stripped, all else dropped ("Ślusàrski" → "Slusarski").

    As in PyTorch's tutorial: a letter that has no accent to strip goes whole ("Łukasz" → "ukasz").
    Raises LabError if nothing is left.
    """
    decomposed = unicodedata.normalize("NFD", text)
    folded = "".join(symbol for symbol in decomposed if symbol in SYMBOLS).strip()
    if not any(symbol in string.ascii_letters for symbol in folded):
        raise LabError(
            f"the name {text.strip()!r} has no Latin letter; write it with the letters A to Z."
        )
    return folded
