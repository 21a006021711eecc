"""A copy of a project that can be changed and put back."""

import os
import re
from pathlib import Path
from random import Random


class Tree:
    """A copy of a project, which can be changed and put back."""

    def __init__(self, root: Path, has_data: bool) -> None:
        self.root, self.has_data = root, has_data
        self._before: dict[Path, tuple[bytes, tuple[int, int]] | None] = {}

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, content: str | bytes, keep_time: bool = False) -> None:
        path = self._known(name)
        before = self._before[path]
        if before:
            path.chmod(0o644)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if before and keep_time:
            os.utime(path, ns=before[1])

    def remove(self, name: str) -> None:
        self._known(name).unlink()

    def restore(self) -> None:
        for path, before in self._before.items():
            if before is None:
                path.unlink()
                continue
            path.write_bytes(before[0])
            os.utime(path, ns=before[1])
        self._before.clear()

    def files(self, pattern: str) -> list[str]:
        found = [path for path in self.root.glob(pattern) if path.is_file()]
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def _known(self, name: str) -> Path:
        path = self.root / name
        if path in self._before:
            return path
        self._before[path] = None
        if path.exists():
            stat = path.stat()
            self._before[path] = path.read_bytes(), (stat.st_atime_ns, stat.st_mtime_ns)
        return path


def another(rng: Random, text: str) -> str:
    """`text` with one of its digits replaced."""
    places = [match.start() for match in re.finditer(r"\d", text)]
    place = rng.choice(places)
    digit = rng.choice([each for each in "0123456789" if each != text[place]])
    return f"{text[:place]}{digit}{text[place + 1 :]}"


def digit(rng: Random, tree: Tree, name: str, keep_time: bool = False) -> str:
    """Replace a digit somewhere in a file."""
    lines = tree.text(name).split("\n")
    number = rng.choice([each for each, line in enumerate(lines) if re.search(r"\d", line)])
    lines[number] = another(rng, lines[number])
    tree.write(name, "\n".join(lines), keep_time)
    return f"{name}, line {number + 1}: {lines[number][:80]}"


def flip(rng: Random, tree: Tree, name: str) -> str:
    """Change a byte of a file, and put its time back."""
    content = bytearray((tree.root / name).read_bytes())
    place = rng.randrange(len(content))
    content[place] ^= 1 << rng.randrange(8)
    tree.write(name, bytes(content), keep_time=True)
    return f"{name}, byte {place}"
