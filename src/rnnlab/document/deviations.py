"""A table of where a lab's regime `published` is not, or may not be, what the published lab did."""

from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, columns, listing

HEADINGS = columns(
    "what | published | ours | why | what it may change",
    "项目 | 原报告 | 本报告 | 原因 | 可能的影响",
)
NOT_TOLD = Text("not stated", "未说明")


def assumed(what: Text, ours: Cell, why: Text, change: Text) -> list[Cell]:
    """The row of something that the published lab does not tell."""
    return [what, NOT_TOLD, ours, why, change]


def initial_weights(why: Text, change: Text) -> list[Cell]:
    """The row on what weights begin with; change: what others might."""
    ours = Text("PyTorch's, drawn with the seed", "PyTorch 的默认初始化，由种子决定")
    return assumed(Text("initial weights", "初始权重"), ours, why, change)


def clipping(norm: float | None, change: Text) -> list[Cell]:
    """The row on the largest gradient norm; change: what it may change."""
    ours = Text("none", "无") if norm is None else f"{norm:g}"
    return assumed(
        Text("gradient clipping", "梯度裁剪"), ours, Text("none is mentioned", "原文未提及"), change
    )


def precision(results: Results, asked: str, runs: str) -> list[Cell]:
    """The row on what products were computed in; asked: the setting; runs: their folder."""
    machines = {which for run, which in results.made_on.items() if run.startswith(f"{runs}/")}
    found = sorted({str(results.environments[each]["precision"]) for each in machines})
    fastest = Text("the processor's fastest", "该处理器上最快的精度")
    return assumed(
        Text("precision", "精度"),
        listing(found) if asked == "auto" else asked,
        fastest if asked == "auto" else Text("PyTorch's default", "PyTorch 的默认值"),
        Text(
            "as another seed would: see [docs/reproducing.md](../docs/reproducing.md)",
            "与换一个种子相当，见 [docs/reproducing.md](../docs/reproducing.md)",
        ),
    )
