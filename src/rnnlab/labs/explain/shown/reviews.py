"""Which words of reviews matter: tables, figures, and what the prose quotes."""

import math
from collections.abc import Iterator, Mapping
from statistics import mean
from typing import Any

from rnnlab.document.parts import Figure, Part, Source, Table
from rnnlab.document.text import Cell, Text, band_name, columns, number, percent, signed
from rnnlab.labs.explain import facts, sources
from rnnlab.labs.explain.answer import LSTM, RNN, change
from rnnlab.labs.sentiment.facts import LengthBand
from rnnlab.runs.scores import Nets, runs_of

COMPARED = (RNN, LSTM)
"""The nets whose accuracies by review length stand side by side."""
SEEN = columns("net", "网络")
WHOLE = Text("on whole reviews", "用全文训练")
VIEWS = (Text("whole", "全文"), Text("whole, shuffled", "全文打乱"))
LENGTHS = columns(
    "tokens | reviews | RNN (%) | LSTM (%) | LSTM − RNN (points)",
    "词元数 | 影评数 | RNN（%） | LSTM（%） | LSTM − RNN（百分点）",
)
TITLES = {
    "occlusion": Text(
        "Change of the logit by distance of the masked window", "logit 的变化与被遮窗口的距离"
    ),
    "seen": Text("Accuracy by how much of a review is seen", "准确率与所读词元的多少"),
}
"""By stage."""


def parts(found: facts.Facts, nets: Nets) -> dict[str, Part]:
    masked = {net: nets[net].runs[each.seed] for net, each in found.occlusion.nets.items()}
    occlusion = Source(("explain-occlusion",), tuple(masked.values()))
    measured = runs_of({net: nets[net] for net in found.seen.nets})
    ends = Source(("explain-seen", "explain-cut"), measured)
    return {
        "occlusion": Figure("explain-occlusion", TITLES["occlusion"], occlusion),
        "influence": influence(found.occlusion, occlusion),
        "seen": Figure("explain-seen", TITLES["seen"], ends),
        "views": seen(found.seen, sources.stage("seen", nets, found.seen.nets)),
        "cuts": cut(found.cut, sources.stage("cut", nets, found.cut.nets)),
    }


def prose(found: facts.Facts) -> dict[str, Any]:
    return {
        "masked": found.occlusion,
        "occlusion": found.occlusion.settings,
        "seen_reviews": number(found.seen.reviews),
        "several_seeds": len(next(iter(found.seen.nets.values())).seeds) > 1,
        "longest_view": max(found.seen.settings.tokens),
        "untrained": sorted({*found.seen.settings.tokens} - {*found.cut.settings.tokens}),
    }


def wilson(successful: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share: within 0 and 1, and not empty at either of them."""
    from scipy.stats import binomtest

    interval = binomtest(successful, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def influence(occlusion: facts.MaskedReviews, source: Source) -> Table:
    """A row for every net: where the windows stand that change its logit most."""
    window = occlusion.settings.window
    headings = columns(
        "net | accuracy (%) | last window's share of all changes (%)"
        f" | decisive window in the last {window} tokens (%)",
        "网络 | 准确率（%） | 最后一个窗口占全部变化的份额（%）"
        f" | 决定性窗口在最后 {window} 个词元（%）",
    )
    for band in next(iter(occlusion.nets.values())).bands:
        span = band_name(band.start, band.end)
        en = f"decisive at {span}: reviews, accuracy (%)"
        headings.append(Text(en, f"决定性窗口在 {span}：影评数，准确率（%）"))
    rows: list[list[Cell]] = []
    for net, found in occlusion.nets.items():
        shares = (found.accuracy, found.share[0], found.decisive[0] / occlusion.reviews)
        bands = [(band.reviews, percent(band.accuracy, 1)) for band in found.bands]
        fields = [Text(f"{reviews}, {hits}", f"{reviews}，{hits}") for reviews, hits in bands]
        rows.append([net, *(percent(share, 1) for share in shares), *fields])
    return Table(headings, rows, source)


def seen(found: facts.SeenReviews, source: Source) -> Table:
    """A row for every net: its accuracy on each view, and what it loses against whole reviews."""
    ends = [Text(f"last {each}", f"最后 {each} 个") for each in found.settings.tokens]
    return Table((*SEEN, *ends, *VIEWS), _accuracies(found.nets), source)


def cut(found: facts.CutReviews, source: Source) -> Table:
    """A row for every net: its accuracy trained on ends alone, and trained on whole reviews."""
    ends = [
        Text(f"trained on the last {each}", f"只用最后 {each} 个训练")
        for each in found.settings.tokens
    ]
    return Table((*SEEN, *ends, WHOLE), _accuracies(found.nets), source)


def _accuracies(nets: Mapping[str, facts.Seen]) -> list[list[Cell]]:
    return [[net, *_views(each)] for net, each in nets.items()]


def _views(found: facts.Seen) -> Iterator[Cell]:
    for name, view in found.views.items():
        accuracy, less = percent(mean(view.accuracy), 1), change(found.views, name, -1)
        both = Text(f"{accuracy} ({less})", f"{accuracy}（{less}）")
        yield accuracy if name == "whole" else both


def lengths(bands: Mapping[str, list[LengthBand]], nets: Nets) -> dict[str, Part]:
    """Accuracy of the compared nets by review length, and their difference with its interval.

    Nothing if this size lacks one of them.
    """
    if not all(net in bands for net in COMPARED):
        return {}
    rows = [_length(*pair) for pair in zip(*(bands[net] for net in COMPARED), strict=True)]
    source = Source(runs=runs_of({net: nets[net] for net in COMPARED}))
    return {"lengths": Table(LENGTHS, rows, source)}


def leads(bands: Mapping[str, list[LengthBand]]) -> dict[str, str] | None:
    """LSTM − RNN on the shortest reviews, and its range on the others, in points.

    None if this size lacks a net, or has too few bands for a range.
    """
    pairs = zip(*(bands.get(net, []) for net in COMPARED), strict=False)
    by_band = [100 * (lstm.accuracy - rnn.accuracy) for rnn, lstm in pairs]
    if len(by_band) < 3:
        return None
    told = {"shortest": by_band[0], "low": min(by_band[1:]), "high": max(by_band[1:])}
    return {name: signed(value, 1) for name, value in told.items()}


def _length(rnn: LengthBand, lstm: LengthBand) -> list[Cell]:
    """The interval takes the two accuracies as independent, which is wider than they deserve: both
    are of the same reviews."""
    accuracies = (percent(rnn.accuracy), percent(lstm.accuracy))
    lead = signed(100 * (lstm.accuracy - rnn.accuracy))
    half = percent(1.96 * math.hypot(rnn.error, lstm.error))
    return [band_name(rnn.start, rnn.end), number(rnn.reviews), *accuracies, f"{lead} ± {half}"]
