"""Tables, figures and listings as data, in Markdown as GitHub reads it; captions from sources."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from headings import anchors
from rnnlab.document.parts import Figure, Listing, Source, Table, caption, markdown, together
from rnnlab.document.text import (
    LANGUAGES,
    Text,
    band_name,
    duration,
    listed,
    number,
    percent,
    signed,
    tell,
)
from rnnlab.report.render import environment, shower

NOWHERE = Source()
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="|"))
WORDS = st.lists(PLAIN, max_size=3).map(" ".join)
CELLS = WORDS | st.builds(Text, WORDS, WORDS)


@st.composite
def tables(draw) -> Table:
    row = st.lists(CELLS, min_size=(width := draw(st.integers(1, 5))), max_size=width)
    return Table(draw(row), draw(st.lists(row, max_size=5)), NOWHERE)


def read(text: str) -> list[list[str]]:
    """The cells of the one table in `text`, as GitHub's Markdown has them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert (tokens[0].type, tokens[-1].type) == ("table_open", "table_close"), text
    cells: list[list[str]] = []
    for before, token in itertools.pairwise(tokens):
        if token.type == "tr_open":
            cells.append([])
        elif before.type in ("th_open", "td_open"):
            cells[-1].append(token.content)
    return cells


@example(table=Table(("\\", "a\\"), [["`b", "*"], ["\\", ""]], NOWHERE), language="en")
@given(table=tables(), language=st.sampled_from(LANGUAGES))
def test_a_table_read_back_has_its_cells(table, language):
    cells = [[tell(each, language).strip() for each in row] for row in (table.columns, *table.rows)]
    assert read(markdown(table, language)) == cells


def test_a_table_has_no_blanks_that_only_align():
    table = Table(("", Text("net", "网络")), [["a", "1"], ["long", "22"], ["", "–"]], NOWHERE)
    assert markdown(table, "zh").splitlines() == [
        "| | 网络 |",
        "|---|---|",
        "| a | 1 |",
        "| long | 22 |",
        "| | – |",
    ]


def test_a_figure_is_described_and_a_listing_is_folded():
    figure = Figure("a", Text("Loss", "损失"), NOWHERE)
    assert markdown(figure, "en") == "![Loss](figures/a.png)"
    assert markdown(figure, "zh") == "![损失](figures/a.zh.png)"
    text = markdown(Listing({"lstm": "LSTM(\n  x\n)", "gru": "GRU()"}, NOWHERE), "en")
    assert re.findall(r"<summary>(.+?)</summary>", text) == ["lstm", "gru"]
    blocks = [each.content for each in MarkdownIt().parse(text) if each.type == "fence"]
    assert blocks == ["LSTM(\n  x\n)\n", "GRU()\n"]


# Captions -------------------------------------------------------------------------------------


def runs(grid: str, number: int) -> tuple[str, ...]:
    return tuple(f"{grid}@lstm-{seed}" for seed in range(number))


@pytest.mark.parametrize(
    ("source", "en", "zh"),
    [
        (Source(("a",)), "From stage `a`.", "来自阶段 `a`。"),
        (Source(("a", "b")), "From stages `a`, `b`.", "来自阶段 `a`、`b`。"),
        (Source(runs=("t@x-1",)), "From run `t@x-1`.", "来自运行 `t@x-1`。"),
        (
            Source(runs=runs("t", 3)),
            "From runs `t@lstm-0`, `t@lstm-1`, `t@lstm-2`.",
            "来自运行 `t@lstm-0`、`t@lstm-1`、`t@lstm-2`。",
        ),
        (Source(runs=runs("t", 4)), "From runs `t` (4).", "来自运行 `t`（4 次）。"),
        (
            Source(("a",), (*runs("t", 12), *runs("u", 1))),
            "From stage `a`, runs `t` (12), `u@lstm-0`.",
            "来自阶段 `a`，运行 `t`（12 次）、`u@lstm-0`。",
        ),
    ],
)
def test_a_caption_says_where_it_is_from(source, en, zh):
    assert caption(source, "en") == f"*{en}*"
    assert caption(source, "zh") == f"*{zh}*"
    assert caption(source, "en", "Means.") == f"*{en} Means.*"
    assert caption(source, "zh", "均值。") == f"*{zh}均值。*"


def test_sources_together_name_each_once_and_in_order():
    found = together([Source(("b",), ("t@1",)), Source(("a", "b"), ("t@2", "t@1"))])
    assert found == Source(("b", "a"), ("t@1", "t@2"))
    assert together([]) == Source()


PARTS = {
    "one": Table(("x",), [["1"]], Source(("a",))),
    "two": Figure("b", Text("B", "乙"), Source(("a", "b"))),
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{ show("two") }}', "![B](figures/b.png)\n\n*From stages `a`, `b`.*\n"),
        (
            '{% call show("one", "two") %}\nA note.\n{% endcall %}',
            "| x |\n|---|\n| 1 |\n\n![B](figures/b.png)\n\n*From stages `a`, `b`. A note.*\n",
        ),
        ("{{ show(*names) }}", "| x |\n|---|\n| 1 |\n\n*From stage `a`.*\n"),
    ],
)
def test_templates_show_parts_with_one_caption(template, text):
    show = shower(PARTS, "en")
    assert environment("en").from_string(template).render(show=show, names=["one"]) == text


def test_a_part_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="three"):
        environment("en").from_string('{{ show("three") }}').render(show=shower(PARTS, "en"))


def test_anchors_are_those_that_github_gives():
    text = "# One, two!\n```\n# none\n```\n## 结论：K1？\n## One two\n### [A link](x.md) `code`\n"
    assert anchors(text) == ["one-two", "结论k1", "one-two-1", "a-link-code"]


def test_texts_are_told_in_the_language_of_the_page_wherever_they_stand():
    text = "{{ one }}|{{ many | listed }}|{{ one.en }}"
    values = {"one": Text("a", "甲"), "many": [Text("b", "乙"), "c"]}
    page = environment("zh").from_string(text)
    assert page.render(values) == "甲|乙、c|a"


# Numbers and words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (3.4, "3 s", "3 秒"),
        (59.6, "1 min 0 s", "1 分 0 秒"),
        (145, "2 min 25 s", "2 分 25 秒"),
        (3599.7, "1 h 0 min", "1 小时 0 分"),
        (12641, "3 h 31 min", "3 小时 31 分"),
    ],
)
def test_durations_are_told_in_both_languages(seconds, en, zh):
    assert duration(seconds) == Text(en, zh)


def test_numbers_as_readers_see_them():
    assert (percent(0.12345), percent(0.5, 0), percent(None)) == ("12.35", "50", "–")
    assert (number(1234567), number(1234.5, 1), number(None)) == ("1,234,567", "1,234.5", "–")
    assert (signed(0.5), signed(-1.0, 0), signed(None)) == ("+0.50", "−1", "–")
    assert signed(-0.04, 1) == "+0.0"
    assert (listed([1, "b"], "en"), listed([1, "b"], "zh")) == ("1, b", "1、b")


def test_a_band_is_called_by_its_ends():
    assert [band_name(0, 100), band_name(5, 6), band_name(700, None)] == ["0–99", "5–5", "700+"]
