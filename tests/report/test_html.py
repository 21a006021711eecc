"""The report as one page: what Markdown says is there, readable without a network."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import pytest

from rnnlab.errors import LabError
from rnnlab.report import diagram, html

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
    for name in ("report.md", "report.zh.md"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_all_of_a_report_is_in_its_page(reports):
    pages = html.write(reports)
    assert [path.name for path in pages] == ["report.html", "report.zh.html"]
    page = pages[0].read_text(encoding="utf-8")
    assert "<title>A report</title>" in page
    assert 'href="#two-words-and-more"' in page
    assert 'id="two-words-and-more"' in page
    assert 'href="report.zh.html"' in page
    assert "<td><strong>lstm</strong></td>" in page
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in page
    assert len(re.findall(r"<math", page)) == 2
    assert "lVert" not in page
    assert "costs 5 $ or 6 $ a day" in page
    assert "$plain$ &lt;text&gt;" in page
    assert "data:font/woff" in page
    assert 'lang="zh-Hans"' in pages[1].read_text(encoding="utf-8")


@pytest.mark.parametrize("lost", ["report.zh.md", "figures/a.png"])
def test_what_is_missing_is_named(reports, lost):
    (reports / lost).unlink()
    with pytest.raises(LabError, match=re.escape(lost)):
        html.write(reports)


def test_a_chart_is_drawn_downwards_with_every_box_and_arrow():
    drawing = ElementTree.fromstring(diagram.svg(CHART))  # noqa: S314  our own text
    space = "{http://www.w3.org/2000/svg}"
    heights = {each.text: float(each.attrib["y"]) for each in drawing.iter(f"{space}text")}
    assert heights["a-b"] < heights["c"] < heights["d"]
    assert len(list(drawing.iter(f"{space}path"))) == 3
    assert len(list(drawing.iter(f"{space}rect"))) == 4


def test_a_chart_in_a_circle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        diagram.svg("flowchart LR\n    a[a]\n    b[b]\n    a --> b\n    b --> a\n")


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
    body = html.page(hostile, tmp_path, "en").split("<body>")[1]
    tags = re.findall(r"<([a-z]+)([^>]*)>", body)
    plain = "p details summary div table thead tbody tr th td"
    assert {name for name, _ in tags} <= {*plain.split()}
    assert not any(attributes and name != "div" for name, attributes in tags)


def test_parts_still_fold(tmp_path):
    text = "<details>\n<summary>More</summary>\n\n**all**\n\n</details>\n"
    body = html.page(text, tmp_path, "en")
    assert "<details>\n<summary>More</summary>" in body
    assert "<strong>all</strong>" in body


@pytest.mark.parametrize(
    "source", ["../secret.png", "%2e%2e/secret.png", "/etc/hostname", "figures/../../secret.png"]
)
def test_a_figure_outside_is_not_taken_in(reports, source):
    (reports.parent / "secret.png").write_bytes(PNG)
    with pytest.raises(LabError, match="no figure of"):
        html.page(f"![x]({source})", reports, "en")
