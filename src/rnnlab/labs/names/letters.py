"""Trained nets that read a name letter by letter: a still for Markdown, at work in the page."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MplFigure

from rnnlab.corpora.folding import SYMBOLS
from rnnlab.document import style
from rnnlab.document.parts import Figure, Source, figure_file
from rnnlab.document.results import Results
from rnnlab.document.text import Say, Text, listing, tell
from rnnlab.files import reading
from rnnlab.labs.names import live
from rnnlab.labs.names.data import encode
from rnnlab.labs.names.facts import Facts
from rnnlab.labs.names.languages import told
from rnnlab.labs.names.live import Steps
from rnnlab.runs.scores import Regimes

EXAMPLE = "Kowalski"
STILL = "names-letters"
LIKELIEST = 3
STATES = {
    "h": Text("hidden state h", "隐藏状态 h"),
    "c": Text("cell state c", "细胞状态 c"),
    "i": Text("input gate i", "输入门 i"),
    "f": Text("forget gate f", "遗忘门 f"),
    "g": Text("candidate g", "候选值 g"),
    "o": Text("output gate o", "输出门 o"),
}
LABELS = (
    Text("probability (%)", "概率（%）"),
    Text("hidden state h, by unit", "隐藏状态 h（各隐藏单元）"),
    Text("gates, mean over units", "门（各隐藏单元的均值）"),
)
NO_GATES = Text("it has none", "没有门")
WORDS = {
    "title": Text("Try it: a surname, letter by letter", "试一试：逐个字母读一个姓"),
    "name": Text("Surname", "姓"),
    "read": Text("Letters read so far", "已读的字母"),
    "play": Text("Read from the start", "从头读起"),
    "empty": Text("Write a name with the letters A to Z.", "请用字母 A 至 Z 写一个姓。"),
    "key": Text(
        "A box is a unit: blue is positive, orange negative, faint near 0. The number is a gate's "
        "mean over units, and else the root of the mean square. Of each net this is the run in "
        "batches that validation finds best; of the LSTM, the second layer.",
        "每格为一个隐藏单元：蓝为正，橙为负，颜色越淡越接近 0。"
        "数字：门为各隐藏单元的均值，其余为均方根。"
        "所示为批量训练中验证准确率最高的一次；LSTM 为第二层。",
    ),
}
NET = """<div class="net" data-net="{net}"><p>{net}</p>
<ol>{places}</ol>
<dl>{states}</dl>
<script type="application/octet-stream">{weights}</script></div>
"""
STATE = (
    '<dt>{name}</dt><dd><canvas data-state="{state}" role="img" '
    'aria-label="{name}"></canvas><span></span></dd>'
)


def figure(regimes: Regimes) -> Figure:
    """The still as a part of the section."""
    seeds = live.chosen(regimes)
    read = listing(seeds)
    description = Text(
        f"{EXAMPLE}, letter by letter, as {read.en} read it", f"{read.zh} 逐个字母读 {EXAMPLE}"
    )
    runs = tuple(regimes[live.REGIME][net].runs[seed] for net, seed in seeds.items())
    return Figure(STILL, description, Source(runs=runs))


def draw(results: Results, weights: Path, say: Say) -> Iterator[tuple[str, MplFigure]]:
    """The still, by its name; nothing if the nets were not trained.

    weights: the folder that `live.keep` wrote. Raises LabError if one is missing or broken.
    """
    facts: Facts = results.facts["names"]
    nets = live.chosen(results.nets["names"])
    if nets:
        shown = {net: live.follow(net, live.read(weights, net), encode(EXAMPLE)) for net in nets}
        yield STILL, still(shown, facts.classes, say)


def still(shown: Mapping[str, Steps], languages: Sequence[str], say: Say) -> MplFigure:
    """A column a net: the likeliest languages, the hidden state and the gates, by letter."""
    drawn = style.new(7.5, 7.4, rows=3, columns=len(shown), squeeze=False)
    for place, (net, steps) in enumerate(shown.items()):
        top, middle, bottom = drawn.axes[place :: len(shown)]
        top.set_title(net)
        _likeliest(top, steps, [say(told(each)) for each in languages])
        _units(middle, steps)
        _gates(bottom, steps, say)
        for axes in (top, middle, bottom):
            axes.set_xticks(range(len(EXAMPLE)), list(EXAMPLE))
    for axes, label in zip(drawn.axes[:: len(shown)], LABELS, strict=True):
        axes.set_ylabel(say(label))
    return drawn


def _likeliest(axes: Axes, steps: Steps, languages: Sequence[str]) -> None:
    """The probabilities of the languages that are likeliest at the end."""
    for place, language in enumerate(np.argsort(-steps.probabilities[-1])[:LIKELIEST]):
        look: Any = {"color": style.cycle(place), "marker": style.marker(place)}
        axes.plot(100 * steps.probabilities[:, language], label=languages[language], **look)
    axes.set_ylim(-3, 103)
    axes.legend()


def _units(axes: Axes, steps: Steps) -> None:
    hidden = steps.states["h"].T
    most = np.abs(hidden).max()
    axes.imshow(hidden, cmap="PuOr", vmin=-most, vmax=most, aspect="auto", interpolation="none")
    axes.grid(visible=False)


def _gates(axes: Axes, steps: Steps, say: Say) -> None:
    for place, gate in enumerate("ifo"):
        if gate in steps.states:
            look: Any = {"color": style.cycle(place), "marker": style.marker(place)}
            axes.plot(steps.states[gate].mean(1), label=say(STATES[gate]), **look)
    axes.set(xlim=(-0.5, len(EXAMPLE) - 0.5), ylim=(-0.03, 1.03))
    if axes.lines:
        axes.legend()
    else:
        middle: Any = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, 0.5, say(NO_GATES), **middle)


def html(results: Results, nets: Path, language: str) -> str:
    """The nets at work, for the page: without letters.js it stays hidden, and the still is shown.

    nets: the folder that `live.keep` wrote. "" if the nets were not trained.
    """
    facts: Facts = results.facts["names"]
    panels = [_panel(net, nets, language) for net in live.chosen(results.nets["names"])]
    languages = [tell(told(each), language) for each in facts.classes]
    script = json.dumps({"symbols": SYMBOLS, "languages": languages}).replace("<", r"\u003c")
    values = {
        **{name: tell(text, language) for name, text in WORDS.items()},
        **{
            "still": figure_file(STILL, language),
            "example": EXAMPLE,
            "nets": "".join(panels),
            "facts": script,
        },
    }
    return text_of("letters.html").format(**values) if panels else ""


def _panel(net: str, nets: Path, language: str) -> str:
    states = STATES if net == "lstm" else {"h": STATES["h"]}
    rows = [STATE.format(state=each, name=tell(name, language)) for each, name in states.items()]
    path = live.path(nets, net)
    with reading(path):
        weights = base64.b64encode(path.read_bytes()).decode()
    places = "<li></li>" * LIKELIEST
    return NET.format(net=net, places=places, states="".join(rows), weights=weights)


def text_of(file: str) -> str:
    """A file of this folder."""
    return files(__package__).joinpath(file).read_text(encoding="utf-8")


SCRIPT, STYLE = text_of("letters.js"), text_of("letters.css")
