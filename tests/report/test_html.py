"""The report as one page: what Markdown says is there, readable without a network."""

import base64
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rnnlab.document.parts import Source, Table, markdown
from rnnlab.errors import LabError
from rnnlab.report import diagram, html, sources
from rnnlab.report.render import container

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CHART = (
    "flowchart LR\n    a-b[a-b]\n    c[[c]]\n    d[d]\n    a-b --> c\n    c --> d\n    a-b --> d\n"
)
TEXT = f"""# A *report*

[down](#two-words-and-more) and [中文](report.zh.md), $\\eta < 1$, costs 5 $ or 6 $ a day.

## Two words, and "more"

| net | score |
|---|---|
| **lstm** | 日 |

![A figure](figures/a.png)

$$\\Bigl\\lVert \\frac{{a}}{{b}} \\Bigr\\rVert \\le \\bigl(1 + x_2\\bigr)$$

```mermaid
{CHART}```

```
$plain$ <text>
```
"""


@pytest.fixture
def reports(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/a.png").write_bytes(PNG)
    return tmp_path


def test_all_of_a_report_is_in_its_page(reports):
    page = html.page(TEXT, reports, "en")
    assert "<title>A report</title>" in page
    assert 'href="#two-words-and-more"' in page
    assert 'id="two-words-and-more"' in page
    assert 'href="report.zh.html"' in page
    assert "<td><strong>lstm</strong></td>" in page
    assert len(re.findall(r"<math", page)) == 2
    assert "lVert" not in page
    assert "costs 5 $ or 6 $ a day" in page
    assert "$plain$ &lt;text&gt;" in page
    assert "data:font/woff" in page
    assert 'lang="zh-Hans"' in html.page(TEXT, reports, "zh")


def test_a_figure_is_in_the_page_to_the_pixel(reports):
    noise = np.random.default_rng(1).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    Image.fromarray(noise).save(reports / "figures/a.png")
    packed = re.search(r"data:image/webp;base64,([^\"]+)", html.page(TEXT, reports, "en"))[1]
    with Image.open(io.BytesIO(base64.b64decode(packed))) as picture:
        assert (np.asarray(picture) == noise).all()


def test_what_is_missing_is_named(reports):
    (reports / "figures/a.png").unlink()
    with pytest.raises(LabError, match=r"figures/a\.png is missing"):
        html.page(TEXT, reports, "en")


def test_a_figure_that_is_broken_off_is_named(reports):
    path = reports / "figures/a.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(LabError, match=r"figures/a\.png"):
        html.page(TEXT, reports, "en")


def test_the_outline_has_the_headings_of_two_levels(tmp_path):
    text = "# No\n## One `a`\n### Below & <1>\n#### No\n## Two\n## Two\n"
    outline = re.search(r"<ul>.*</ul>", html.page(text, tmp_path, "en"))[0]
    assert outline == (
        '<ul><li><a href="#one-a">One a</a>'
        '<ul><li><a href="#below--1">Below &amp; &lt;1&gt;</a></li></ul></li>'
        '<li><a href="#two">Two</a><ul></ul></li><li><a href="#two-1">Two</a><ul></ul></li></ul>'
    )


# What stands behind numbers -------------------------------------------------------------------

RUNS = tuple(f"names-train@{net}-{seed}" for net in ("lstm", "gru") for seed in (1, 2))
ALONE = "names-train-side-by-side@lstm"
LOCK = {
    "names-train@lstm-1": {"deps": [{"path": "data/names.parquet", "md5": "abc"}]},
    "names-train@lstm-2": {
        "deps": [{"path": "src/a.py", "md5": "d"}, {"path": "data/names.parquet"}]
    },
    "names-split": {"deps": [{"path": "data/raw", "md5": "e.dir"}]},
}


def told(*shown: tuple[Source, list[list[str]]], prose: str = "", **more: str) -> list[tuple]:
    """Each number of a page with tables, each below a heading, and what is told of it."""
    text = prose
    for source, rows in shown:
        table = markdown(Table(["", "a", "b"], rows, source), "en")
        text += f"\n\n## More\n\n{container(table, source)}\n"
    page = html.page(text, Path(), "en", LOCK)
    sources = json.loads(re.search(r'id="sources">(.*?)</script>', page)[1])
    found = re.findall(r'data-source="(\d+)">(.*?)</', page)
    return [(re.sub("<.*?>", "", number), sources[int(place)]) for place, number in found]


def test_a_row_s_numbers_come_from_the_runs_of_its_net():
    source = Source(("names-split",), (*RUNS, ALONE))
    rows = [["`lstm`", "1.25 ± 0.5", "x"], ["gru", "–", "**7**"], ["12", "all", "30"]]
    lstm, gru, every = told((source, rows))
    runs = "Runs: names-train@ lstm-1, lstm-2\nRuns: names-train-side-by-side@ lstm\n"
    digest = "Data read: data/names.parquet, MD5 abc"
    assert lstm == ("1.25\u00a0±\u00a00.5", runs + digest)
    assert gru == ("7", "Runs: names-train@ gru-1, gru-2")
    assert every[0] == "30"
    assert every[1].splitlines() == [
        "Stages: names-split",
        "Runs: names-train@ lstm-1, lstm-2, gru-1, gru-2",
        "Runs: names-train-side-by-side@ lstm",
        digest,
        "Data read: data/raw, MD5 e.dir",
    ]


def test_a_table_without_a_source_tells_nothing():
    assert told((Source(), [["a", "1.25", "2"]])) == []


@pytest.mark.parametrize(
    ("prose", "known"),
    [
        ("It gets 81.25% (−3.50 points).", ["81.25", "−3.50"]),
        ("It gets **81.25**, [81.25](#more) and 1,024.", ["81.25", "81.25", "1,024"]),
        ("`81.25` and 181.25, 81.259, 81.25.1, v81.25 are others, 12 is too short.", []),
        ("It gets 50.00, which two tables show, each of other runs.", []),
        ("# 81.25", []),
    ],
)
def test_a_number_of_the_prose_has_the_source_of_the_table_that_shows_it(prose, known):
    one, other = Source(runs=RUNS[:2]), Source(runs=RUNS[2:])
    first = [["lstm", "81.25 ± 0.50", "−3.50"], ["x", "12", "50.00"]]
    second = [["gru", "1,024", "50.00"]]
    prose_only = len(told((one, first), (other, second)))
    found = told((one, first), (other, second), prose=prose)
    assert [number for number, _ in found[: len(found) - prose_only]] == known


def test_of_several_tables_the_narrowest_stands_behind_a_number():
    wide, narrow = Source(("names-split",), RUNS), Source(runs=RUNS[:2])
    rows = [["a", "81.25", "b"]]
    (number, behind), *_ = told((wide, rows), (narrow, rows), prose="It gets 81.25.")
    assert (number, behind.splitlines()[0]) == ("81.25", "Runs: names-train@ lstm-1, lstm-2")


def test_many_runs_of_a_stage_are_counted():
    runs = [f"names-train@lstm-{seed}" for seed in range(13)]
    assert sources.told(runs[:12], {}, "en").startswith("Runs: names-train@ lstm-0, lstm-1, ")
    assert sources.told(runs, {}, "en") == "Runs: names-train (13)"
    assert sources.told(runs, {}, "zh") == "运行：names-train（13 次）"


def test_a_row_of_a_net_is_headed_by_its_name(tmp_path):
    rows = [["lstm", "81.25"], ["all", "81.5"]]
    table = container(
        markdown(Table(["net", "accuracy"], rows, Source(runs=RUNS)), "en"), Source(runs=RUNS)
    )
    page = html.page(f"# x\n\n{table}\n", tmp_path, "en")
    assert '<th scope="row">lstm</th>' in page
    assert "<td>all</td>" in page


def test_chinese_in_the_english_page_is_told_to_be_so(tmp_path):
    text = "# x\n\nA line: 床前明月光，疑是地上霜。\n"
    assert 'A line: <span lang="zh-Hans">床前明月光，疑是地上霜。</span>' in html.page(
        text, tmp_path, "en"
    )
    assert "<span lang" not in html.page(text, tmp_path, "zh")


# Charts ---------------------------------------------------------------------------------------


def test_a_chart_is_drawn_downwards_with_every_box_and_arrow():
    drawing = ElementTree.fromstring(diagram.svg(CHART, "A graph"))  # noqa: S314  our own text
    space = "{http://www.w3.org/2000/svg}"
    heights = {each.text: float(each.attrib["y"]) for each in drawing.iter(f"{space}text")}
    assert drawing.attrib["aria-label"] == "A graph"
    assert heights["a-b"] < heights["c"] < heights["d"]
    assert len(list(drawing.iter(f"{space}path"))) == 3
    assert len(list(drawing.iter(f"{space}rect"))) == 4


def test_a_chart_in_a_circle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        diagram.svg("flowchart LR\n    a[a]\n    b[b]\n    a --> b\n    b --> a\n", "")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "Text <img src=x onerror=alert(1)> text",
        "<details onclick=alert(1)>\n<summary>More</summary>\n</details>",
        "<svg/onload=alert(1)>",
        "<!-- --><iframe src=/etc/passwd></iframe>",
        "| a |\n|---|\n| <b onmouseover=alert(1)>x</b> |",
        "[x](javascript:alert(1))",
    ],
)
def test_what_a_corpus_smuggles_in_is_shown_and_does_nothing(hostile, tmp_path):
    body = re.search("<main>(.*)</main>", html.page(hostile, tmp_path, "en"), re.DOTALL)[1]
    tags = re.findall(r"<([a-z]+)([^>]*)>", body)
    plain = "p details summary div table thead tbody tr th td"
    assert {name for name, _ in tags} <= {*plain.split()}
    assert not any(attributes and name != "div" for name, attributes in tags)


def test_parts_still_fold(tmp_path):
    text = "<details>\n<summary>More</summary>\n\n**all**\n\n</details>\n"
    body = html.page(text, tmp_path, "en").split("<main>")[1]
    assert "<details>\n<summary>More</summary>" in body
    assert "<strong>all</strong>" in body


@pytest.mark.parametrize(
    "source", ["../secret.png", "%2e%2e/secret.png", "/etc/hostname", "figures/../../secret.png"]
)
def test_a_figure_outside_is_not_taken_in(reports, source):
    (reports.parent / "secret.png").write_bytes(PNG)
    with pytest.raises(LabError, match="no figure of"):
        html.page(f"![x]({source})", reports, "en")


@pytest.mark.parametrize(
    "address", ["https://example.org/a/blob/b", "https://example.org/a/blob/b/"]
)
def test_links_to_files_lead_to_where_these_are_read(tmp_path, address):
    text = "[a](../docs/a.md#b) [c](#d) [e](report.zh.md) [f](https://example.org/../g)"
    links = [
        re.findall(r'<a href="([^"]*)">', html.page(text, tmp_path, "en", files_at=each))
        for each in ("", address)
    ]
    others = ["#d", "report.zh.html", "https://example.org/../g"]
    assert links[0] == ["../docs/a.md#b", *others]
    assert links[1] == ["https://example.org/a/blob/b/docs/a.md#b", *others]
