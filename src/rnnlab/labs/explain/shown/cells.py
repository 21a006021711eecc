"""The cells from zero: tables, drawing, and what the prose quotes."""

from collections.abc import Iterator
from typing import Any

from rnnlab.document.parts import Figure, Part, Source, Table
from rnnlab.document.text import Cell, Text, columns, listing, number
from rnnlab.labs.explain import facts, sources

EQUALITY = columns(
    "cell | precision | outputs | last states | gradients", "单元 | 精度 | 输出 | 末状态 | 梯度"
)
DRAWN = Text("One step of each cell", "各单元的一步")


def parts(found: facts.Facts) -> dict[str, Part]:
    source, example = sources.stage("cells"), found.cells.example
    step: list[list[Cell]] = [
        [name, listing(map(_value, getattr(example, name)[0]))] for name in ("x", "h", "c")
    ]
    return {
        "drawings": Figure("explain-drawings", DRAWN, Source(("report",))),
        "step": Table(("", ""), step, source),
        "equality": Table(EQUALITY, list(_equality(found.cells)), source),
    }


def prose(found: facts.Facts) -> dict[str, Any]:
    example = found.cells.example
    return {
        "cells": found.cells,
        "library_parameters": number(example.library_parameters),
        "output_shape": ", ".join(map(str, example.output_shape)),
        "output": [_value(row[0]) for row in example.output],
    }


def _value(value: float) -> str:
    """To the four digits that the stage rounds to."""
    return number(value, 4)


def _equality(cells: facts.Cells) -> Iterator[list[Cell]]:
    for cell, precisions in cells.equality.items():
        for precision, found in precisions.items():
            differences = (found[name] for name in ("outputs", "states", "gradients"))
            yield [cell.upper(), precision, *(f"{each:.1e}" for each in differences)]
