"""Files that are whole or not there: written under a temporary name, then renamed."""

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from rnnlab.errors import LabError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it becomes `path` if the block ends well.

    The name is always the same, so that what a killed process left is written over by the next.
    Raises LabError if there is no room for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.chmod(0o644)  # some libraries write files that only their owner may read
        part.replace(path)
    except Exception as error:
        # Libraries that are not Python's own have the system's error in their words alone.
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        if full or any(os.strerror(each) in str(error) for each in (errno.ENOSPC, errno.EDQUOT)):
            written = part.stat().st_size if part.exists() else 0
            raise LabError(
                f"the disk is full: {path} has no room ({written:,} bytes of it were written); "
                "free some space and run again."
            ) from error
        raise
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around the reading of what a stage wrote: a missing or broken file becomes a LabError.

    path: the file, or the folder of the files that are read.
    """
    try:
        yield
    except FileNotFoundError as error:
        place = error.filename or path
        raise LabError(f"{place} is missing; run `dvc repro` or `dvc pull` first.") from None
    except (EOFError, ValueError, SafetensorError) as error:  # ValueErrors: PyArrow's and NumPy's
        reason = " ".join(str(error).split())
        raise LabError(f"{path} is broken ({reason}); delete it and run `dvc repro`.") from None


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with plain line ends, atomically."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write `content` as readable JSON, keys in their order, atomically. NaN is refused."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """What `write_json` wrote. Raises LabError if the file is missing or broken."""
    with reading(path):
        return json.loads(path.read_bytes().decode("utf-8"))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(content: Any) -> str:
    """sha256 of `content`, plain JSON values, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def only_file(folder: Path) -> Path:
    """The one file that lies in `folder`. Raises LabError if there is none, or more."""
    found = [path for path in sorted(folder.glob("*")) if path.is_file()]
    if len(found) != 1:
        held = f"but holds {len(found)}; run `dvc repro` again."
        raise LabError(f"{folder} must hold exactly one file, {held}")
    return found[0]
