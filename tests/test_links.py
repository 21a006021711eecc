"""Every link of the project's pages leads somewhere, by GitHub's rules for anchors."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from headings import anchors, tokens
from places import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MADE = ROOT / "reports"
"""What the pipeline makes: linked to before it is there."""


def links(text: str) -> list[str]:
    targets = (each.attrs.get("href") or each.attrs.get("src") for each in tokens(text))
    return [unquote(str(each)) for each in targets if each]


def dead(page: Path) -> list[str]:
    """The links of `page` that lead to no file, or to no heading of it."""
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        target, _, place = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if "://" in link or link.startswith("mailto:") or path.is_relative_to(MADE):
            continue
        known = anchors(path.read_text(encoding="utf-8")) if place and path.is_file() else [""]
        if not path.exists() or place not in known:
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    assert dead(page) == []


def test_a_dead_link_is_seen(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(
        "# One `two`, *three*\n## Twice\n## Twice\n## 中文，标题\n"
        "[a](#one-two-three) [b](#twice-1) [c](#中文标题) [d](b.md) [e][f] ![g](h.png)\n"
        "[i](#twice-2) [k](a.md#nowhere) `[l](m.md)`\n\n```\n# No heading\n[n](o.md)\n```\n\n"
        "[f]: #no-heading\n",
        encoding="utf-8",
    )
    assert dead(page) == ["b.md", "#no-heading", "h.png", "#twice-2", "a.md#nowhere"]
