"""A flow chart as a drawing, for pages that no Mermaid runs on."""

import html
import re
from graphlib import TopologicalSorter

Point = tuple[float, float]
HEIGHT, PER_LETTER, AROUND, BESIDE, BETWEEN = 28.0, 7.3, 16.0, 10.0, 42.0
"""In pixels: of a box, of a letter, around a box's text, between boxes, between layers."""


def svg(mermaid: str, label: str) -> str:
    """The drawing, top to bottom, of a flow chart of `name[text]` and `name --> name` lines.

    A box in double brackets, `name[[text]]`, gets a double frame. label: what a screen reader says
    instead. Raises ValueError if arrows run in a circle.
    """
    texts = dict(re.findall(r"^\s*([\w-]+)\[+([^\[\]]+)\]+\s*$", mermaid, re.MULTILINE))
    double = set(re.findall(r"^\s*([\w-]+)\[\[", mermaid, re.MULTILINE))
    arrows = re.findall(r"^\s*([\w-]+) --> ([\w-]+)\s*$", mermaid, re.MULTILINE)
    places = _laid_out(texts, arrows)
    left = min(x - _width(texts[name]) / 2 for name, (x, _) in places.items()) - BESIDE
    right = max(x + _width(texts[name]) / 2 for name, (x, _) in places.items()) + BESIDE
    bottom = max(y for _, y in places.values()) + HEIGHT
    lines = [_arrow(places[one], places[other]) for one, other in arrows]
    frames = [_frame(*places[name], text, name in double) for name, text in texts.items()]
    return (
        f'<svg viewBox="{left:.0f} {-HEIGHT:.0f} {right - left:.0f} {bottom + HEIGHT:.0f}" '
        f'width="{right - left:.0f}" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="{html.escape(label)}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">'
        f'<g fill="none" stroke="#8c959f" stroke-width="1.2">{"".join(lines)}</g>'
        f"{''.join(frames)}</svg>"
    )


def _width(text: str) -> float:
    return len(text) * PER_LETTER + AROUND


def _laid_out(texts: dict[str, str], arrows: list[tuple[str, str]]) -> dict[str, Point]:
    """Boxes' middles, in layers, each below all that lead to it, side by side as those stand."""
    sources = {name: [one for one, other in arrows if other == name] for name in texts}
    depth: dict[str, int] = {}
    for name in TopologicalSorter(sources).static_order():
        depth[name] = 1 + max((depth[one] for one in sources[name]), default=-1)
    layers = [
        [name for name in texts if depth[name] == at] for at in range(max(depth.values()) + 1)
    ]
    room = max(sum(_width(texts[name]) + BESIDE for name in layer) for layer in layers)
    places: dict[str, Point] = {}
    for number, layer in enumerate(layers):
        above = {name: [places[one][0] for one in sources[name]] for name in layer}
        layer.sort(key=lambda name: sum(above[name]) / max(len(above[name]), 1))
        spare = (room - sum(_width(texts[name]) for name in layer)) / len(layer)
        x = 0.0
        for name in layer:
            taken = spare + _width(texts[name])
            places[name] = (x + taken / 2, number * (HEIGHT + BETWEEN))
            x += taken
    return places


def _arrow(start: Point, end: Point) -> str:
    (x, y), (to_x, to_y) = (start[0], start[1] + HEIGHT / 2), (end[0], end[1] - HEIGHT / 2)
    bend = (to_y - y) / 2
    head = f"M{to_x - 4:.1f},{to_y - 6:.1f} L{to_x:.1f},{to_y:.1f} L{to_x + 4:.1f},{to_y - 6:.1f}"
    return (
        f'<path d="M{x:.1f},{y:.1f} C{x:.1f},{y + bend:.1f} {to_x:.1f},{to_y - bend:.1f} '
        f'{to_x:.1f},{to_y:.1f} {head}"/>'
    )


def _frame(x: float, y: float, text: str, double: bool) -> str:
    outer = _rectangle(x, y, _width(text), HEIGHT, "#f6f8fa")
    inner = _rectangle(x, y, _width(text) - 6, HEIGHT - 6, "none") if double else ""
    return (
        f'{outer}{inner}<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">'
        f"{html.escape(text)}</text>"
    )


def _rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="3" fill="{fill}" stroke="#0072b2"/>'
    )
