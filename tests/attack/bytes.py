"""Ways in which a file is spoilt, whatever it holds."""

from pathlib import Path
from random import Random


def spoil(dice: Random, path: Path) -> str:
    """Damage the file at `path` in one way or another; which, in words."""
    content = bytearray(path.read_bytes())
    how = dice.choice(["bit", "byte", "cut", "empty", "gone", "more", "zeros", "swap", "noise"])
    place = dice.randrange(max(len(content), 1))
    if how == "gone":
        path.unlink()
        return f"{path.name} is gone"
    if how == "bit" and content:
        content[place] ^= 1 << dice.randrange(8)
    elif how == "byte" and content:
        content[place] = (content[place] + dice.randrange(1, 256)) % 256
    elif how == "cut":
        del content[place:]
    elif how == "empty":
        content.clear()
    elif how == "more":
        content += dice.randbytes(dice.randrange(1, 64))
    elif how == "zeros":
        end = min(len(content), place + dice.randrange(1, 64))
        content[place:end] = bytes(end - place)
    elif how == "swap":
        other = dice.randrange(max(len(content), 1))
        content[place : place + 8], content[other : other + 8] = (
            content[other : other + 8],
            content[place : place + 8],
        )
    elif how == "noise":
        content[:] = dice.randbytes(dice.randrange(256))
    path.write_bytes(content)
    return f"{path.name}: {how} at {place}"
