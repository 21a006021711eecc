"""A drawing of each cell: symbols alone, so that it serves in every language."""

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnnlab.document import style


class Drawing(NamedTuple):
    """One step of a cell, time going to the right."""

    nodes: dict[str, tuple[float, float, str]]
    """Name → where it stands, and its label: a function, a sum, a product, else a state."""
    edges: str
    """Pairs of names, each "from>to"."""


DRAWINGS = {
    "RNN": Drawing(
        {
            "h": (0, 2, "$h_{k-1}$"), "x": (2, 0.6, "$x_k$"), "sum": (2, 2, "+"),
            "new": (4, 2, "tanh"), "out": (6, 2, "$h_k$"),
        },
        "h>sum x>sum sum>new new>out",
    ),
    "LSTM": Drawing(
        {
            "c": (0, 3, "$c_{k-1}$"), "h": (0, 0.1, "$h_{k-1}$"), "x": (0, -0.6, "$x_k$"),
            "in": (1, -0.3, "+"), "f": (2, 1.2, "σ"), "i": (3, 1.2, "σ"), "g": (4, 1.2, "tanh"),
            "o": (5, 1.2, "σ"), "keep": (2, 3, "×"), "write": (3.5, 2.1, "×"), "sum": (3.5, 3, "+"),
            "tanh": (5.9, 2.5, "tanh"), "show": (5.9, 1.2, "×"),
            "c_out": (7, 3, "$c_k$"), "out": (7, 1.2, "$h_k$"),
        },
        "h>in x>in in>f in>i in>g in>o c>keep f>keep keep>sum i>write g>write write>sum"
        " sum>c_out sum>tanh tanh>show o>show show>out",
    ),
    "GRU": Drawing(
        {
            "h": (0, 3, "$h_{k-1}$"), "x": (0, 0, "$x_k$"), "in": (1, 0.9, "+"),
            "r": (2, 0.9, "σ"), "z": (4, 2.2, "σ"), "reset": (2, 2.1, "×"), "n": (3.4, 0.6, "tanh"),
            "keep": (4, 3, "×"), "write": (5.9, 0.9, "×"), "sum": (5.9, 3, "+"),
            "one": (5, 1.5, "$1-z_k$"), "out": (7, 3, "$h_k$"),
        },
        "h>in x>in in>r in>z r>reset h>reset reset>n x>n z>keep h>keep z>one one>write n>write"
        " write>sum keep>sum sum>out",
    ),
}  # fmt: skip
LETTERS = {
    **{"f": (-0.3, 0.4), "i": (-0.3, 0.4), "g": (0.35, 0.4), "o": (0.1, 0.4)},
    **{"r": (-0.3, 0.4), "z": (-0.3, 0.4), "n": (0.0, -0.65)},
}
"""Functions that have a letter in the formulas, and how far from them it stands."""
LEARNT, FIXED = "#DCEBF7", "#FCEFD9"
"""Colours of what has weights, and of what merely computes."""


def draw() -> Figure:
    """All cells, one below the other."""
    figure = style.new(6.2, 3.6 * len(DRAWINGS), rows=len(DRAWINGS))
    for axes, (name, drawing) in zip(figure.axes, DRAWINGS.items(), strict=True):
        _cell(axes, drawing)
        axes.set_title(name)
    return figure


def _cell(axes: Axes, drawing: Drawing) -> None:
    axes.set(xlim=(-0.6, 7.6), ylim=(-1, 3.6))
    axes.set_axis_off()
    boxes = {}
    for name, (x, y, label) in drawing.nodes.items():
        learnt, state = label in ("σ", "tanh") and name != "tanh", label.startswith("$")
        box = {
            "boxstyle": "square,pad=0.35" if learnt else "circle,pad=0.25",
            "facecolor": "white" if state else LEARNT if learnt else FIXED,
            "edgecolor": "white" if state else "0.3",
        }
        text = axes.text(x, y, label, ha="center", va="center", fontsize=12, bbox=box)
        boxes[name] = text.get_bbox_patch()
        if name in LETTERS:
            right, up = LETTERS[name]
            axes.text(x + right, y + up, f"${name}_k$", ha="center", fontsize=12)
    for edge in drawing.edges.split():
        start, end = edge.split(">")
        arrow = {"arrowstyle": "->", "patchA": boxes[start], "patchB": boxes[end], "color": "0.35"}
        tip, tail = (drawing.nodes[name][:2] for name in (end, start))
        axes.annotate("", tip, tail, arrowprops={**arrow, "shrinkA": 1, "shrinkB": 1})
