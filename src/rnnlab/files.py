"""Files that are whole or not there: written under a temporary name, then renamed."""

import contextlib
import csv
import hashlib
import json
import mmap
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from safetensors import SafetensorError

from rnnlab.errors import LabError, shortage

if TYPE_CHECKING:  # heavy, and most of what writes or reads needs no table
    import pyarrow as pa

Kind = TypeVar("Kind")
_MARK, _ZEROS = b"sha256:", b"0" * 64
UNSEALED = (_MARK + _ZEROS).decode()
"""What a writer puts where the digest of the whole file is to stand: see `sealing`."""
SEAL = {"seal": UNSEALED}
"""The same for formats that have names for such things: JSON, Parquet, safetensors."""
_BROKEN = (
    EOFError, ValueError, TypeError, LookupError, ArithmeticError, NotImplementedError, csv.Error,
    RecursionError, MemoryError, SafetensorError,
)  # fmt: skip
"""What Python, NumPy, PyArrow and safetensors raise when a file is not what it should be."""


@contextlib.contextmanager
def replacing(path: Path, size: int | None = None) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it becomes `path` if the block ends well.

    The name is always the same, so that what a killed process left is written over by the next.
    size: bytes that will be written, if that is known. Raises LabError if there is no room for it.
    """
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.chmod(0o644)  # some libraries write files that only their owner may read
        part.replace(path)
    except LabError:
        raise
    except Exception as error:
        written = part.stat().st_size if part.exists() else 0
        extent = f"{written:,} bytes of {f'its {size:,}' if size else 'it'} were written"
        if trouble := shortage(error, path, extent):
            raise LabError(trouble) from error
        raise
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def sealing(path: Path, size: int | None = None) -> Iterator[Path]:
    """As `replacing`; what the block writes holds `UNSEALED` once, last, for the file's digest."""
    with replacing(path, size) as part:
        yield part
        with part.open("r+b") as file:
            place, digest = _seal(file)
            file.seek(place)
            file.write(digest)


def sealed(path: Path) -> Path:
    """`path`, if the file there is what `sealing` left, to the bit; else a ValueError."""
    with path.open("rb") as file:
        place, digest = _seal(file)
        file.seek(place)
        if file.read(len(digest)) != digest:
            raise ValueError("its content has not the digest that was written with it")
    return path


def _seal(file: BinaryIO) -> tuple[int, bytes]:
    """Where in `file` its digest stands, and what it must be: that of the file with zeros there."""
    if not os.fstat(file.fileno()).st_size:
        raise ValueError("it is empty")
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.rfind(_MARK) + len(_MARK)
        if place < len(_MARK):
            raise ValueError("it holds no digest")
        with memoryview(content) as view:
            total = hashlib.sha256(view[:place])
            total.update(_ZEROS)
            total.update(view[place + len(_ZEROS) :])
    return place, total.hexdigest().encode()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around the reading of what a stage wrote: a missing or broken file becomes a LabError.

    path: the file, or the folder of the files that are read.
    """
    try:
        yield
    except FileNotFoundError as error:
        place = error.filename or path
        raise LabError(f"{place} is missing; run `dvc repro` first.") from None
    except _BROKEN as error:
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise LabError(
            f"{path} is broken ({reason:.200}); delete it and run `dvc repro`."
        ) from None
    except OSError as error:
        place, reason = error.filename or path, error.strerror or str(error)
        raise LabError(f"{place} can't be read: {reason}.") from None


@contextlib.contextmanager
def all_or_none(folder: Path) -> Iterator[Path]:
    """A temporary folder to write files to: all get to their places in `folder` if the block ends
    well, else none."""
    part = folder / ".part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        yield part
        for path in [each for each in sorted(part.rglob("*")) if each.is_file()]:
            target = folder / path.relative_to(part)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def alone(lock: Path, what: str, patience: float = 0) -> Iterator[None]:
    """No two processes are in a block with the same `lock`, an existing folder's file, at once.

    what: what they do there, as the other is told of. Waits `patience` seconds for the other, and
    says so. Raises LabError, which names the other process, if that was not enough.
    """
    from filelock import FileLock, Timeout

    held = FileLock(lock)
    try:
        held.acquire(timeout=0)
    except Timeout:
        other = f"another {what} (process {lock.read_text().strip() or 'unknown'}) is at work here"
        if patience:
            print(f"{other}; waiting until it has ended", flush=True)
        try:
            held.acquire(timeout=patience)
        except Timeout:
            raise LabError(f"{other}; wait until it has ended, or end it, and run again.") from None
    try:
        lock.write_text(f"{os.getpid()}\n")
        yield
    finally:
        held.release()


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with plain line ends, atomically."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write `content` as readable JSON, keys in their order, atomically. NaN is refused."""
    write_text(path, _json(content))


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_text(path: Path) -> str:
    """The file to the byte: line ends are not smoothed over. Raises LabError if it is missing or
    not UTF-8."""
    with reading(path):
        return path.read_bytes().decode("utf-8")


def read_json(path: Path) -> Any:
    """What `write_json` wrote. Raises LabError if the file is missing or broken."""
    with reading(path):
        return json.loads(path.read_bytes().decode("utf-8"))


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """As `write_json`, with the file's digest in it."""
    with sealing(path) as part:
        part.write_text(_json({**content, **SEAL}), encoding="utf-8", newline="\n")


def read_sealed(path: Path) -> dict[str, Any]:
    """What `write_sealed` wrote. Raises LabError if the file is missing or was changed."""
    with reading(path):
        content: dict[str, Any] = json.loads(sealed(path).read_bytes().decode("utf-8"))
        del content["seal"]
        return content


def read_as(path: Path, kind: type[Kind], seal: bool = True, **how: Any) -> Kind:
    """What `write_sealed` wrote, or `write_json` if it has no `seal`, as a pydantic model or a type
    that pydantic knows. how: of pydantic's validation.

    Raises LabError, with the first fault, if the file is missing, was changed or is of another
    kind.
    """
    from pydantic import TypeAdapter, ValidationError

    written = read_sealed(path) if seal else read_json(path)
    with reading(path):
        try:
            return TypeAdapter(kind).validate_python(written, **how)
        except ValidationError as error:  # which tells every fault; one is enough
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            raise ValueError(f"{place}: {fault['msg']}".removeprefix(": ")) from None


def write_table(path: Path, table: "pa.Table") -> None:
    """Write a Parquet file, with its digest in it."""
    import pyarrow.parquet as pq

    with sealing(path) as part, pq.ParquetWriter(part, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(SEAL)


def read_table(path: Path, columns: Sequence[str]) -> "pa.Table":
    """These columns of what `write_table` wrote. Raises LabError if missing or changed."""
    import pyarrow.parquet as pq

    with reading(path):
        return pq.read_table(sealed(path)).select(list(columns))


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
