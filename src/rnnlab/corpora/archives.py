"""Read archives in place: nothing is ever extracted, so no path can leave a folder.

Every trouble with a file (broken, cut short, unsafe, too large) is a `LabError` that names it.
"""

import errno
import gzip
import hashlib
import io
import itertools
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import IO, Any, Self, cast

from rnnlab.errors import LabError

MEMBER_LIMIT = 128 * 2**20
"""Bytes that one member of an archive may have; it guards against decompression bombs.
The largest in the official archives has 41 MB."""

HEADER_LIMIT = 2**20
"""Bytes of a tar's extended header, which is read whole. Real ones hold a long name: hundreds."""

COUNT_LIMIT = 500_000
"""Members of an archive. IMDB's has 100,016, the most of all."""

UNPACKED_LIMIT = 8 * 2**30
"""Bytes that may come out of a file, all told. IMDB's archive has 0.2 GB, the largest GloVe file
(840B) 5.6 GB."""

RATIO_LIMIT = 30
"""How many times its own size a file may unpack to, beyond RATIO_FREE. The corpora's: 2.6 to 3.8;
a bomb's: up to 1,000."""

RATIO_FREE = 64 * 2**20
"""Bytes that a file may unpack to whatever its size: small tars are mostly zeros."""

LINE_LIMIT = 2**20
"""Bytes that one line of a text file may have; a line of 300-d vectors has about 3,000."""

_CHUNK = 2**20
_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_BROKEN = (
    EOFError,
    IndexError,  # zipfile, at a member without a name
    OverflowError,  # a place in the file beyond 2^63
    RecursionError,  # tarfile, at a thousand extended headers in a row
    ValueError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)

# A regular file in an archive: its name and a function that reads it.
_Entry = tuple[str, Callable[[], bytes]]


def members(
    path: Path, select: str | None = None, strip_root: bool = False
) -> Iterator[tuple[str, bytes]]:
    """Stream the regular files of a tar, tar.gz or zip archive, in archive order.

    `select` is a regular expression (full match) on the path inside the archive, after its first
    component is dropped where `strip_root` is set. Yields (that path, content). One file at a time
    is held in memory. Directories, links and devices are passed over.

    Raises LabError for a name that is absolute, holds `..`, a drive letter or a backslash, for two
    selected files of one name, for what is over a limit (those above), and for a broken or
    truncated archive (seen at the latest when the iteration reaches the end, where a gzip's
    checksum stands).
    """
    seen = set()
    with _trouble_told(path):
        entries = _zip_entries(path) if _magic(path) in _ZIP_MAGICS else _tar_entries(path)
        for name, read in entries:
            inner = _safe_name(name, path)
            if strip_root:
                inner = inner.partition("/")[2]
            if inner and (select is None or re.fullmatch(select, inner)):
                if inner in seen:
                    raise LabError(f"{path} holds {inner} twice; fetch it from another source.")
                seen.add(inner)
                yield inner, read()


def content_digest(path: Path, select: str, strip_root: bool) -> tuple[int, str]:
    """Digest an archive's contents, whatever its packaging: (number of files, sha256 in hex).

    It is the sha256 over one line per selected file, `<sha256 of the file>  <path>\\n`, sorted by
    path as UTF-8 bytes. `select` and `strip_root` are as in `members`; so are the errors.
    """
    found = sorted(
        (name.encode(), hashlib.sha256(content).hexdigest().encode())
        for name, content in members(path, select, strip_root)
    )
    lines = b"".join(digest + b"  " + name + b"\n" for name, digest in found)
    return len(found), hashlib.sha256(lines).hexdigest()


def text_lines(path: Path, member_ending: str) -> Iterator[bytes]:
    """Stream the lines (with their line ends) of a text file: plain, .gz or inside a zip.

    In a zip, the member is the one whose name ends with `member_ending`. Raises LabError for a
    zip without exactly one such member, for what is over a limit and for a broken file.
    """
    with _trouble_told(path), _text(path, member_ending) as stream:
        for line in iter(partial(stream.readline, LINE_LIMIT), b""):
            if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                raise LabError(
                    f"{path} has a line of more than {LINE_LIMIT:,} bytes, so it is not a text "
                    "file of word vectors; check where it came from."
                )
            yield line


@contextmanager
def _trouble_told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as trouble:
        raise LabError(f"{path} is not there; run the download stage first.") from trouble
    except (*_BROKEN, OSError) as trouble:
        # A damaged zip can send its reader to a place before the file's start (EINVAL).
        if isinstance(trouble, OSError) and trouble.errno not in (None, errno.EINVAL):
            raise
        raise LabError(
            f"{path} is broken, cut short or not what it should be ({trouble}); "
            "delete it and run the download stage again."
        ) from trouble


def _magic(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _safe_name(name: str, path: Path) -> str:
    """Return the member's name in normal form, or raise LabError if it could leave a folder."""
    parts = PurePosixPath(name).parts
    if (
        name.startswith("/")
        or ".." in parts
        or re.match(r"[A-Za-z]:", name)
        or re.search(r"[\\\0\ud800-\udfff]", name)  # surrogates stand for bytes that are not UTF-8
    ):
        raise LabError(
            f"{path} holds a member with an unsafe name, {name!r}; "
            "do not use this archive, and set download.mirrors to another source."
        )
    return "/".join(parts)


def _checked_size(size: int, limit: int) -> None:
    # A damaged tar can hold sizes below 0, which would send its reader back, again and again.
    if not 0 <= size <= limit:
        raise tarfile.ReadError(f"a member of {size:,} bytes is over the {limit:,} allowed")


def _checked_count(count: int) -> None:
    if count > COUNT_LIMIT:
        raise tarfile.ReadError(f"it has more than the {COUNT_LIMIT:,} members allowed")


def _checked_unpacked(size: int, packed: int) -> None:
    limit = min(UNPACKED_LIMIT, RATIO_FREE + RATIO_LIMIT * packed)
    if size > limit:
        raise tarfile.ReadError(f"its {packed:,} bytes unpack to more than the {limit:,} allowed")


class _StrictTarInfo(tarfile.TarInfo):
    """Makes tarfile raise where it would take a damaged header for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        # tarfile reads an extended header whole, so its size is checked before that.
        _checked_size(info.size, HEADER_LIMIT if info.type in _HEADERS else MEMBER_LIMIT)
        return info

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as trouble:
            if type(trouble).__name__ == "EOFHeaderError":  # the block of zeros: a proper end
                raise
            raise tarfile.ReadError(str(trouble)) from trouble


def _tar_entries(path: Path) -> Iterator[_Entry]:
    options: dict[str, Any] = {"tarinfo": _StrictTarInfo, "encoding": "utf-8"}
    with _unzipped(path) as stream:
        with tarfile.open(fileobj=stream, mode="r:", **options) as tar:
            for count in itertools.count(1):
                if (info := tar.next()) is None:
                    break
                _checked_count(count)
                _checked_size(info.size, MEMBER_LIMIT)
                if info.issparse():  # a few bytes that stand for any number of zeros
                    raise tarfile.ReadError(f"{info.name} is a sparse file")
                if info.isreg():
                    yield info.name, cast(IO[bytes], tar.extractfile(info)).read
                tar.members.clear()  # type: ignore[attr-defined]  # else tarfile remembers all of them, and memory grows
        while stream.read(_CHUNK):  # gzip checks its checksum at the very end
            pass


def _zip_entries(path: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(path) as archive:
        found = archive.infolist()
        _checked_count(len(found))
        _checked_unpacked(sum(info.file_size for info in found), path.stat().st_size)
        for info in found:
            if not info.is_dir() and not S_ISLNK(info.external_attr >> 16):
                _checked_size(info.file_size, MEMBER_LIMIT)
                yield info.filename, partial(_zip_content, archive, _plain(info))


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """What a member holds. `ZipFile.read` would unpack two GiB of a member that says it has ten
    bytes."""
    with archive.open(info) as stream:
        return stream.read(info.file_size)


def _plain(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    if info.flag_bits & 1:
        raise zipfile.BadZipFile(f"{info.filename} is encrypted")
    # Python unpacks a block of the other methods whole, however large it becomes.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{info.filename} is packed by a method other than deflate")
    return info


class _Gunzipped(gzip.GzipFile):
    """A gzipped file's plain bytes, no more of them than `_checked_unpacked` lets through."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._packed = path.stat().st_size

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        _checked_unpacked(self.tell(), self._packed)
        return content


def _unzipped(path: Path) -> IO[bytes]:
    """A plain or gzipped file, open for reading its plain bytes."""
    if _magic(path).startswith(_GZIP_MAGIC):
        return io.BufferedReader(cast(io.RawIOBase, _Gunzipped(path)), _CHUNK)
    return path.open("rb")


def _text(path: Path, member_ending: str) -> IO[bytes]:
    if _magic(path) not in _ZIP_MAGICS:
        return _unzipped(path)
    with zipfile.ZipFile(path) as archive:
        found = [info for info in archive.infolist() if info.filename.endswith(member_ending)]
        if len(found) != 1:
            raise LabError(
                f"{path} holds {len(found)} files whose name ends with {member_ending}, not one; "
                "check which archive of word vectors this is."
            )
        _checked_unpacked(found[0].file_size, path.stat().st_size)
        # The member keeps the archive open. zipfile's own readline is slow Python; the buffer's
        # is C.
        return io.BufferedReader(cast(io.RawIOBase, archive.open(_plain(found[0]))), _CHUNK)
