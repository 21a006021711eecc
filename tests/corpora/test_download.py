"""Downloads against a real local server that misbehaves in every way we know of."""

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import threading
import time
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_archives import make_zip

from places import MIRROR, needs_mirror
from rnnlab.corpora import download, origin
from rnnlab.corpora.archives import content_digest
from rnnlab.corpora.sources import DATASETS, Dataset
from rnnlab.errors import LabError
from rnnlab.settings.download import Download

SELECT = r"data/\w+\.txt"


class Server:
    """Answers a path with its bytes, after whatever trouble is planned for it."""

    def __init__(self):
        self.files = {}
        self.trouble = {}  # path: list of troubles, one for each request to come
        self.asked = Counter()
        self.sent = 0  # of bodies without end
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request):
        path = request.path
        self.asked[path] += 1
        planned = self.trouble.get(path, [])
        trouble = planned.pop(0) if planned else None
        content = self.files.get(path)
        if isinstance(trouble, int) or content is None:
            request.send_error(trouble or 404)
            return
        header, stated = trouble if isinstance(trouble, tuple) else (None, None)
        request.send_response(302 if header == "Location" else 200)
        if header:
            request.send_header(header, stated)
        if trouble == "absurd length":
            request.send_header("Content-Length", str(10**15))
        elif trouble == "endless chunks":
            request.send_header("Transfer-Encoding", "chunked")
        elif trouble != "endless" and header != "Content-Length":
            request.send_header("Content-Length", str(len(content)))
        if trouble == "slow head":
            request.flush_headers()
        else:
            request.end_headers()
        if trouble == "truncate":
            request.wfile.write(content[: len(content) // 2])
        elif trouble == "stall":
            request.wfile.write(content[: len(content) // 2])
            request.wfile.flush()
            self.released.wait(10)
        elif trouble in ("endless", "endless chunks", "absurd length"):
            block = bytes(2**16)
            chunk = b"10000\r\n" + block + b"\r\n"
            with contextlib.suppress(OSError):  # the other side has enough
                while self.sent < 2**26:
                    self.sent += request.wfile.write(chunk if "chunks" in trouble else block)
        elif trouble in ("drip", "slow head"):
            if trouble == "slow head":
                request.wfile.write(b"X: " + b"x" * 10)
            for _ in range(100):
                request.wfile.write(b"x")
                if self.released.wait(0.1):
                    break
        elif trouble == "wrong bytes":
            request.wfile.write(bytes(len(content)))
        else:
            request.wfile.write(content)


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.http.shutdown()
    server.http.server_close()
    thread.join()


@pytest.fixture
def archive(tmp_path):
    return make_zip(
        tmp_path / "names.zip", {"data/A.txt": b"Abe\n" * 300, "data/B.txt": os.urandom(30_000)}
    )


@pytest.fixture
def dataset(archive, server):
    """A dataset whose official address is the test server, which has it."""
    files, digest = content_digest(archive, SELECT, False)
    server.files["/official/names.zip"] = archive.read_bytes()
    return Dataset(
        name="names",
        url=f"{server.url}/official/names.zip",
        about="Made up.",
        content_select=SELECT,
        content_files=files,
        content_sha256=digest,
    )


@pytest.fixture
def mirror(archive, server):
    """The address of a mirror on the test server, which lists the dataset."""
    server.files["/mirror/manifest.json"] = manifest(archive)
    server.files["/mirror/sub/names.zip"] = archive.read_bytes()
    return f"{server.url}/mirror/"


def manifest(archive: Path, **changes) -> bytes:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    size = archive.stat().st_size
    entry = {"file": "sub/names.zip", "sha256": digest, "notes": "A copy.", "bytes": size} | changes
    return json.dumps({"about": "…", "datasets": {"names": entry}}).encode()


def entry(**changes) -> bytes:
    return json.dumps(
        {"datasets": {"names": {"file": "a.zip", "sha256": "0" * 64} | changes}}
    ).encode()


def get(dataset, folder, mirrors=(), retries=2, timeout=0.3):
    return download.fetch(
        [dataset.name],
        folder,
        mirrors,
        retries,
        timeout,
        backoff=0.01,
        catalogue={dataset.name: dataset},
    )[dataset.name]


def found(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def closed_port() -> str:
    http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    http.server_close()
    return f"http://127.0.0.1:{http.server_port}"


# --- what goes well ---


def test_a_mirror_on_the_web_comes_first(dataset, mirror, server, archive, tmp_path):
    entry = get(dataset, tmp_path / "raw", [mirror])
    assert entry == {
        "kind": "mirror",
        "address": mirror,
        "file": "names/names.zip",
        "bytes": archive.stat().st_size,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "content_sha256": dataset.content_sha256,
        "content_files": 2,
        "subset": None,
        "notes": "A copy.",
    }
    assert found(tmp_path / "raw") == ["names/names.zip"]
    assert (tmp_path / "raw/names/names.zip").read_bytes() == archive.read_bytes()
    assert server.asked["/official/names.zip"] == 0


@pytest.mark.parametrize("as_url", [False, True])
def test_a_folder_is_a_mirror(as_url, dataset, archive, server, tmp_path, monkeypatch):
    shelf = tmp_path / "a shelf"
    (shelf / "sub").mkdir(parents=True)
    (shelf / "manifest.json").write_bytes(manifest(archive, subset={"words": 1, "of": 2}))
    (shelf / "sub" / "names.zip").write_bytes(archive.read_bytes())
    monkeypatch.chdir(tmp_path)
    address = shelf.as_uri() if as_url else "a shelf"
    entry = get(dataset, tmp_path / "raw", [address])
    assert (entry["kind"], entry["address"]) == ("mirror", address)
    assert entry["subset"] == {"words": 1, "of": 2}
    assert not server.asked


def test_the_official_address_is_used_without_mirrors(dataset, tmp_path):
    entry = get(dataset, tmp_path / "raw")
    assert (entry["kind"], entry["address"]) == ("official", dataset.url)
    assert entry["notes"] == "Made up."


def test_a_second_fetch_transfers_nothing(dataset, mirror, server, tmp_path):
    first = get(dataset, tmp_path / "raw", [mirror])
    assert get(dataset, tmp_path / "raw", [mirror]) == first
    assert server.asked["/mirror/sub/names.zip"] == 1
    official = get(dataset, tmp_path / "raw")
    assert official["kind"] == "official"
    assert server.asked["/official/names.zip"] == 0


def test_a_damaged_file_in_place_is_fetched_again(dataset, mirror, archive, tmp_path):
    raw = tmp_path / "raw"
    get(dataset, raw, [mirror])
    (raw / "names/names.zip").write_bytes(b"damaged")
    (raw / "names/old.zip").write_bytes(b"of another source")
    (raw / "names/.names.zip.1.part").write_bytes(b"of a killed run")
    get(dataset, raw, [mirror])
    assert found(raw) == ["names/names.zip"]
    assert (raw / "names/names.zip").read_bytes() == archive.read_bytes()


def test_the_manifest_is_asked_for_once(dataset, mirror, server, tmp_path):
    second = dataclasses.replace(dataset, name="second")
    with pytest.raises(LabError, match="second"):
        download.fetch(
            ["names", "second"],
            tmp_path / "raw",
            [mirror],
            0,
            1,
            catalogue={"names": dataset, "second": dataclasses.replace(second, url=mirror)},
        )
    assert server.asked["/mirror/manifest.json"] == 1


def test_one_archive_serves_two_datasets(server, tmp_path):
    archive = make_zip(
        tmp_path / "glove.zip", {"g.2d.txt": b"the 1 2\n", "g.3d.txt": b"the 1 2 3\n"}
    )
    server.files["/glove.zip"] = archive.read_bytes()
    catalogue = {
        f"g.{d}d": Dataset(
            name=f"g.{d}d",
            url=f"{server.url}/glove.zip",
            about="",
            sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
            member=f"g.{d}d.txt",
        )
        for d in (2, 3)
    }
    raw = tmp_path / "raw"
    provenance = download.fetch(list(catalogue), raw, catalogue=catalogue)
    assert server.asked["/glove.zip"] == 1
    assert found(raw) == ["g.2d/glove.zip", "g.3d/glove.zip"]
    assert provenance["g.3d"]["sha256"] == provenance["g.2d"]["sha256"]


def test_provenance_is_written_sorted_and_readable(tmp_path):
    path = tmp_path / "raw" / "provenance.json"
    download.write_provenance(path, {"b": {"notes": "全唐诗"}, "a": {}})
    assert path.read_text(encoding="utf-8").startswith(
        '{\n  "a": {},\n  "b": {\n    "notes": "全唐诗"\n  },\n  "seal": "sha256:'
    )
    assert found(tmp_path) == ["raw/provenance.json"]


# --- trouble that passes ---


@pytest.mark.parametrize("trouble", ["truncate", "stall", 500, 503, 429])
def test_trouble_that_passes_is_waited_out(trouble, dataset, mirror, server, tmp_path):
    server.trouble["/mirror/manifest.json"] = [trouble]
    server.trouble["/mirror/sub/names.zip"] = [trouble, trouble]
    assert get(dataset, tmp_path / "raw", [mirror])["kind"] == "mirror"
    assert server.asked["/mirror/sub/names.zip"] == 3
    assert found(tmp_path / "raw") == ["names/names.zip"]


@pytest.mark.parametrize("trouble", ["drip", "slow head"])
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(trouble, dataset, server, tmp_path):
    server.trouble["/official/names.zip"] = [trouble]
    assert get(dataset, tmp_path / "raw")["kind"] == "official"
    assert server.asked["/official/names.zip"] == 2
    server.trouble["/official/names.zip"] = [trouble] * 3
    with pytest.raises(LabError, match=r"less than 10,000 bytes a second"):
        get(dataset, tmp_path / "other")
    assert server.asked["/official/names.zip"] == 5
    assert found(tmp_path / "other") == []


def test_pauses_grow(dataset, server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    server.trouble["/official/names.zip"] = [500] * 7
    download.fetch(["names"], tmp_path, (), 7, 1.0, catalogue={"names": dataset})
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


# --- trouble that stays ---


@pytest.mark.parametrize(
    ("trouble", "why", "requests"),
    [
        ("truncate", "the transfer broke off", 3),
        ("stall", "no byte for 0.3 s", 3),
        ("wrong bytes", "wrong bytes: 3", 1),
        (404, "HTTP 404", 1),
        (403, "HTTP 403", 1),
        (500, "HTTP 500", 3),
    ],
)
def test_the_next_source_is_tried(
    trouble, why, requests, dataset, mirror, server, tmp_path, caplog
):
    server.trouble["/mirror/sub/names.zip"] = [trouble] * 3
    assert get(dataset, tmp_path / "raw", [mirror])["kind"] == "official"
    assert server.asked["/mirror/sub/names.zip"] == requests
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"names: not from {mirror} ({why}")
    assert found(tmp_path / "raw") == ["names/names.zip"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{not json", "manifest is wrong: Invalid JSON"),
        (b'{"datasets": []}', "manifest is wrong at datasets"),
        (b'["datasets"]', "manifest is wrong: Input should be an object"),
        (b"[" * 100_000, "manifest is wrong: Invalid JSON: recursion limit"),
        (b'{"datasets": {"a": %s}}' % (b"9" * 5000), "manifest is wrong: Invalid JSON"),
        (b'{"datasets": {"names": {"file": "a.zip", "notes": "\\ud800"}}}', "Invalid JSON"),
        ('{"datasets": {}}'.encode("utf-16"), "manifest is wrong: Invalid JSON"),
        (b" " * 2**20 + b"{}", "it has 1,048,578 bytes, over the 1,048,576 that it may have"),
        (b'{"datasets": {}}', "does not list it"),
        (b'{"datasets": {"names": 3}}', "its manifest is wrong"),
        (b'{"datasets": {"names": {"sha256": "0"}}}', "its manifest is wrong at file"),
        (b'{"datasets": {"names": {"file": "../../x.zip"}}}', "unsafe path"),
        (b'{"datasets": {"names": {"file": "/x.zip"}}}', "unsafe path"),
        (b'{"datasets": {"names": {"file": "%2e%2e/x.zip"}}}', "unsafe path"),
        (b'{"datasets": {"names": {"file": "x\\u0000.zip"}}}', "unsafe path"),
        (b'{"datasets": {"names": {"file": "<img src=x onerror=alert(1)>"}}}', "unsafe path"),
        (b'{"datasets": {"names": {"file": "a.zip", "subset": {"words": -5, "of": 0}}}}', "subset"),
        (b'{"datasets": {"names": {"file": "%s.zip"}}}' % (b"a" * 300), "unsafe path"),
        (b'{"datasets": {"names": {"file": null}}}', "wrong at file: Input should be a valid str"),
        (b'{"datasets": {"names": {"file": "a.zip", "notes": 3}}}', "wrong at notes"),
        (entry(subset={"words": 5, "of": 4}), "at subset: 5 words are no subset of 4"),
        (entry(bytes=0), "wrong at bytes"),
        (entry(bytes=True), "wrong at bytes"),
        (
            entry(bytes=10**18),
            "1,000,000,000,000,000,000 bytes, over the 268,435,456 that names may",
        ),
        (entry(sha256=None), "no sha256 to check the file against"),
        (entry(sha256="0" * 63), "wrong at sha256"),
        (entry(file="gone.zip"), "HTTP 404"),
    ],
)
def test_a_wrong_manifest_is_passed_over(text, why, dataset, mirror, server, tmp_path, caplog):
    server.files["/mirror/manifest.json"] = text
    assert get(dataset, tmp_path / "raw", [mirror])["kind"] == "official"
    assert why in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1",
        "http://[nonsense]/",
        "http://exa\0mple/",
        "http://" + "a" * 300,
        "http://:99999/",
        "http:///",
        "~no-such-user/data",
        "a\0b",
        "file:///a%00b",
        "\ud800",
        "caf\udce9",
        "a" * 5000,
        "file://",
        "",
    ],
)
def test_an_address_that_is_none_is_passed_over(address, dataset, tmp_path, caplog):
    assert get(dataset, tmp_path / "raw", [address], retries=0)["kind"] == "official"
    (record,) = caplog.records
    assert "(manifest.json: " in record.getMessage()


# --- sizes ---


def test_a_file_larger_than_its_manifest_says_is_refused_at_once(
    dataset, mirror, archive, server, tmp_path, caplog
):
    server.files["/mirror/manifest.json"] = manifest(archive, bytes=1000)
    assert get(dataset, tmp_path / "raw", [mirror])["kind"] == "official"
    size = archive.stat().st_size
    assert f"it has {size:,} bytes, over the 1,000 that it may have" in caplog.text
    assert server.asked["/mirror/sub/names.zip"] == 1  # to ask again would help nothing


def test_a_file_in_a_folder_that_is_too_large_is_refused_at_once(
    dataset, archive, tmp_path, caplog
):
    shelf = tmp_path / "shelf"
    (shelf / "sub").mkdir(parents=True)
    (shelf / "manifest.json").write_bytes(manifest(archive, bytes=None))
    with (shelf / "sub/names.zip").open("wb") as file:
        file.truncate(10**12)
    assert get(dataset, tmp_path / "raw", [str(shelf)])["kind"] == "official"
    assert "it has 1,000,000,000,000 bytes, over the 268,435,456" in caplog.text
    assert found(tmp_path / "raw") == ["names/names.zip"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here that can't be read")
def test_a_folder_on_a_broken_disk_is_passed_over(dataset, archive, tmp_path, caplog):
    shelf = tmp_path / "shelf"
    (shelf / "sub").mkdir(parents=True)
    (shelf / "manifest.json").write_bytes(manifest(archive))
    (shelf / "sub/names.zip").symlink_to("/proc/self/mem")  # reading its first byte: EIO
    assert get(dataset, tmp_path / "raw", [str(shelf)])["kind"] == "official"
    assert "(Input/output error)" in caplog.text


@pytest.mark.parametrize("limit", ["bytes", "most_bytes"])
@pytest.mark.parametrize("trouble", ["endless", "endless chunks", "absurd length"])
def test_a_body_without_end_is_broken_off_at_the_bound(trouble, limit, dataset, server, tmp_path):
    server.trouble["/official/names.zip"] = [trouble]
    bounded = dataclasses.replace(dataset, **{limit: 2**20})
    with pytest.raises(LabError, match=r"(goes on after|over) the 1,048,576 (bytes )?that it may"):
        get(bounded, tmp_path / "raw", retries=0)
    assert found(tmp_path / "raw") == []
    assert server.sent < 2**24


@pytest.mark.parametrize("stated", ["abc", "-5", "9" * 5000, ""])
def test_a_length_that_is_no_number_is_passed_over(stated, dataset, server, tmp_path):
    server.trouble["/official/names.zip"] = [("Content-Length", stated)]
    assert get(dataset, tmp_path / "raw", retries=0)["kind"] == "official"


def test_two_lengths_at_once_are_refused(dataset, server, tmp_path):
    server.trouble["/official/names.zip"] = [("Content-Length", "1, 2")]
    with pytest.raises(LabError, match=r"names\.zip \(not a usable address"):
        get(dataset, tmp_path / "raw", retries=0)
    assert found(tmp_path / "raw") == []


def test_a_body_that_is_packed_once_more_is_refused(dataset, server, tmp_path):
    """Ten megabytes of gzip could become ten gigabytes here."""
    server.trouble["/official/names.zip"] = [("Content-Encoding", "gzip")]
    with pytest.raises(LabError, match="packed it once more, although asked not to"):
        get(dataset, tmp_path / "raw", retries=0)


def test_a_redirection_to_nowhere_is_told(dataset, server, tmp_path):
    server.trouble["/official/names.zip"] = [("Location", "http://[::1")]
    with pytest.raises(LabError, match="not a usable address"):
        get(dataset, tmp_path / "raw", retries=0)


@pytest.mark.parametrize(
    ("subset", "why"),
    [
        ({"words": 3, "of": 5}, "its file has 2 words, not the 3 of its manifest"),
        (None, "its file has 2 of 5 words, and its manifest does not call it a subset"),
    ],
)
def test_a_subset_is_what_its_manifest_says(subset, why, tmp_path):
    vectors = tmp_path / "v.txt"
    vectors.write_text("the 1 2\nof 3 4\n")
    dataset = Dataset(name="names", url="nowhere:names", about="", member="v.txt", words=5)
    listing = {"file": "v.txt", "sha256": hashlib.sha256(vectors.read_bytes()).hexdigest()}
    for stated in (subset, {"words": 2, "of": 5}):
        content = {"datasets": {"names": listing | {"subset": stated}}}
        (tmp_path / "manifest.json").write_text(json.dumps(content))
        if stated == subset:
            with pytest.raises(LabError, match=why):
                get(dataset, tmp_path / "raw", [str(tmp_path)])
    assert get(dataset, tmp_path / "raw", [str(tmp_path)])["subset"] == {"words": 2, "of": 5}


@given(
    listing=st.dictionaries(
        st.sampled_from(["file", "sha256", "bytes", "subset", "notes", "more"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_subnormal=False)
            | st.text(),
            lambda kinds: (
                st.lists(kinds) | st.dictionaries(st.sampled_from(["words", "of"]), kinds)
            ),
        ),
    ),
    damage=st.binary(max_size=3),
    place=st.floats(0, 1, allow_subnormal=False),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_manifest_says_only_a_lab_error_comes_out(listing, damage, place, tmp_path):
    text = json.dumps({"datasets": {"names": {"file": "a.zip"} | listing}}).encode()
    cut = int(place * len(text)) if damage else len(text)
    (tmp_path / "manifest.json").write_bytes(text[:cut] + damage + text[cut:])
    dataset = Dataset(name="names", url="nowhere:names", about="")
    with pytest.raises(LabError, match="names could not be downloaded"):
        get(dataset, tmp_path / "raw", [str(tmp_path)], retries=0)


def test_right_bytes_with_wrong_contents_are_refused(dataset, mirror, server, tmp_path):
    other = make_zip(tmp_path / "other.zip", {"data/A.txt": b"something else"})
    server.files["/mirror/manifest.json"] = manifest(other)
    server.files["/mirror/sub/names.zip"] = other.read_bytes()
    server.files["/official/names.zip"] = b"PK\x03\x04 not a zip"
    with pytest.raises(LabError) as trouble:
        get(dataset, tmp_path / "raw", [mirror])
    assert "wrong contents: 1 files with digest" in str(trouble.value)
    assert "its file is broken" in str(trouble.value)
    assert found(tmp_path / "raw") == []


def test_when_all_fail_one_sentence_tells_everything(dataset, server, tmp_path):
    closed = closed_port()
    del server.files["/official/names.zip"]
    with pytest.raises(LabError) as trouble:
        get(dataset, tmp_path / "raw", ["no/such/folder", closed, "ftp:x"], retries=1)
    message = str(trouble.value)
    assert message.startswith("names could not be downloaded, tried: no/such/folder (")
    assert f"{closed} (manifest.json: no connection)" in message
    assert f"{dataset.url} (HTTP 404)" in message
    assert "download.mirrors in params.yaml" in message
    assert "RNNLAB_MIRRORS" in message
    assert "\n" not in message
    assert found(tmp_path) == ["names.zip"]


def test_the_file_in_place_stays_when_all_sources_fail(dataset, server, tmp_path):
    raw = tmp_path / "raw"
    (raw / "names").mkdir(parents=True)
    (raw / "names/names.zip").write_bytes(b"old")
    server.trouble["/official/names.zip"] = ["truncate"]
    with pytest.raises(LabError, match="broke off"):
        get(dataset, raw, retries=0)
    assert (raw / "names/names.zip").read_bytes() == b"old"


def test_a_pipe_is_not_waited_for(dataset, tmp_path, caplog):
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    os.mkfifo(shelf / "manifest.json")
    assert get(dataset, tmp_path / "raw", [str(shelf)])["kind"] == "official"
    assert "not a plain file" in caplog.text


def test_an_unknown_dataset_is_refused(tmp_path):
    with pytest.raises(LabError, match="no dataset 'imbd'; choose from imdb, names"):
        download.fetch(["imbd"], tmp_path)


def test_passwords_are_not_shown(tmp_path, dataset, mirror):
    with_password = mirror.replace("http://", "http://me:secret@")
    assert get(dataset, tmp_path / "raw", [with_password])["address"] == mirror


def test_mirrors_of_the_environment_are_asked_before_those_of_the_settings(tmp_path, monkeypatch):
    nowhere = dataclasses.replace(DATASETS["names"], url="nowhere:names")
    fetch = partial(download.fetch, catalogue={"names": nowhere})
    monkeypatch.setattr(download, "fetch", fetch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(origin.MIRRORS, " first/shelf  second/shelf ")
    asked = Download(
        origin="published", mirrors=["third/shelf"], datasets=["names"], retries=0, timeout=1.0,
        slowest=1, seed=1,
    )  # fmt: skip
    with pytest.raises(LabError) as trouble:
        origin.bring(asked, tmp_path / "raw", tmp_path / "provenance.json")
    tried = ["first/shelf", "second/shelf", "third/shelf", "nowhere:names"]
    assert re.findall(r"(\S+) \(", str(trouble.value)) == tried
    assert found(tmp_path) == []


# --- interruptions ---


def break_off_with(trouble, monkeypatch):
    whole = download._save

    def part(chunks, path, *rest):
        whole(chunks, path, *rest)
        if path.name != "manifest.json":
            raise trouble

    monkeypatch.setattr(download, "_save", part)


def test_an_interruption_leaves_nothing(dataset, mirror, tmp_path, monkeypatch):
    break_off_with(KeyboardInterrupt(), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        get(dataset, tmp_path / "raw", [mirror])
    assert found(tmp_path / "raw") == []


def test_a_full_disk_is_told_and_no_other_source_tried(
    dataset, mirror, server, tmp_path, monkeypatch
):
    break_off_with(OSError(errno.ENOSPC, "No space left on device"), monkeypatch)
    with pytest.raises(LabError, match=r"disk is full: .*names.zip has no room .*; free"):
        get(dataset, tmp_path / "raw", [mirror])
    assert found(tmp_path / "raw") == []
    assert server.asked["/official/names.zip"] == 0


# --- the real thing ---


@needs_mirror
def test_the_real_mirror(tmp_path):
    names = ["names", "tangshi", "glove.6B.100d", "glove.6B.300d"]
    provenance = download.fetch(names, tmp_path, [str(MIRROR)])
    assert {entry["kind"] for entry in provenance.values()} == {"mirror"}
    manifest = json.loads((MIRROR / "manifest.json").read_text(encoding="utf-8"))
    for name in ("glove.6B.100d", "glove.6B.300d"):
        assert provenance[name]["subset"] == manifest["datasets"][name]["subset"]
    assert provenance["names"]["content_sha256"] == DATASETS["names"].content_sha256
    for name in names:
        assert len(list((tmp_path / name).iterdir())) == 1
