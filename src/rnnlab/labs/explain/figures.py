"""The report's section on why gates win, and the ledger: figures and what the templates show."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import binomtest

from rnnlab.claims.judge import VERDICTS_ZH
from rnnlab.document import style

Facts = dict[str, Any]
"""The section's part of metrics.json's `facts`."""

FLOOR, CEILING = 1e-20, 1e4
"""What the gradient figure shows of its axis: further down all curves only go on falling."""
SHOWN_DISTANCES = (1, 10, 50, 100, 200)
COLOURS = {**style.CELL_COLOURS, "lstm-open": style.SKY}
MARKERS = {**style.CELL_MARKERS, "lstm-open": "D"}
LINES = {**style.CELL_STYLES, "lstm-open": ":"}
CLAIMS = {
    "K1": ("the LSTM clearly beats the RNN on reviews", "影评分类中 LSTM 明显优于 RNN"),
    "K2": (
        "a second direction helps shallow nets and hurts deep ones",
        "第二个方向对浅层网络有益、对深层网络有害",
    ),
    "K3": ("more layers make it worse", "层数越多效果越差"),
    "K4": (
        "300-d vectors make the RNN worse and the LSTM better",
        "改用 300 维词向量使 RNN 变差、LSTM 变好",
    ),
    "K5": (
        "the LSTM is clearly more accurate than the RNN on names",
        "姓氏分类中 LSTM 明显优于 RNN",
    ),
    "K6": (
        "the learning rates 0.005, 0.08 and 0.035 are the best of a sweep",
        "学习率 0.005、0.08、0.035 是扫描中最好的",
    ),
    "K7": (
        "the gradient falls exponentially in the RNN, far more slowly in the LSTM",
        "梯度在 RNN 中指数衰减，在 LSTM 中慢得多",
    ),
    "K8": (
        "the poem models hardly converge: at least 6 nats a character",
        "诗歌模型几乎不收敛：每字损失不低于 6 奈特",
    ),
}
HEADINGS = {
    "sentiment": ("Sentiment: is a film review positive?", "情感分析：影评是正面的吗？"),
    "names": ("Names: which language is a surname from?", "姓氏分类：这个姓来自哪种语言？"),
    "poetry": ("Poetry: characters of Tang poems", "写诗：唐诗的字符语言模型"),
    "gradients": ("Gradients on their way back", "回传途中的梯度"),
}
"""The headings, English and Chinese, of the sections that claims link to."""


def draw(facts: Facts, figures: Path) -> None:
    """Draw the section's figures into the folder `figures`."""
    gradient_figure(facts["gradients"], figures / "explain-gradients.png")
    memory_figure(facts["memory"], figures / "explain-memory.png")
    clipping_figure(facts["clipping"], figures / "explain-clipping.png")
    occlusion_figure(facts["occlusion"], figures / "explain-occlusion.png")


def context(facts: Facts, reviews: dict[str, Any]) -> dict[str, Any]:
    """What the section's templates show. reviews: the sentiment lab's part of `facts`."""
    return {
        **facts,
        "decays": list(decays(facts["gradients"])),
        "shown": [d for d in SHOWN_DISTANCES if d in facts["gradients"]["distances"]],
        "bounds": {
            (net, when): found[when]["bound"]
            for net, found in facts["gradients"]["nets"].items()
            for when in ("initial", "trained")
            if "bound" in found[when]
        },
        "successes": successes(facts["memory"]),
        "norms": norm_rows(facts["norms"]),
        "lengths": length_differences(reviews["bands"], reviews["shapes"]),
        "clipped_at": reviews["training"]["clip_norm"],
    }


def norm_rows(norms: dict[str, dict[str, list[float]]]) -> list[dict[str, Any]]:
    """Mean and largest gradient norm by epoch, a row a net; None where another net went on."""
    epochs = max(len(each["mean"]) for each in norms.values())
    return [
        {
            "net": net,
            **{what: [*values, *[None] * (epochs - len(values))] for what, values in each.items()},
        }
        for net, each in norms.items()
    ]


def claims(ledger: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger's rows, K1 first: metrics.json's `claims` with what the template needs."""
    return [
        {
            "name": name,
            "claim": CLAIMS[name][0],
            "claim_zh": CLAIMS[name][1],
            "verdict_zh": VERDICTS_ZH[claim["verdict"]],
            "link": slug(HEADINGS[claim["section"]][0]),
            "link_zh": slug(HEADINGS[claim["section"]][1]),
            "heading": HEADINGS[claim["section"]][0].split(":")[0],
            "heading_zh": HEADINGS[claim["section"]][1].split("：")[0],
            **claim,
        }
        for name, claim in sorted(ledger.items())
    ]


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


def decays(gradients: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for every net, moment and state: the decay, and the curve at some distances."""
    places = [
        gradients["distances"].index(d) for d in SHOWN_DISTANCES if d in gradients["distances"]
    ]
    for net, found in gradients["nets"].items():
        for when in ("initial", "trained"):
            for name, state in found[when]["states"].items():
                yield {
                    "net": net,
                    "when": when,
                    "state": name,
                    **state,
                    "half_life": float(np.log(2) / state["rate"]) if state["rate"] > 0 else None,
                    "at": [state["curve"][place] for place in places],
                }


def successes(memory: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for every cell, clipped and not: by distance, how many nets succeeded, and the
    largest gradient norm in their training.
    """
    return [
        {
            "cell": cell,
            "clipped": how == "clipped",
            "fields": [_field(found[how], memory) for found in by_distance.values()],
        }
        for cell, by_distance in memory["cells"].items()
        for how in ("clipped", "unclipped")
    ]


def _largest(norms: list[float | None]) -> float | None:
    """The largest of the nets' gradient norms; None if one was not finite."""
    finite = [each for each in norms if each is not None]
    return max(finite) if len(finite) == len(norms) else None


def _solved(found: dict[str, Any], memory: dict[str, Any]) -> int:
    return sum(each >= memory["settings"]["solved"] for each in found["accuracy"])


def _field(found: dict[str, Any], memory: dict[str, Any]) -> dict[str, Any]:
    """What the table says of the nets of one cell at one distance."""
    solved, trials = _solved(found, memory), len(found["accuracy"])
    low, high = wilson(solved, trials)
    largest = _largest(found["largest_norm"])
    return {"solved": solved, "of": trials, "low": low, "high": high, "largest_norm": largest}


def wilson(successful: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share: within 0 and 1, and not empty at either of them."""
    interval = binomtest(successful, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def length_differences(
    bands: dict[str, list[dict[str, Any]]], shapes: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """By band of review length: accuracy of the 100-d RNN and LSTM, and the difference's interval.

    The interval takes the two accuracies as independent, which is wider than they deserve:
    both are of the same reviews.
    """
    nets = {
        shapes[net]["cell"]: rows for net, rows in bands.items() if shapes[net]["dimension"] == 100
    }
    if not {"rnn", "lstm"} <= set(nets):
        return []
    return [
        {
            "start": rnn["start"],
            "end": rnn["end"],
            "reviews": rnn["reviews"],
            "rnn": rnn["accuracy"],
            "lstm": lstm["accuracy"],
            "lead": lstm["accuracy"] - rnn["accuracy"],
            "reach": 1.96 * float(np.hypot(rnn["error"], lstm["error"])),
        }
        for rnn, lstm in zip(nets["rnn"], nets["lstm"], strict=True)
    ]


def gradient_figure(gradients: dict[str, Any], path: Path) -> None:
    """‖∂L/∂h_k‖ by distance, at initialisation and trained, with the Elman net's bound."""
    figure = style.new(11, 5.6, columns=2)
    distances = gradients["distances"]
    for axes, when in zip(figure.axes, ("initial", "trained"), strict=True):
        for net, found in gradients["nets"].items():
            colour = style.CELL_COLOURS[found["cell"]]
            for name, state in found[when]["states"].items():
                line = style.CELL_STYLES[found["cell"]] if name == "h" else ":"
                axes.plot(distances, state["curve"], line, color=colour, label=f"{net}, {name}")
                axes.fill_between(distances, state["low"], state["high"], color=colour, alpha=0.12)
            if "bound" in found[when]:
                eta = found[when]["bound"]["eta"]
                axes.plot(distances, np.power(eta, distances), color=style.BLACK, linewidth=1,
                          label="bound ηᵗ⁻ᵏ of the RNN")  # fmt: skip
                axes.annotate(f"η = {eta:.2f}", (0.5, 0.93), xycoords="axes fraction")
        axes.set(yscale="log", ylim=(FLOOR, CEILING), xlabel="distance t−k (steps before the end)",
                 title={"initial": "at initialisation", "trained": "trained"}[when])  # fmt: skip
    figure.axes[0].set_ylabel(
        r"$\Vert\partial L/\partial h_k\Vert$, $\Vert\partial L/\partial c_k\Vert$"
        ", relative to k = t"
    )
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    style.save(figure, path)


def memory_figure(memory: dict[str, Any], path: Path) -> None:
    """Accuracy by distance: means over seeds as lines, single nets as dots."""
    figure = style.new(11, 5, columns=2)
    chance = 1 / memory["settings"]["answers"]
    for axes, how in zip(figure.axes, ("clipped", "unclipped"), strict=True):
        for number, (cell, by_distance) in enumerate(memory["cells"].items()):
            shift = 0.12 * (number - (len(memory["cells"]) - 1) / 2)
            places = np.arange(len(by_distance)) + shift
            values = [100 * np.array(found[how]["accuracy"]) for found in by_distance.values()]
            axes.plot(places, [each.mean() for each in values], LINES[cell],
                      color=COLOURS[cell], marker=MARKERS[cell], label=cell)  # fmt: skip
            for place, each in zip(places, values, strict=True):
                axes.plot([place] * len(each), each, MARKERS[cell], color=COLOURS[cell],
                          markersize=4, alpha=0.45, linewidth=0)  # fmt: skip
        axes.axhline(100 * chance, color=style.BLACK, linewidth=1, linestyle=":")
        axes.annotate("guessing", (0, 100 * chance + 1.5), fontsize=10)
        limit = memory["settings"]["clip_norm"]
        title = f"clipped to norm {limit:g}" if how == "clipped" else "not clipped"
        axes.set(xticks=range(len(by_distance)), xticklabels=list(by_distance), ylim=(0, 104),
                 xlabel="N, steps that the answer lies back", ylabel="accuracy (%)",
                 title=title)  # fmt: skip
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    style.save(figure, path)


def clipping_figure(clipping: dict[str, Any], path: Path) -> None:
    """Loss and gradient norm by step, a column for each net and learning rate."""
    columns: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for run in clipping["runs"]:
        columns.setdefault((run["net"], run["learning_rate"]), []).append(run)
    figure = style.new(2.2 + 3.2 * len(columns), 6.6, 2, len(columns))
    table = np.array(figure.axes).reshape(2, len(columns))
    for (loss, norm), ((net, rate), pair) in zip(table.T, columns.items(), strict=True):
        for run in pair:
            clipped = run["clip_norm"] is not None
            colour, line = (style.BLUE, "-") if clipped else (style.VERMILION, "--")
            label = "clipped" if clipped else "not clipped"
            _steps(loss, smooth(run["losses"]), colour, line, label)
            _steps(norm, run["norms"], colour, line, None)
        norm.axhline(clipping["settings"]["clip_norm"], color=style.BLACK, linewidth=1)
        loss.set(title=f"{net}\nlearning rate {rate:g}")
        norm.set(yscale="log", xlabel="training step")
    table[0, 0].set_ylabel("loss (nats per review)")
    table[1, 0].set_ylabel("gradient norm,\nbefore clipping")
    _share_limits(table[0])
    _share_limits(table[1])
    handles, labels = table[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    style.save(figure, path)


def _steps(axes: Axes, values: Any, colour: str, line: str, label: str | None) -> None:
    axes.plot(np.arange(1, len(values) + 1), values, line, color=colour, label=label, linewidth=1.3)


def _share_limits(row: Any) -> None:
    limits = [axes.get_ylim() for axes in row]
    for axes in row:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def smooth(values: list[float], width: int = 9) -> Any:
    """The running mean over `width` values, fewer at the ends."""
    padded = np.convolve(values, np.ones(width), "same")
    return padded / np.convolve(np.ones(len(values)), np.ones(width), "same")


def occlusion_figure(occlusion: dict[str, Any], path: Path) -> None:
    """How much windows of words move the logit, and accuracy by where the decisive one stands."""
    figure = style.new(11, 5, columns=2)
    share, accuracy = figure.axes
    window = occlusion["settings"]["window"]
    for number, (net, found) in enumerate(occlusion["nets"].items()):
        cell = found["cell"]
        look: dict[str, Any] = {
            "color": style.CELL_COLOURS[cell], "marker": style.CELL_MARKERS[cell],
            "linestyle": style.CELL_STYLES[cell], "label": net, "capsize": 2, "markersize": 5,
        }  # fmt: skip
        places = window * (np.arange(len(found["share"])) + 0.5)
        share.errorbar(places, 100 * np.array(found["share"]),
                       196 * np.array(found["share_error"]), **look)  # fmt: skip
        bands = [(place, band) for place, band in enumerate(found["bands"]) if band["reviews"]]
        shares = np.array([band["accuracy"] for _, band in bands])
        limits = np.array([wilson(round(band["accuracy"] * band["reviews"]), band["reviews"])
                           for _, band in bands])  # fmt: skip
        accuracy.errorbar([place + 0.08 * number for place, _ in bands], 100 * shares,
                          100 * np.abs(limits.T - shares), **look)  # fmt: skip
        names = [f"{band['start']}–{band['end'] - 1}" for band in found["bands"]]
    accuracy.set(xticks=range(len(names)), xticklabels=names, ylabel="accuracy (%)", ylim=(0, 102),
                 xlabel="distance of the decisive window\nfrom the end (tokens)")  # fmt: skip
    share.set(ylim=(0, None), xlabel="distance of the masked window\nfrom the end (tokens)",
              ylabel="share of a review's change\nof logit (%)")  # fmt: skip
    handles, labels = share.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    style.save(figure, path)
