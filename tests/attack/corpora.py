"""Hostile corpora: archives, manifests, poems and word vectors, as a mirror could hand them out."""

import dataclasses
import functools
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tests.attack import Case, attack, lasting
from tests.attack.bytes import spoil

from rnnlab.corpora import glove, imdb, names, tangshi
from rnnlab.corpora.archives import content_digest
from rnnlab.corpora.download import fetch
from rnnlab.corpora.sample import generate
from rnnlab.corpora.sources import DATASETS, Dataset
from rnnlab.files import sha256

ARCHIVES: dict[str, Callable[[Path], Any]] = {
    "names/names.zip": names.read,
    "tangshi/tang-poems.tar.gz": tangshi.poems,
    "imdb/aclImdb_v1.tar.gz": lambda path: list(imdb.reviews(path)),
}
VALUES: tuple[Any, ...] = (
    None, True, 0, -5, 2**64, 1.5, "", "\0", "a\0b", "\ud800", "~nobody/x", "../../etc/passwd",
    "/etc/passwd", "x" * 5_000, "names.zip/../names.zip", '<img src=x onerror="x()">', "\x1b[2J",
    "http://[::1", [], {}, [1], {"words": -5, "of": 0}, {"words": 2, "of": 1}, "0" * 64,
)  # fmt: skip
TEXTS = (
    b"", b"{", b"[]", b"null", b'"x"', b"[" * 20_000, b'{"datasets": []}', b'{"datasets": {}}',
    b'{"datasets": {"names": 1}}', b"\xff\xfe{\0", b"9" * 5_000, b'{"datasets": {"names": {}}}',
)  # fmt: skip
LINES = (
    "the 0.1 -0.2", "the 0.1 -0.2 0.3 0.4", "the  0.1 -0.2 0.3", "the 0.1 -0.2 nan",
    "the 0.1 -0.2 inf", "the 0.1 -0.2 1e999", "the 0.1 -0.2 x", "the 0.1 -0.2 0.3 ", " the 0.1",
    "the", "", "the 0.1 -0.2 0x3", "the 0.1\t-0.2 0.3", "the 0.1 -0.2 \ufeff0.3",
    "the ٠.١ -0.2 0.3",
)  # fmt: skip


@functools.cache
def _whole() -> Path:
    """Generated corpora, unharmed."""
    folder = lasting()
    generate(folder, 1)
    return folder


@functools.cache
def _right(name: str) -> Any:
    return ARCHIVES[name](_whole() / name)


@attack("archives")
def archive(dice: Random, folder: Path) -> Case:
    name = dice.choice(list(ARCHIVES))
    path = folder / Path(name).name
    path.write_bytes((_whole() / name).read_bytes())
    what = spoil(dice, path)
    right = _right(name)
    return Case(what, lambda: ARCHIVES[name](path), lambda answer: answer == right, path.name)


@functools.cache
def _published() -> Dataset:
    """The surnames as if the generated ones were published, at an address where nobody answers."""
    made = DATASETS["names"]
    files, digest = content_digest(_whole() / "names/names.zip", str(made.content_select), False)
    url = "http://127.0.0.1:9/names.zip"
    return dataclasses.replace(made, url=url, content_files=files, content_sha256=digest)


@attack("manifests")
def manifest(dice: Random, folder: Path) -> Case:
    content = (_whole() / "names/names.zip").read_bytes()
    (folder / "names.zip").write_bytes(content)
    digest = sha256(folder / "names.zip")
    listing: dict[str, Any] = {"file": "names.zip", "sha256": digest, "bytes": len(content)}
    key = dice.choice([*listing, "subset", "notes"])
    listing[key] = dice.choice(VALUES)
    text = json.dumps({"datasets": {"names": listing}}).encode()
    what = f"{key}: {listing[key]!r}"[:80]
    if dice.random() < 0.3:
        text = dice.choice(TEXTS)
        what = repr(text[:40])
    (folder / "manifest.json").write_bytes(text)
    if dice.random() < 0.3:
        what += " " + spoil(dice, folder / dice.choice(["manifest.json", "names.zip"]))
    raw, catalogue = folder / "raw", {"names": _published()}

    def bring() -> bytes:
        found = fetch(["names"], raw, [str(folder)], 0, 1.0, backoff=0.0, catalogue=catalogue)
        return (raw / found["names"]["file"]).read_bytes()

    return Case(what, bring, lambda answer: answer == content, "names")


@attack("poems")
def poems(dice: Random, folder: Path) -> Case:
    records: list[Any] = [
        {"title": "春", "author": "某", "paragraphs": ["白日依山盡，黃河入海流。"]}
        for _ in range(3)
    ]
    given = dice.choice([*VALUES, ["\ud800"], [None], "（" * 5_000, ["（" * 5_000 + "，"]])
    place = dice.choice(["title", "author", "paragraphs", None])
    if place:
        records[1][place] = given
    else:
        records[1] = given
    content = json.dumps(records).encode()
    path = folder / "poems.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        entry = tarfile.TarInfo("chinese-poetry/全唐诗/poet.tang.0.json")
        entry.size = len(content)
        made.addfile(entry, io.BytesIO(content))
    return Case(
        f"{place}: {given!r}"[:80],
        lambda: tangshi.poems(path)[0],
        lambda answer: {each.text for each in answer} == {"白日依山尽，黄河入海流。"},
        path.name,
    )


@attack("vectors")
def vectors(dice: Random, folder: Path) -> Case:
    bad, place = dice.choice(LINES), dice.randrange(3)
    lines = ["film 1 2 3", "a 4 5 6"]
    lines.insert(place, bad)
    encoding = dice.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"])
    text = ("\n".join(lines) + "\n").encode(encoding)
    path = folder / dice.choice(["glove.3d.txt", "glove.zip"])
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("glove.3d.txt", text)
    else:
        path.write_bytes(text)
    wanted = {"film": 0, "a": 1}

    def right(answer: Any) -> bool:
        rows, found = answer
        return sorted(rows) == [0, 1] and np.array_equal(found[rows == 0], [[1, 2, 3]])

    return Case(
        f"{bad!r}, {encoding}", lambda: glove.pick(path, 3, wanted | {"the": 2}), right, "glove"
    )
