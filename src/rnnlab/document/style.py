"""How every figure looks, and how it is saved: the same bits from the same numbers."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rnnlab.files import replacing

# Okabe and Ito's palette, which stays apart under the common kinds of colour blindness.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
CELL_COLOURS = {"rnn": VERMILION, "lstm": BLUE, "gru": GREEN}
# Line styles and markers repeat what colours say, for those who print in grey.
CELL_STYLES = {"rnn": "--", "lstm": "-", "gru": "-."}
CELL_MARKERS = {"rnn": "s", "lstm": "o", "gru": "^"}
_CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

_STYLE: Any = {
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "svg.hashsalt": "rnnlab",
}


def new(width: float = 8.0, height: float = 4.5, rows: int = 1, columns: int = 1) -> Figure:
    """A figure of `rows` × `columns` axes (`figure.axes`, row by row), sizes in inches."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.subplots(rows, columns)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a PNG without the date and version that would make each run's bytes differ."""
    with mpl.rc_context(_STYLE), replacing(path) as part:
        # `savefig` lays out in a drawing of its own, to the same bytes.
        FigureCanvasAgg(figure).print_png(part, metadata={"Software": None})


def cycle(number: int) -> str:
    """The colour of the `number`-th line of a figure."""
    return _CYCLE[number % len(_CYCLE)]


def marker(number: int) -> str:
    """The marker of the `number`-th line of a figure."""
    return _MARKERS[number % len(_MARKERS)]


def chinese_font() -> Path:
    """Noto Sans SC (SIL Open Font License), out of the package zhplot.

    The package itself is not imported: that would change every figure's font.
    """
    spec = find_spec("zhplot")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise ModuleNotFoundError("the package zhplot, which holds the Chinese font, is missing")
    return Path(folders[0]) / "fonts" / "NotoSansSC-Regular.ttf"


def legend_below(figure: Figure, columns: int, axes: int = 0, **more: Any) -> None:
    """One legend for all axes, that of the first unless `axes` names another by its place."""
    handles, labels = figure.axes[axes].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, **more)
