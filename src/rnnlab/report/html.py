"""A report as one self-contained page: figures inside, formulae as MathML, nets at work."""

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from PIL import Image

from rnnlab.document.results import Results
from rnnlab.document.style import chinese_font
from rnnlab.document.text import Text, slug, tell
from rnnlab.errors import LabError
from rnnlab.files import read_text, reading, write_text
from rnnlab.labs import parts
from rnnlab.report import assemble, diagram, marks, results, sources
from rnnlab.report.render import REPORTS

FONT = """
@font-face {{ font-family: "Page Chinese"; src: url(data:font/woff;base64,{data}) format("woff"); }}
"""
WORDS = {
    "contents": Text("Contents", "目录"),
    "figure": Text("Figure, enlarged", "放大的图"),
    "close": Text("Close", "关闭"),
    "other": Text("report.zh.html", "report.html"),
    "other_language": Text("zh-Hans", "en"),
    "other_name": Text("简体中文", "English"),
}
GRAPH = Text("The pipeline as a graph of its stages", "流水线各阶段的关系图")
LIVE = ("letters", "heat")
"""Modules of labs that have something for the page in the place of a picture."""
CHINESE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]+")
TAGS = {"en": "en", "zh": "zh-Hans"}
"""The languages' names in HTML."""


def write(reports: Path, graph: Path, lock: sources.Locked, files_at: str = "") -> list[Path]:
    """Write a page beside each of the reports in the folder `reports`; the pages' paths.

    graph: the pipeline's, as Mermaid draws it; lock: dvc.lock's entries by stage, which have the
    digests of what stages read; files_at: as `page` has it. Raises LabError if what a page is made
    of is missing, broken, or not what the report shows.
    """
    found, chart = results.read(reports / "metrics.json"), read_text(graph)
    pages = []
    for language, name in REPORTS.items():
        source = reports / name
        with reading(reports / "metrics.json"):
            right = assemble.text(found, chart, language)
        if read_text(source) != right:
            raise LabError(f"{source} is not what metrics.json gives; run `dvc repro -f report`.")
        text = assemble.text(found, chart, language, marked=True)
        path = source.with_suffix(".html")
        write_text(path, page(text, reports, language, lock, found, files_at))
        pages.append(path)
    return pages


def page(
    text: str,
    folder: Path,
    language: str,
    lock: sources.Locked | None = None,
    found: Results | None = None,
    files_at: str = "",
) -> str:
    """The page of the Markdown `text`, whose figures lie in `folder`.

    lock: to tell from which data a number comes. found: for what stands in a picture's place.
    files_at: an address of the project's folder, for links to its files from where these are not
    beside the page.
    """
    env: dict[str, Any] = {}
    body = _parser(folder, files_at, language).render(text, env)
    title = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    live = [(lab, each) for name in LIVE for lab, each in parts(name).items()] if found else []
    instead = [each.html(found, folder / "nets" / lab, language) for lab, each in live]
    script = _asset("page.js") + "".join(each.SCRIPT for _, each in live)
    style = _asset("page.css") + "".join(each.STYLE for _, each in live)
    told = [sources.told(names, lock or {}, language) for names in env["sources"]]
    values = {
        **{name: tell(word, language) for name, word in WORDS.items()},
        "language": TAGS[language],
        "title": re.sub(r"<[^>]+>", "", title[1]) if title else "",
        "outline": _outline(env["outline"]),
        "body": body,
        "live": "".join(instead),
        "sources": json.dumps(told, ensure_ascii=False).replace("<", r"\u003c"),
        "script": script,
        "digest": _digest(script),
    }
    values["style"] = _font("".join(values.values())) + style
    return _asset("page.html").format(**values)


def _digest(script: str) -> str:
    """As a page's policy names the one script that may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _parser(folder: Path, files_at: str, language: str) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.use(anchors_plugin, max_level=4, slug_func=slug)
    parser.use(dollarmath_plugin, allow_space=False, renderer=_formula)
    parser.use(marks.plugin)

    def image(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> Any:
        source = unquote(str(tokens[place].attrs["src"]))
        tokens[place].attrs["src"] = _inlined(folder, source)
        tokens[place].attrs["data-file"] = Path(source).name
        return self.image(tokens, place, options, env)

    def raw(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
        return _folds_alone(tokens[place].content)

    def fence(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> Any:
        if tokens[place].info.strip() == "mermaid":
            drawn = diagram.svg(tokens[place].content, tell(GRAPH, language))
            return f'<figure class="wide">{drawn}</figure>\n'
        return self.fence(tokens, place, options, env)

    def link(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> Any:
        target = str(tokens[place].attrs.get("href", ""))
        if target in REPORTS.values():  # the other report has a page too
            tokens[place].attrs["href"] = str(Path(target).with_suffix(".html"))
        elif files_at and target.startswith("../"):
            tokens[place].attrs["href"] = f"{files_at.rstrip('/')}/{target.removeprefix('../')}"
        return self.renderToken(tokens, place, options, env)

    def words(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
        content = html.escape(tokens[place].content, quote=False)
        return CHINESE.sub(r'<span lang="zh-Hans">\g<0></span>', content)

    if language == "en":
        parser.add_render_rule("text", words)
    parser.add_render_rule("image", image)
    parser.add_render_rule("html_block", raw)
    parser.add_render_rule("html_inline", raw)
    parser.add_render_rule("fence", fence)
    parser.add_render_rule("link_open", link)
    parser.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _outline(headings: Sequence[tuple[str, str, str]]) -> str:
    """The headings as a list of links, those of the second level below those of the first."""
    items: list[tuple[str, list[str]]] = []
    for tag, anchor, text in headings:
        link = f'<a href="#{quote(anchor)}">{html.escape(text)}</a>'
        if tag == "h2" or not items:
            items.append((link, []))
        else:
            items[-1][1].append(f"<li>{link}</li>")
    rows = [f"<li>{link}<ul>{''.join(below)}</ul></li>" for link, below in items]
    return f"<ul>{''.join(rows)}</ul>"


def _formula(content: str, settings: dict[str, Any]) -> str:
    # Sizes of brackets, which MathML finds for itself, and latex2mathml does not know before ‖.
    content = re.sub(r"\\[bB]ig[lr](?=\\)", "", content)
    display = "block" if settings["display_mode"] else "inline"
    return str(convert(content.strip(), display=display))


def _font(text: str) -> str:
    """The style that brings a Chinese font with the characters of `text`; "" if it has none."""
    characters = sorted({ord(each) for each in text if each >= "\u2e80"})
    if not characters:
        return ""
    subsetter = Subsetter(Options(layout_features=[], notdef_outline=True))
    subsetter.populate(unicodes=characters)
    with TTFont(chinese_font(), recalcTimestamp=False) as font, io.BytesIO() as packed:
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(packed)
        return FONT.format(data=base64.b64encode(packed.getvalue()).decode())


def _folds_alone(content: str) -> str:
    """A report's HTML: parts that fold. All else, perhaps out of a corpus, is shown as text."""
    escaped = html.escape(content, quote=False)
    return re.sub(r"&lt;(/?(?:details|summary))&gt;", r"<\1>", escaped)


def _inlined(folder: Path, source: str) -> str:
    path = folder / source
    if not path.resolve().is_relative_to(folder.resolve()) or path.suffix != ".png":
        raise LabError(
            f"the report shows {source!r}, which is no figure of {folder}; run `dvc repro`."
        )
    # The same pixels in less than half the bytes.
    with reading(path), Image.open(path) as picture, io.BytesIO() as packed:
        picture.save(packed, "WEBP", lossless=True, quality=50, method=2)
        return f"data:image/webp;base64,{base64.b64encode(packed.getvalue()).decode()}"
