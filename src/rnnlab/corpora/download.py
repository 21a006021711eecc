"""Fetch the raw corpora: from the mirrors in order, then from the official address.

Every file is checked before it is put in place, and put in place in one step: what stands under its
final name is whole and right. Nothing is swapped in silently: each source that fails is logged,
and the provenance says which one gave the file and whether it is a subset.
"""

import glob
import logging
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, Self
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

import requests
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from tqdm import tqdm

from rnnlab.corpora.archives import content_digest, text_lines
from rnnlab.corpora.sources import DATASETS, Dataset
from rnnlab.errors import LabError, plain
from rnnlab.files import replacing, sha256, write_sealed

logger = logging.getLogger(__name__)

Provenance = dict[str, dict[str, Any]]
"""For each dataset: kind (mirror, official or generated), address, file (relative to the data
folder), bytes, sha256, content_sha256, content_files, subset ({words, of} or None), notes."""

Contents = tuple[int | None, str | None]
"""Number of files and content digest; two Nones where a dataset has no such digest."""

MANIFEST = "manifest.json"
MANIFEST_LIMIT = 2**20
"""Bytes of a manifest; one of five datasets has 4,300."""
_CHUNK = 2**16
_PLAIN_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")
"""Of a mirror's file: it stands in the report, and in paths."""
_LONGEST_NAME = 200
"""Bytes of its last part; file systems allow 255, and `.part` is put behind it for a while."""
_WORTH_RETRYING = (408, 425, 429)  # of the 4xx answers; 5xx are worth it, too
_LONGEST_PAUSE = 30.0
# Else a server may pack the file once more, and unpacked bytes come out here.
_PLAIN = {"Accept-Encoding": "identity"}
# Of a progress bar; disable=None: silent where there is no terminal.
_BAR: dict[str, Any] = {"unit": "B", "unit_scale": True, "leave": False, "disable": None}


class SourceError(Exception):
    """Why one source could not give a dataset, in a few words."""


class _Stated(BaseModel):
    """What a source states. Keys that we don't know are passed over: a manifest may have more."""

    model_config = ConfigDict(strict=True)


class _Subset(_Stated):
    words: int = Field(ge=1)
    of: int

    @model_validator(mode="after")
    def _part(self) -> Self:
        if self.words > self.of:
            raise ValueError(f"{self.words:,} words are no subset of {self.of:,}")
        return self


class _Listing(_Stated):
    """Of a dataset's file."""

    file: str
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    bytes: int | None = Field(default=None, ge=1)
    subset: _Subset | None = None
    notes: str = ""


class _Manifest(_Stated):
    datasets: dict[str, JsonValue]
    """Listings, each checked when it is asked for: one that is wrong spoils no other."""


class Patience(NamedTuple):
    """`retries` tries more after the first, the first `backoff` seconds later, then twice as long
    each time; a connection is given up after `timeout` seconds without a byte, and if, on average,
    it brings less than `slowest` bytes a second after them."""

    retries: int
    timeout: float
    backoff: float
    slowest: int


class _Offer(NamedTuple):
    """A file that a source offers for a dataset. `location` is a URL or a path on this machine."""

    kind: str
    address: str
    location: str | Path
    listing: _Listing


def fetch(
    names: Sequence[str],
    folder: Path,
    mirrors: Sequence[str] = (),
    retries: int = 3,
    timeout: float = 30.0,
    slowest: int = 10_000,
    *,
    backoff: float = 1.0,
    catalogue: Mapping[str, Dataset] = DATASETS,
) -> Provenance:
    """Bring the named datasets to `<folder>/<dataset>/<file>` and say where each came from.

    A mirror is a folder, a file:// or an http(s):// address that holds a `manifest.json`; the
    mirrors are asked in order, then the official address. A file must have the sha256 that its
    source states, the contents that `catalogue` states, and no more bytes than either. A file
    already in place that passes the same checks is kept; other files in the dataset's folder go
    once the right one stands there.

    `retries`, `timeout`, `slowest` and `backoff` (seconds) are explained in `Patience`. Raises
    LabError for an unknown dataset, for a full disk, and when no source could give a dataset: one
    sentence with what was tried and why each failed.
    """
    if unknown := [name for name in names if name not in catalogue]:
        raise LabError(f"there is no dataset {unknown[0]!r}; choose from {', '.join(catalogue)}.")
    patience = Patience(retries, timeout, backoff, slowest)
    asked = [_Mirror(address, patience) for address in mirrors]
    return {name: _fetch_one(catalogue[name], folder, asked, patience) for name in names}


def write_provenance(path: Path, provenance: Provenance) -> None:
    """Write provenance as indented UTF-8 JSON, datasets by name, atomically."""
    write_sealed(path, dict(sorted(provenance.items())))


def contents_of(dataset: Dataset, path: Path) -> Contents:
    """Count and digest what a dataset's archive holds; LabError where it cannot be read."""
    if dataset.content_select is None:
        return None, None
    return content_digest(path, dataset.content_select, dataset.strip_root)


def settled(
    target: Path, contents: Contents, kind: str, address: str, notes: str, subset: Any = None
) -> dict[str, Any]:
    """Remove all other files (of earlier sources) from the folder of a dataset's file, `target`,
    and describe it as one entry of the provenance."""
    for other in target.parent.iterdir():
        if other != target and not other.is_dir():
            other.unlink()
    files, digest = contents
    return {
        "kind": kind,
        "address": address,
        "file": f"{target.parent.name}/{target.name}",
        "bytes": target.stat().st_size,
        "sha256": sha256(target),
        "content_sha256": digest,
        "content_files": files,
        "subset": subset,
        "notes": notes,
    }


# --- sources ---


class _Mirror:
    """A folder or address with a manifest, which is read once, at the first question.

    `offer` raises SourceError where the mirror has no such dataset or no usable manifest.
    """

    def __init__(self, address: str, patience: Patience) -> None:
        self._address, self._patience = address, patience
        self.shown = re.sub(r"(?<=://)[^/\s]*@", "", address)  # a password is not shown

    def offer(self, dataset: Dataset) -> _Offer:
        if isinstance(self._listings, SourceError):
            raise self._listings
        if dataset.name not in self._listings:
            raise SourceError("its manifest does not list it")
        try:
            listing = _Listing.model_validate(self._listings[dataset.name])
        except ValidationError as trouble:
            raise SourceError(_wrong(trouble)) from trouble
        file = PurePosixPath(listing.file)
        long = len(file.name.encode()) > _LONGEST_NAME
        if long or not _PLAIN_NAME.fullmatch(listing.file) or ".." in file.parts:
            raise SourceError(f"its manifest gives the unsafe path {listing.file[:100]!r}")
        if listing.sha256 is None:
            raise SourceError("its manifest gives no sha256 to check the file against")
        if (listing.bytes or 0) > dataset.most_bytes:
            raise SourceError(
                f"its manifest gives {listing.bytes:,} bytes, over the {dataset.most_bytes:,} "
                f"that {dataset.name} may have"
            )
        return _Offer("mirror", self.shown, self._locate(file), listing)

    @cached_property
    def _listings(self) -> dict[str, JsonValue] | SourceError:
        """The datasets listed, or why they cannot be read (kept, so that we ask only once)."""
        with tempfile.TemporaryDirectory() as temporary:
            copy = Path(temporary) / MANIFEST
            try:
                place = self._locate(PurePosixPath(MANIFEST))
                _transfer(place, copy, self._patience, MANIFEST, MANIFEST_LIMIT)
            except SourceError as failure:
                return SourceError(f"{MANIFEST}: {failure}")
            try:
                return _Manifest.model_validate_json(copy.read_bytes()).datasets
            except ValidationError as trouble:
                return SourceError(_wrong(trouble))

    def _locate(self, file: PurePosixPath) -> str | Path:
        if isinstance(self._base, Path):
            return self._base / file
        return f"{self._base}/{quote(str(file))}"

    @cached_property
    def _base(self) -> str | Path:
        try:
            self._address.encode()  # else it could not be written down either
            parts = urlsplit(self._address)
            if parts.scheme in ("http", "https"):
                return self._address.rstrip("/")
            local = parts.scheme == "file"
            place = url2pathname(unquote(parts.path)) if local else self._address
            return Path(place).expanduser()
        except (ValueError, RuntimeError) as trouble:  # RuntimeError: there is no such user
            raise SourceError(f"not a usable address: {trouble}") from trouble


def _wrong(trouble: ValidationError) -> str:
    first = trouble.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    at = f" at {place}" if place else ""
    return f"its manifest is wrong{at}: {first['msg'].removeprefix('Value error, ')}"


def _official_offer(dataset: Dataset) -> _Offer:
    file = unquote(urlsplit(dataset.url).path)
    listing = _Listing(file=file, sha256=dataset.sha256, bytes=dataset.bytes, notes=dataset.about)
    return _Offer("official", dataset.url, dataset.url, listing)


# --- one dataset ---


def _fetch_one(
    dataset: Dataset, folder: Path, mirrors: Sequence[_Mirror], patience: Patience
) -> dict[str, Any]:
    mirrored = [(mirror.shown, mirror.offer) for mirror in mirrors]
    failures = []
    for shown, offer in [*mirrored, (dataset.url, _official_offer)]:
        try:
            entry = _obtain(offer(dataset), dataset, folder, patience)
        except SourceError as failure:
            logger.warning("%s: not from %s (%s)", dataset.name, plain(shown), plain(str(failure)))
            failures.append(f"{shown} ({failure})")
            continue
        part = entry["subset"]
        extent = f"a subset, {part['words']:,} of {part['of']:,} words, " if part else ""
        size = f"{entry['bytes']:,}"
        logger.info("%s: %s%s bytes from %s", dataset.name, extent, size, entry["address"])
        return entry
    raise LabError(
        f"{dataset.name} could not be downloaded, tried: {'; '.join(failures)}; set "
        "download.mirrors in params.yaml, or the environment variable RNNLAB_MIRRORS, to a folder "
        f"or address whose {MANIFEST} lists {dataset.name}."
    )


def _obtain(offer: _Offer, dataset: Dataset, folder: Path, patience: Patience) -> dict[str, Any]:
    """Have the offered file in place, checked; raise SourceError where that does not succeed."""
    listing = offer.listing
    target = folder / dataset.name / PurePosixPath(listing.file).name
    contents = None
    with suppress(SourceError):  # of an earlier download, if it is right
        contents = _checked(target, listing, dataset) if target.is_file() else None
    if contents is None:
        with replacing(target) as part:
            if not _linked_from_sibling(folder, part, target.name, listing.sha256):
                limit = listing.bytes or dataset.most_bytes
                _transfer(offer.location, part, patience, dataset.name, limit)
            contents = _checked(part, listing, dataset)
    subset = listing.subset and listing.subset.model_dump()
    return settled(target, contents, offer.kind, offer.address, listing.notes, subset)


def _linked_from_sibling(folder: Path, part: Path, file: str, digest: str | None) -> bool:
    """Link the same file from another dataset's folder: one GloVe archive serves two datasets."""
    for twin in folder.glob(f"*/{glob.escape(file)}"):
        if digest and twin.is_file() and sha256(twin) == digest:
            try:
                os.link(twin, part)
            except OSError:  # a file system without hard links
                shutil.copyfile(twin, part)
            return True
    return False


def _checked(path: Path, listing: _Listing, dataset: Dataset) -> Contents:
    """Return the contents; raise SourceError unless they and the bytes are as they must be."""
    digest = listing.sha256
    if digest is not None and (found := sha256(path)) != digest:
        size = path.stat().st_size
        raise SourceError(
            f"wrong bytes: {size:,} of them with sha256 {found[:12]}…, not {digest[:12]}…"
        )
    try:
        contents = contents_of(dataset, path)
        if dataset.member is not None:  # a text file of vectors, perhaps in a zip: can it be read?
            if digest == dataset.sha256:
                next(text_lines(path, dataset.member), None)
            else:
                _check_words(sum(1 for _ in text_lines(path, dataset.member)), listing, dataset)
    except LabError as trouble:
        raise SourceError("its file is broken or not what it should be") from trouble
    expected = (dataset.content_files, dataset.content_sha256)
    if dataset.content_sha256 is not None and contents != expected:
        raise SourceError(
            f"wrong contents: {contents[0]:,} files with digest {str(contents[1])[:12]}…, "
            f"not {expected[0]:,} with {dataset.content_sha256[:12]}…"
        )
    return contents


def _check_words(words: int, listing: _Listing, dataset: Dataset) -> None:
    """Raise SourceError if a file of so many words' vectors is not as large as is said of it."""
    if listing.subset and words != listing.subset.words:
        stated = listing.subset.words
        raise SourceError(f"its file has {words:,} words, not the {stated:,} of its manifest")
    if not listing.subset and words < (dataset.words or 0):
        raise SourceError(
            f"its file has {words:,} of {dataset.words:,} words, and its manifest does not call it "
            "a subset"
        )


# --- transfers ---


def _transfer(location: str | Path, part: Path, patience: Patience, label: str, limit: int) -> None:
    """Bring a file of at most `limit` bytes to `part`, from the web with retries or from a folder.

    urllib3's own retries end where a body begins, and bodies are what breaks off.
    """
    if isinstance(location, Path):
        _copy(location, part, label, limit)
        return
    for attempt in range(patience.retries + 1):
        try:
            # Under a name of its own: one that was given up may still begin to write.
            with _own_folder(part) as folder:
                file = folder / part.name
                bring = partial(_get, location, file, patience.timeout, label, limit)
                _in_time(bring, file, patience)
                file.replace(part)
            return
        except (requests.RequestException, ValueError) as trouble:  # ValueError: a redirection's
            reason, passing = _judged(trouble, patience.timeout)
            if attempt == patience.retries or not passing:
                raise SourceError(reason) from trouble
        pause = min(patience.backoff * 2**attempt, _LONGEST_PAUSE)
        logger.info("%s: %s; trying again in %.0f s", label, reason, pause)
        time.sleep(pause)


def _get(address: str, part: Path, timeout: float, label: str, limit: int) -> None:
    with requests.get(address, stream=True, timeout=timeout, headers=_PLAIN) as response:
        response.raise_for_status()
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceError("the server packed it once more, although asked not to")
        stated = response.headers.get("Content-Length", "")
        size = int(stated) if re.fullmatch(r"[0-9]{1,18}", stated) else None
        _save(response.iter_content(_CHUNK), part, label, limit, size)


@contextmanager
def _own_folder(part: Path) -> Iterator[Path]:
    folder = part.with_name(f"{part.name}.try")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_time(bring: Callable[[], None], part: Path, patience: Patience) -> None:
    """Call `bring`, which writes the file `part`, in a thread that is given up if it is too slow.

    A server that sends a byte now and then never lets the time-out of a connection run out.
    """
    trouble: list[BaseException] = []

    def work() -> None:
        try:
            bring()
        except BaseException as error:  # raised again below
            trouble.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    started = time.monotonic()
    while thread.is_alive():
        thread.join(0.1)
        late = time.monotonic() - started - 2 * patience.timeout
        come = part.stat().st_size if part.exists() else 0
        if late > 0 and come < late * patience.slowest:
            raise requests.Timeout(f"less than {patience.slowest:,} bytes a second")
    if trouble:
        raise trouble[0]


def _copy(source: Path, part: Path, label: str, limit: int) -> None:
    try:
        if source.exists() and not source.is_file():  # a pipe would be waited for without end
            raise SourceError("it is not a plain file")
        stream = source.open("rb")
    except FileNotFoundError as trouble:
        raise SourceError("it is not there") from trouble
    except OSError as trouble:
        raise SourceError(f"{trouble.strerror}") from trouble
    except ValueError as trouble:
        raise SourceError(f"no file can have its name: {trouble}") from trouble
    with stream:
        size = source.stat().st_size
        _save(_read(stream), part, label, limit, size)


def _read(stream: BinaryIO) -> Iterator[bytes]:
    """What is in `stream`, in chunks; SourceError where the disk or the network does not give it.

    Trouble with what is read is told apart here from trouble with what is written.
    """
    try:
        yield from iter(partial(stream.read, _CHUNK), b"")
    except OSError as trouble:
        raise SourceError(f"{trouble.strerror}") from trouble


def _save(chunks: Iterable[bytes], part: Path, label: str, limit: int, size: int | None) -> None:
    """Write `chunks` to `part`; raise SourceError where they, or `size`, are over `limit` bytes.

    size: how many bytes there will be, as the source says.
    """
    if size is not None and size > limit:
        raise SourceError(f"it has {size:,} bytes, over the {limit:,} that it may have")
    with part.open("wb") as out, tqdm(desc=label, total=size, **_BAR) as bar:
        for chunk in chunks:
            if out.tell() + len(chunk) > limit:
                raise SourceError(f"it goes on after the {limit:,} bytes that it may have")
            out.write(chunk)
            bar.update(len(chunk))


def _judged(trouble: Exception, timeout: float) -> tuple[str, bool]:
    """Why a transfer failed, in a few words, and whether trying again may help."""
    if isinstance(trouble, requests.HTTPError) and trouble.response is not None:
        status = trouble.response.status_code
        return f"HTTP {status}", status >= 500 or status in _WORTH_RETRYING
    # requests reports a stall in the body as a ConnectionError that tells of a read time-out
    if "bytes a second" in str(trouble):
        return str(trouble), True
    if isinstance(trouble, requests.Timeout) or "timed out" in str(trouble):
        return f"no byte for {timeout:g} s", True
    if isinstance(trouble, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off", True
    if isinstance(trouble, requests.ConnectionError):
        return "no connection", True
    return f"not a usable address: {type(trouble).__name__}", False
