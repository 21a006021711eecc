"""Recurrent nets beside a convolutional one: table, figure, and what the prose quotes."""

from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.claims import claims
from rnnlab.claims.judge import setbacks, steps_to
from rnnlab.document.parts import Figure, Part, Table
from rnnlab.document.text import Cell, Text, columns, listing, number, percent
from rnnlab.labs.explain import facts, sources
from rnnlab.labs.explain.gather import course

TITLE = Text("Loss and accuracy by training step", "损失与准确率随训练步的变化")
CONVOLUTION = "convolution"
"""The one net that is not recurrent."""
SMOOTHED = 9
"""Steps that a running mean is over."""


def parts(found: facts.Facts) -> dict[str, Part]:
    source = sources.stage("convolution")
    least = percent(level(), 0)
    headings = columns(
        f"net | weights beyond the embedding | steps to {least}%, by seed | setbacks (%), by seed"
        " | spread of the losses by step | validation accuracy at the end (%), by seed",
        f"网络 | 嵌入之外的参数量 | 达到 {least}% 的步数（各种子） | 倒退份额（%，各种子）"
        " | 各步损失的离散程度 | 最终验证准确率（%，各种子）",
    )
    rows = [[told(net), *_learner(each)] for net, each in found.convolution.nets.items()]
    return {
        "courses": Figure("explain-convolution", TITLE, source),
        "learners": Table(headings, rows, source),
    }


def told(net: str) -> Cell:
    return Text(net, "卷积网络") if net == CONVOLUTION else net


def prose(found: facts.Facts) -> dict[str, Any]:
    return {
        "convolution": found.convolution.settings,
        "convolution_reviews": number(found.convolution.settings.reviews),
        "convolution_seeds": list(next(iter(found.convolution.nets.values())).seeds),
        "level": percent(level(), 0),
        "smoothed": SMOOTHED,
    }


def level() -> float:
    """The accuracy that steps are counted to, by the claim's rule."""
    (found,) = (r.level for r in claims.load().rules.values() if isinstance(r, claims.CourseRule))
    return found


def _learner(found: facts.Learner) -> Iterator[Cell]:
    checked = [course(each) for each in found.seeds.values()]
    yield number(found.beyond)
    yield listing(_steps(each.accuracy, steps_to(level(), each)) for each in checked)
    yield listing(percent(setbacks(each), 1) for each in checked)
    yield number(mean(spread(each.losses) for each in found.seeds.values()), 4)
    yield listing(percent(each.accuracy[-1], 1) for each in checked)


def _steps(accuracy: Sequence[float], steps: int) -> str:
    return str(steps) if max(accuracy) >= level() else f"> {steps}"


def spread(losses: Sequence[float]) -> float:
    """Standard deviation of the losses around their running mean."""
    return float((np.array(losses) - smooth(losses)).std())


def smooth(values: Sequence[float]) -> NDArray[np.float64]:
    """The running mean over `SMOOTHED` values, fewer at the ends."""
    width = min(SMOOTHED, len(values))
    sums = np.convolve(values, np.ones(width), "same")
    means: NDArray[np.float64] = sums / np.convolve(np.ones(len(values)), np.ones(width), "same")
    return means
