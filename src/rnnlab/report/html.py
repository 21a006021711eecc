"""A report as one self-contained page: figures inside, formulae as MathML, no script."""

import base64
import html
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from rnnlab.document.style import chinese_font
from rnnlab.document.text import slug
from rnnlab.errors import LabError
from rnnlab.files import write_text
from rnnlab.report import diagram
from rnnlab.report.render import REPORTS

FONT = """
@font-face {{ font-family: "Page Chinese"; src: url(data:font/woff;base64,{data}) format("woff"); }}
"""
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: #1f2328; background: #fff;
  font: 16px/1.6 -apple-system, "Segoe UI", Roboto, "Noto Sans", Helvetica, Arial,
  "Page Chinese", sans-serif; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; margin: 1.6em 0 .6em; }
h1 { margin-top: 0; }
h1, h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; }
a { color: #0969da; text-decoration: none; }
a:hover { text-decoration: underline; }
.table { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid #d1d9e0; padding: .3rem .7rem; text-align: left; vertical-align: top;
  min-width: 3em; }
td { overflow-wrap: normal; }
th { background: #f6f8fa; }
tr:nth-child(even) td { background: #fafbfc; }
img, svg { max-width: 100%; height: auto; }
pre { background: #f6f8fa; border-radius: 6px; padding: 1rem; overflow-x: auto; }
code { background: #eff1f3; border-radius: 4px; padding: .1em .3em; font-size: 85%; }
pre, code, math { font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace,
  "Page Chinese"; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", math, "Page Chinese"; }
pre code { background: none; padding: 0; }
blockquote { border-left: 4px solid #d1d9e0; color: #59636e; margin: 1em 0; padding: 0 1em; }
details { margin: .5em 0; }
math[display=block] { margin: 1em 0; overflow-x: auto; }
"""

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def write(reports: Path) -> list[Path]:
    """Write a page beside each of the reports in the folder `reports`; the pages' paths.

    Raises LabError if a report, or a figure that it shows, is missing.
    """
    pages = []
    for language, name in REPORTS.items():
        source = reports / name
        if not source.is_file():
            raise LabError(f"{source} is missing; run `dvc repro`.")
        path = source.with_suffix(".html")
        write_text(path, page(source.read_text(encoding="utf-8"), reports, language))
        pages.append(path)
    return pages


def page(text: str, folder: Path, language: str) -> str:
    """The page of the Markdown `text`, whose figures lie in `folder`."""
    body = _parser(folder).render(text)
    title = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    return PAGE.format(
        language="zh-Hans" if language == "zh" else language,
        title=re.sub(r"<[^>]+>", "", title[1]) if title else "",
        style=_font(text) + STYLE,
        body=body,
    )


def _parser(folder: Path) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.use(anchors_plugin, max_level=4, slug_func=slug)
    parser.use(dollarmath_plugin, allow_space=False, renderer=_formula)

    def image(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> Any:
        tokens[place].attrs["src"] = _inlined(folder, unquote(str(tokens[place].attrs["src"])))
        return self.image(tokens, place, options, env)

    def raw(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
        return _folds_alone(tokens[place].content)

    def fence(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> Any:
        if tokens[place].info.strip() == "mermaid":
            return f"<figure>{diagram.svg(tokens[place].content)}</figure>\n"
        return self.fence(tokens, place, options, env)

    def link(self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> Any:
        target = str(tokens[place].attrs.get("href", ""))
        if target in REPORTS.values():  # the other report has a page too
            tokens[place].attrs["href"] = str(Path(target).with_suffix(".html"))
        return self.renderToken(tokens, place, options, env)

    parser.add_render_rule("image", image)
    parser.add_render_rule("html_block", raw)
    parser.add_render_rule("html_inline", raw)
    parser.add_render_rule("fence", fence)
    parser.add_render_rule("link_open", link)
    parser.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


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
    if not path.is_file():
        raise LabError(f"{path} is missing; run `dvc repro`.")
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
