"""How every figure looks, and how it is saved: the same bits from the same numbers.

The report's figures are read on phones: none is wider than 8 inches, at letters of 12 points.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

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
    "figure.dpi": 150,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


@contextmanager
def applied() -> Iterator[None]:
    """Within, all that is drawn has the report's look, and Chinese characters their font."""
    with mpl.rc_context({**_STYLE, "font.family": ["DejaVu Sans", _chinese()]}):
        yield


@cache
def _chinese() -> str:
    """The name under which matplotlib knows the Chinese font."""
    fontManager.addfont(chinese_font())
    return FontProperties(fname=chinese_font()).get_name()


def new(
    width: float = 7.5, height: float = 4.5, rows: int = 1, columns: int = 1, **more: Any
) -> Figure:
    """A figure of `rows` × `columns` axes (`figure.axes`, row by row), sizes in inches.

    more: as `Figure.subplots` takes it.
    """
    with applied():
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.subplots(rows, columns, **more)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a PNG of 256 colours, a third of the size; no date in it, so that the same numbers give
    the same bits."""
    with applied(), replacing(path) as part:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        few = drawn.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(part, "PNG")


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


def pad(figure: Figure, inches: float) -> None:
    """Keep so much room left and right of all axes with their labels."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=inches)


def legend_below(figure: Figure, columns: int, axes: int = 0, **more: Any) -> None:
    """One legend for all axes, that of the first unless `axes` names another by its place."""
    handles, labels = figure.axes[axes].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, **more)
