"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

from collections.abc import Iterator

from rnnlab.document.parts import Content, Figure, Listing, Source, Table
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.style import CELL_COLOURS
from rnnlab.document.text import (
    MISSING,
    Cell,
    Text,
    columns,
    listing,
    number,
    percent,
    signed,
    spread,
)
from rnnlab.labs.sentiment.facts import Facts, LengthBand
from rnnlab.labs.sentiment.settings import Shape
from rnnlab.runs.scores import Nets, runs_of

TITLE = Text("Sentiment: is a film review positive?", "情感分析：影评是正面的吗？")
SCORES = columns(
    "net | seeds | valid accuracy | test accuracy | valid loss | test loss | parameters"
    " | best epoch | training time (s) | tokens/s",
    "网络 | 随机种子 | 验证准确率 | 测试准确率 | 验证损失 | 测试损失 | 参数量 | 最佳轮次"
    " | 训练时间（秒） | 词元/秒",
)
LENGTHS = columns("net | tokens | reviews | test accuracy", "网络 | 词元数 | 影评数 | 测试准确率")
COVERAGE = columns(
    "vectors | words in vocabulary | with a vector | share (%) | running tokens | with a vector"
    " | share (%)",
    "向量 | 词表词数 | 有向量的词 | 比例（%） | 文本词元数 | 有向量的词元 | 比例（%）",
)
FIGURES = {
    "grid": Text(
        "Test accuracy of every net, ours and the published one",
        "各网络的测试准确率，本报告与原实验",
    ),
    "confusion": Text("Test reviews by actual and predicted class", "测试影评：实际类别与预测类别"),
    "length": Text("Test accuracy by review length", "测试准确率与影评长度"),
}


def section(results: Results) -> Content:
    facts: Facts = results.facts["sentiment"]
    nets = results.nets["sentiment"]["ours"]
    theirs = published("sentiment")["test_accuracy"] if results.comparable else {}
    epochs = published("sentiment")["epochs"] if results.comparable else facts.training.epochs
    everything = Source(runs=runs_of(nets))
    banded = Source(runs=runs_of({net: nets[net] for net in facts.bands}))
    sources = {"grid": everything, "confusion": everything, "length": banded}
    dimensions = sorted({Shape.of(net).dimension for net in nets})
    curves = {f"curves_{cell}": _curves(cell, nets) for cell in cells(nets)}
    return Content(
        TITLE,
        {
            **{f"grid_{each}d": grid(each, nets, theirs) for each in dimensions},
            **{
                name: Figure(f"sentiment-{name}.png", text, sources[name])
                for name, text in FIGURES.items()
            },
            **curves,
            "scores": Table(SCORES, list(_scores(nets, facts)), everything),
            "lengths": Table(LENGTHS, list(_lengths(facts)), banded),
            "coverage": Table(COVERAGE, list(_coverage(facts)), Source(("sentiment-embed",))),
            "structures": Listing(facts.structures, everything),
        },
        {
            "grids": {each: f"grid_{each}d" for each in dimensions},
            "curves": list(curves),
            "comparable": results.comparable,
            "labelled": number(facts.parts["train"] + facts.parts["valid"]),
            "parts": {part: number(reviews) for part, reviews in facts.parts.items()},
            "training": facts.training,
            "falls": facts.training.last_learning_rate < 1,
            "published_epochs": epochs if epochs != facts.training.epochs else None,
        },
    )


def cells(nets: Nets) -> list[str]:
    """The cells that were trained, in the order of legends."""
    trained = {Shape.of(net).cell for net in nets}
    return [cell for cell in CELL_COLOURS if cell in trained]


def grid(dimension: int, nets: Nets, theirs: dict[str, float]) -> Table:
    """Test accuracies in percent: a row a cell, a column for layers-directions.

    A field holds our accuracy and, where there is one in `theirs`, the published one and the
    difference.
    """
    shapes = [shape for shape in map(Shape.of, nets) if shape.dimension == dimension]
    columns = sorted({(shape.layers, shape.directions) for shape in shapes})
    names = {cell: [Shape(cell, *each, dimension).name for each in columns] for cell in cells(nets)}
    rows = [
        [f"**{cell.upper()}**", *(_field(net, nets, theirs) for net in own)]
        for cell, own in names.items()
    ]
    headings = ["", *(f"{layers}-{directions}" for layers, directions in columns)]
    shown = {net: nets[net] for own in names.values() for net in own if net in nets}
    return Table(headings, rows, Source(runs=runs_of(shown)))


def _field(net: str, nets: Nets, theirs: dict[str, float]) -> str:
    if net not in nets:
        return MISSING
    ours = nets[net]["test_accuracy"]
    field = f"**{spread(ours, 2, 100)}**"
    if net not in theirs:
        return field
    return f"{field} / {theirs[net]:.2f} / {signed(100 * ours.mean - theirs[net])}"


def _scores(nets: Nets, facts: Facts) -> Iterator[list[Cell]]:
    for net, row in nets.items():
        accuracies = (spread(row[f"{part}_accuracy"], 2, 100) for part in ("valid", "test"))
        losses = (spread(row[f"{part}_loss"], 4) for part in ("valid", "test"))
        size, epochs = number(row.parameters), listing(facts.best_epochs[net])
        pace = number(row["train_seconds"].mean, 1), number(row["tokens_per_second"].mean)
        yield [net, listing(row.runs), *accuracies, *losses, size, epochs, *pace]


def band_name(band: LengthBand) -> str:
    return f"{band.start}–{band.end - 1}" if band.end else f"{band.start}+"


def _lengths(facts: Facts) -> Iterator[list[Cell]]:
    for net, bands in facts.bands.items():
        for band in bands:
            yield [net, band_name(band), number(band.reviews), percent(band.accuracy)]


def _coverage(facts: Facts) -> Iterator[list[Cell]]:
    for name, row in facts.coverage.items():
        words = number(row.types), number(row.types_with_vector), percent(row.types_share)
        text = number(row.tokens), number(row.tokens_with_vector), percent(row.tokens_share)
        yield [name, *words, *text]


def _curves(cell: str, nets: Nets) -> Figure:
    name = cell.upper()
    description = Text(f"Loss and accuracy by epoch, {name}", f"{name} 的损失与准确率随轮次的变化")
    own = {net: row for net, row in nets.items() if Shape.of(net).cell == cell}
    return Figure(f"sentiment-curves-{cell}.png", description, Source(runs=runs_of(own)))
