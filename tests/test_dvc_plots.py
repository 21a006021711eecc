"""What `dvc plots` draws from the templates in .dvc/plots, drawn here by Vega itself."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import vl_convert

TEMPLATES = Path(__file__).parent.parent / ".dvc/plots"
REVISIONS = "workspace", "HEAD"
NETS = (
    ("sentiment", "published", "gru-1-2-100d", ("negative", "positive")),
    ("names", "published", "lstm", ("Arabic", "Czech", "Irish")),
    ("names", "ours", "lstm", ("Arabic", "Czech", "Irish")),
)
MATRICES = [
    {"lab": lab, "regime": regime, "net": net, "actual": actual, "predicted": predicted,
     "items": 5, "share": 0.5, "rev": rev}
    for rev, (lab, regime, net, classes) in itertools.product(REVISIONS, NETS)
    for actual, predicted in itertools.product(classes, classes)
]  # fmt: skip
CURVES = [
    {"lab": lab, "regime": regime, "net": net, "seed": seed, "epoch": epoch,
     "valid_loss": 1 / epoch + seed, "rev": rev}
    for rev, (lab, regime, net, _) in itertools.product(REVISIONS, NETS)
    for seed, epoch in itertools.product((1, 2), (1, 2))
]  # fmt: skip


def filled(template: str, rows: list[dict[str, Any]], x: str, y: str) -> str:
    """The template as DVC fills it in."""
    text = (TEMPLATES / f"{template}.json").read_text(encoding="utf-8")
    words = {"TITLE": "A title", "X": x, "Y": y, "X_LABEL": x, "Y_LABEL": y}
    for key, word in words.items():
        text = text.replace(f"<DVC_METRIC_{key}>", word)
    return text.replace('"<DVC_METRIC_DATA>"', json.dumps(rows))


def drawn(item: dict[str, Any], x: float = 0, y: float = 0):
    """Every item of a scene with its place on the page: (item, x, y)."""
    x, y = x + item.get("x", 0), y + item.get("y", 0)
    yield item, x, y
    for each in item.get("items", []):
        yield from drawn(each, x, y)


@pytest.fixture(scope="module")
def matrices() -> list[tuple[dict[str, Any], float, float]]:
    spec = filled("confusion_shares", MATRICES, "predicted", "actual")
    return list(drawn(vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]))


def test_a_confusion_matrix_stands_in_its_net_s_row_and_its_revision_s_column(matrices):
    text = {str(item["text"]): (x, y) for item, x, y in matrices if "text" in item}
    cells = [(item, x, y) for item, x, y in matrices if "items: 5" in item.get("description", "")]
    assert len(cells) == len(MATRICES)
    found = set()
    for item, x, y in cells:
        facts = dict(part.split(": ", 1) for part in item["description"].split("; "))
        across, down = text[facts["rev"]][0], text[facts["net"]][1]
        assert abs(x + item["width"] / 2 - across) < 150
        assert abs(y + item["height"] / 2 - down) < 150
        found.add((facts["net"], facts["rev"]))
    assert len(found) == len(NETS) * len(REVISIONS)


def test_curves_say_which_revision_is_dashed_and_fit_on_a_screen():
    spec = filled("curves", CURVES, "epoch", "valid_loss")
    scene = vl_convert.vegalite_to_scenegraph(spec)
    words = {str(item["text"]) for item, _, _ in drawn(scene["scenegraph"]) if "text" in item}
    assert {"revision", *REVISIONS, "lstm", "lstm, as published"} <= words
    assert scene["width"] < 1200
