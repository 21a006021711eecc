"""Archives: read in place, refused where unsafe, and told in one sentence where broken."""

import contextlib
import gzip
import hashlib
import io
import tarfile
import tracemalloc
import zipfile
from collections import deque
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from places import MIRROR, needs_mirror
from rnnlab.corpora import archives
from rnnlab.corpora.archives import content_digest, members, text_lines
from rnnlab.corpora.sources import DATASETS
from rnnlab.errors import LabError

FILES = {"root/a.txt": b"one", "root/b/c.txt": b"two" * 1000, "root/b/d.md": b""}
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0.:"), min_size=1, max_size=20)


def make_tar(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make(kind: str, folder: Path, files: dict[str, bytes]) -> Path:
    if kind == "zip":
        return make_zip(folder / "x.zip", files)
    return make_tar(folder / f"x.{kind}", files, "w:gz" if kind == "tar.gz" else "w")


every_kind = pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])


@every_kind
def test_members_are_all_read(kind, tmp_path):
    assert dict(members(make(kind, tmp_path, FILES))) == FILES


@every_kind
def test_members_are_selected_after_the_root_is_dropped(kind, tmp_path):
    path = make(kind, tmp_path, FILES | {"top.txt": b"no root"})
    assert dict(members(path, r".*\.txt", strip_root=True)) == {
        "a.txt": b"one",
        "b/c.txt": b"two" * 1000,
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5))
def test_any_files_come_back_from_any_packaging_with_one_digest(files, tmp_path):
    files = {f"root/{name}": content for name, content in files.items()}
    lines = b"".join(
        hashlib.sha256(files[name]).hexdigest().encode() + b"  " + name[5:].encode() + b"\n"
        for name in sorted(files, key=str.encode)
    )
    expected = len(files), hashlib.sha256(lines).hexdigest()
    for kind in ("tar", "tar.gz", "zip"):
        path = make(kind, tmp_path, files)
        assert dict(members(path)) == files
        assert content_digest(path, r"(?s:.*)", strip_root=True) == expected


@every_kind
@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:/evil", "c:evil", "a\\..\\evil"]
)
def test_unsafe_names_are_refused(kind, name, tmp_path):
    path = make(kind, tmp_path, {"fine.txt": b"", name: b"evil"})
    with pytest.raises(LabError, match="unsafe name"):
        list(members(path))
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name]


def test_links_and_devices_are_passed_over(tmp_path):
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind in [
            ("soft", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("device", tarfile.CHRTYPE),
            ("folder", tarfile.DIRTYPE),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    assert list(members(path)) == []


def test_links_in_a_zip_are_passed_over(tmp_path):
    path = tmp_path / "links.zip"
    info = zipfile.ZipInfo("soft")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert list(members(path)) == []


@every_kind
def test_a_member_over_the_limit_is_refused(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBER_LIMIT", 100_000)
    path = make(kind, tmp_path, {"bomb.txt": bytes(100_001)})
    with pytest.raises(LabError, match="over the 100,000 allowed"):
        list(members(path))


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (tarfile.REGTYPE, 10**10),
        (tarfile.REGTYPE, -1024),  # sends tarfile back to the same header, for ever
        (tarfile.XHDTYPE, 2**20 + 1),
        (tarfile.XGLTYPE, 10**10),
        (tarfile.GNUTYPE_LONGNAME, -1024),
    ],
)
def test_a_header_with_an_absurd_size_is_refused_before_what_it_heads_is_read(kind, size, tmp_path):
    path = tmp_path / "bomb.tar"
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, size
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(LabError, match="over the"):
        list(members(path))


def test_a_size_below_0_in_an_extended_header_is_refused(tmp_path):
    path = tmp_path / "bomb.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("x")
        info.pax_headers = {"size": "-1024"}
        tar.addfile(info)
    with pytest.raises(LabError, match="over the"):
        list(members(path))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_headers_of_headers_without_end_are_refused(kind, tmp_path):
    path = tmp_path / "x.tar"
    info = tarfile.TarInfo("x")
    info.type = kind
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) * 3000 + bytes(1024))
    with pytest.raises(LabError, match="broken"):
        list(members(path))


class Zeros(io.RawIOBase):
    """So many zeros, without the memory for them."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        count = min(len(buffer), self.left)
        buffer[:count] = bytes(count)
        self.left -= count
        return count


def bomb(kind: str, folder: Path, size: int) -> Path:
    """An archive of a few members of 100 MB, `size` bytes all told, all zeros."""
    path, each = folder / f"bomb.{kind}", 100 * 10**6
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for number in range(size // each):
                archive.writestr(f"{number}.txt", bytes(each))
        return path
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for number in range(size // each):
            info = tarfile.TarInfo(f"{number}.txt")
            info.size = each
            tar.addfile(info, io.BufferedReader(Zeros(each)))
    return path


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_bomb_is_refused_at_the_bound(kind, tmp_path):
    path = bomb(kind, tmp_path, 400 * 10**6)
    packed = path.stat().st_size
    limit = archives.RATIO_FREE + archives.RATIO_LIMIT * packed
    assert limit < 300 * 10**6
    sentence = f"its {packed:,} bytes unpack to more than the {limit:,}"
    for select in (None, "no such member"):
        with pytest.raises(LabError, match=sentence):
            deque(members(path, select), maxlen=0)


def test_a_member_with_more_in_it_than_it_says_is_not_unpacked_whole(tmp_path):
    """10 GB that say that they are 10 bytes."""
    path = make_zip(tmp_path / "x.zip", {"a": bytes(10**8)})
    content = path.read_bytes()
    path.write_bytes(content.replace((10**8).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    tracemalloc.start()
    with pytest.raises(LabError, match="broken"):
        list(members(path))
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


def test_lines_of_a_bomb_are_refused_at_the_bound(tmp_path):
    path = tmp_path / "v.txt.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(100):
            stream.write(b"a 0 0 0 0 0 0\n" * 100_000)
    with pytest.raises(LabError, match=r"v\.txt\.gz is broken.*unpack to more than"):
        for _ in text_lines(path, ""):
            pass


def test_a_zip_of_lines_that_says_it_unpacks_to_too_much_is_refused_at_once(tmp_path):
    path = make_zip(tmp_path / "x.zip", {"v.txt": bytes(10**8)})
    with pytest.raises(LabError, match="unpack to more than"):
        next(text_lines(path, "v.txt"))


@every_kind
def test_too_many_members_are_refused(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "COUNT_LIMIT", 2)
    with pytest.raises(LabError, match="more than the 2 members allowed"):
        list(members(make(kind, tmp_path, FILES)))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@every_kind
def test_two_members_of_one_name_are_refused(kind, tmp_path):
    path = make(kind, tmp_path, {"root/a.txt": b"one", "root//a.txt": b"two", "b": b"", "./b": b""})
    with pytest.raises(LabError, match=r"x\..* holds root/a\.txt twice"):
        list(members(path))
    with pytest.raises(LabError, match=r"holds a\.txt twice"):
        list(members(path, r"a\.txt", strip_root=True))
    assert list(members(path, "c")) == []


def test_sparse_members_are_refused(tmp_path):
    path = tmp_path / "x.tar"
    info = tarfile.TarInfo("x")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"00000400000\0"  # as large as it is once unpacked
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(header + bytes(1024))
    with pytest.raises(LabError, match="x is a sparse file"):
        list(members(path))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_otherwise_than_by_deflate_is_refused(method, tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.txt", "one")
    for read in (members, text_lines):
        with pytest.raises(LabError, match=r"a\.txt is packed by a method other than deflate"):
            list(read(path, "a.txt"))


@every_kind
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_truncated_archive_names_itself(kind, share, tmp_path):
    noise = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(200))
    path = make(kind, tmp_path, {"a": noise, "b": noise[::-1]})
    whole = path.read_bytes().rstrip(b"\0")  # a tar may lose padding without harm
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(LabError, match=rf"{path.name} is broken.*download stage again"):
        list(members(path))


def test_a_tar_cut_between_two_members_is_broken_too(tmp_path):
    path = make_tar(tmp_path / "x.tar", {"a": bytes(512), "b": bytes(512)}, "w")
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(LabError, match="broken"):
        list(members(path))


def test_a_wrong_checksum_at_the_end_of_a_gzip_is_seen(tmp_path):
    path = make_tar(tmp_path / "x.tar.gz", FILES)
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(LabError, match="broken"):
        list(members(path))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), kind=st.sampled_from(["tar", "tar.gz", "zip"]))
def test_whatever_is_damaged_only_lab_errors_come_out(data, kind, tmp_path):
    path = make(kind, tmp_path, FILES)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with contextlib.suppress(LabError):
        list(members(path))
    with contextlib.suppress(LabError):
        list(text_lines(path, ".md"))


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(LabError, match=r"nowhere is not there; run the download stage"):
        list(members(tmp_path / "nowhere"))


def test_lines_of_plain_gzip_and_zip_are_the_same(tmp_path):
    text = "the 1 2\nä 3 4\r\nlast 5 6".encode()
    plain, packed = tmp_path / "v.txt", tmp_path / "v.txt.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    zipped = make_zip(tmp_path / "v.zip", {"v.2d.txt": text, "v.3d.txt": b"other"})
    for path in (plain, packed, zipped):
        assert list(text_lines(path, ".2d.txt")) == text.splitlines(keepends=True)
    with pytest.raises(LabError, match=r"holds 0 files whose name ends with \.9d\.txt"):
        list(text_lines(zipped, ".9d.txt"))


def test_a_line_without_end_is_refused(tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(bytes(archives.LINE_LIMIT + 10)))
    with pytest.raises(LabError, match="a line of more than"):
        list(text_lines(path, ""))


@pytest.mark.parametrize("cut", [3, 15, -4])
def test_a_broken_gzip_of_lines_names_itself(cut, tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(b"the 0.1 0.2\n" * 1000)[:cut])
    with pytest.raises(LabError, match=r"v\.txt\.gz is broken"):
        list(text_lines(path, ""))


@needs_mirror
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("names", "names.zip"),
        ("tangshi", "tang-poems.tar.gz"),
        ("imdb", "aclImdb_v1.no-feat.tar.gz"),
    ],
)
def test_the_real_corpora_have_the_known_contents(name, file):
    dataset = DATASETS[name]
    assert content_digest(MIRROR / file, dataset.content_select, dataset.strip_root) == (
        dataset.content_files,
        dataset.content_sha256,
    )
