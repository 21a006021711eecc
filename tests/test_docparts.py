"""What a command wrote into a page is told from what somebody typed there."""

from pathlib import Path

import pytest

from rnnlab import docparts
from rnnlab.errors import LabError

PAGE = "Before 1.\n<!-- speed -->\n{}Between 2.\n<!-- size -->\n{}After 3.\n"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "docs/page.md"
    path.parent.mkdir()
    path.write_text(PAGE.format(docparts.seal("", tmp_path), docparts.seal("", tmp_path)))
    (tmp_path / "results.json").write_text("{}")
    docparts.put(path, "speed", "Ten miles.", [tmp_path / "results.json"])
    docparts.put(path, "size", "| 20 |")
    return path


def read(page):
    return docparts.parts(page.read_text(), page.parent.parent)


def test_what_is_put_is_sealed_and_the_rest_stays(page):
    (speed, size), rest = read(page)
    assert (speed.text, speed.sealed, speed.sources) == (
        "\nTen miles.\n\n",
        True,
        {"results.json": True},
    )
    assert (size.text, size.sealed, size.sources) == ("\n| 20 |\n\n", True, {})
    assert [line for line in rest.split("\n") if line[:1].isalpha()] == [
        "Before 1.", "Between 2.", "After 3.",
    ]  # fmt: skip


def test_a_source_outside_the_project_is_refused(page, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "results.json"
    other.write_text("{}")
    with pytest.raises(LabError, match="does not lie in"):
        docparts.put(page, "speed", "Ten miles.", [other])


def test_a_source_may_be_named_from_here(page, monkeypatch):
    monkeypatch.chdir(page.parent.parent)
    docparts.put(page, "speed", "Ten miles.", [Path("results.json")])
    assert read(page)[0][0].sources == {"results.json": True}


def test_an_edit_and_a_changed_source_are_seen(page):
    page.write_text(page.read_text().replace("20", "30"))
    (page.parent.parent / "results.json").write_text("[]")
    (speed, size), _ = read(page)
    assert (speed.sealed, size.sealed) == (True, False)
    assert speed.sources == {"results.json": False}


def test_it_can_be_put_again(page):
    before = page.read_text()
    docparts.put(page, "size", "| 21 |")
    docparts.put(page, "size", "| 20 |")
    assert page.read_text() == before


def test_a_whole_page_is_one_part(tmp_path):
    docparts.put(tmp_path / "page.md", "", "All of it: 7.\n")
    ((whole,), rest) = docparts.parts((tmp_path / "page.md").read_text(), tmp_path)
    assert (whole.text, whole.sealed, rest) == ("All of it: 7.\n", True, "")


def test_a_page_without_the_part_is_refused(page):
    with pytest.raises(LabError, match="has no part <!-- weight -->"):
        docparts.put(page, "weight", "1")
