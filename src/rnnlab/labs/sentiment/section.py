"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rnnlab.document.deviations import HEADINGS
from rnnlab.document.parts import Content, Figure, Part, Source, Table, together
from rnnlab.document.published import published
from rnnlab.document.results import Results, best_by
from rnnlab.document.style import CELL_COLOURS
from rnnlab.document.text import (
    MISSING,
    Cell,
    Text,
    columns,
    duration,
    listing,
    number,
    percent,
    signed,
    spread,
)
from rnnlab.labs.sentiment import deviations, heat
from rnnlab.labs.sentiment.facts import Facts
from rnnlab.labs.sentiment.settings import OURS, Shape, Training
from rnnlab.runs.scores import Nets, Regimes, runs_of

TITLE = Text("Sentiment: is a film review positive?", "情感分析：影评是正面的吗？")
REGIMES = {"published": Text("as published", "原报告"), "ours": Text("ours", "本报告")}
BASELINE = Text("no net", "非网络")
SETTINGS = columns(" | as published | ours", " | 原报告方式 | 本报告方式")
SCORES = columns(
    "net | trained | seeds | valid accuracy | test accuracy | valid loss | test loss | parameters"
    " | best epoch | training time (s) | tokens/s",
    "网络 | 训练方式 | 随机种子 | 验证准确率 | 测试准确率 | 验证损失 | 测试损失 | 参数量 | 最佳轮次"
    " | 训练时间（秒） | 词元/秒",
)
STRUCTURES = columns(
    "net | cell | layers | directions | word vectors | hidden size per direction"
    " | read by the last layer | parameters",
    "网络 | 单元 | 层数 | 方向数 | 词向量维数 | 每个方向的隐藏层大小 | 输出层的输入 | 参数量",
)
COVERAGE = columns(
    "vectors | words in vocabulary | with a vector | share (%) | running tokens | with a vector"
    " | share (%)",
    "向量 | 词表词数 | 有向量的词 | 比例（%） | 文本词元数 | 有向量的词元 | 比例（%）",
)
ELSEWHERE = columns("model and training | test accuracy (%)", "模型与训练方法 | 测试准确率（%）")
LSTMS = {
    "glove-adversarial": Text(
        "LSTM, GloVe vectors trained on the corpus itself, adversarial training",
        "LSTM，GloVe 向量在本语料上训练，对抗训练",
    ),
    "sequence-autoencoder": Text(
        "LSTM, first a sequence autoencoder of the unlabelled reviews (Dai and Le 2015)",
        "LSTM，先在无标签影评上训练为序列自编码器（Dai 与 Le 2015）",
    ),
    "region-embeddings": Text(
        "LSTM on one-hot words, with region embeddings (Johnson and Zhang 2016)",
        "LSTM，词以独热向量输入，另加区域嵌入（Johnson 与 Zhang 2016）",
    ),
    "virtual-adversarial": Text(
        "LSTM, virtual adversarial training (Miyato et al. 2017)",
        "LSTM，虚拟对抗训练（Miyato 等 2017）",
    ),
    "mixed-objective": Text(
        "LSTM in two directions, mixed objective (Sachan et al. 2019)",
        "双向 LSTM，混合目标函数（Sachan 等 2019）",
    ),
}
"""Published nets of others, as `elsewhere` in published.yaml has them."""
FIGURES = {
    "grid": Text(
        "Test accuracy of every net, here and as published", "各网络的测试准确率，本报告与原报告"
    ),
    "classes": Text(
        "Share of positive and of negative reviews that each net calls right",
        "各网络在正面与负面影评上各自判断正确的比例",
    ),
    "length": Text("Test accuracy by review length", "测试准确率与影评长度"),
    "loss": Text("Loss by epoch, as published", "损失随轮次的变化，原报告方式"),
    "accuracy": Text("Accuracy by epoch, as published", "准确率随轮次的变化，原报告方式"),
    "curves-ours": Text("Loss and accuracy by epoch, ours", "损失与准确率随轮次的变化，本报告方式"),
    "calibration": Text(
        "Share of positive reviews by the probability that nets give", "所给概率与实为正面的比例"
    ),
    "mistakes": heat.DESCRIPTION,
}


def section(results: Results) -> Content:
    bar = versus(results.nets["sentiment"])
    dimensions = sorted({Shape.of(net).dimension for net in results.nets["sentiment"]["published"]})
    return Content(TITLE, _parts(results, dimensions, bar), _values(results, dimensions, bar))


def _parts(results: Results, dimensions: Sequence[int], bar: Mapping[str, Any]) -> dict[str, Part]:
    facts: Facts = results.facts["sentiment"]
    regimes = results.nets["sentiment"]
    nets = regimes["published"]
    theirs = published("sentiment")["test_accuracy"] if results.comparable else {}
    bags = Source(("sentiment-baseline",))
    everything = together(Source(runs=runs_of(regimes[name])) for name in REGIMES)
    banded = Source(runs=runs_of({net: nets[net] for net in facts.bands}))
    trained, ours = (Source(runs=runs_of(regimes[name])) for name in REGIMES)
    calibrated = [nets[net] for net in facts.calibration if net in nets]
    sure = Source(runs=tuple(run for row in calibrated for run in row.runs.values()))
    mistaken = regimes["ours"].get(facts.mistakes.net)
    sources = {
        **{"grid": everything, "classes": everything, "length": banded},
        **{"loss": trained, "accuracy": trained, "curves-ours": ours},
        "calibration": together([sure, ours]),
        "mistakes": Source(
            ("sentiment-mistakes",), (mistaken.runs[facts.mistakes.seed],) if mistaken else ()
        ),
    }
    seeds = sorted({seed for row in nets.values() for seed in row.runs})
    return {
        **{
            f"grid_{each}d": grid(each, nets, theirs, (bar["name"], bar["accuracy"]))
            for each in dimensions
        },
        **{
            name.replace("-", "_"): Figure(f"sentiment-{name}", text, sources[name])
            for name, text in FIGURES.items()
        },
        "settings": Table(SETTINGS, list(_settings(facts)), everything),
        "scores": Table(SCORES, list(_scores(regimes, facts)), together([bags, everything])),
        "elsewhere": Table(ELSEWHERE, list(_elsewhere()), Source(("report",))),
        "deviations": Table(
            HEADINGS, list(deviations.rows(results, seeds)), Source(runs=runs_of(nets))
        ),
        "coverage": Table(COVERAGE, list(_coverage(facts)), Source(("sentiment-embed",))),
        "structures": Table(STRUCTURES, list(_structures(regimes, facts)), everything),
    }


def _values(results: Results, dimensions: Sequence[int], bar: Mapping[str, Any]) -> dict[str, Any]:
    facts: Facts = results.facts["sentiment"]
    covered = {
        each: percent(facts.coverage[each].tokens_share, 1) for each in deviations.subsets(results)
    }
    own = facts.training["ours"]
    shapes = map(Shape.of, results.nets["sentiment"]["published"])
    trained = {(shape.cell, shape.dimension) for shape in shapes}
    return {
        "grids": {
            each: {
                "part": f"grid_{each}d",
                "covered": covered.get(f"{each}d"),
                "gru": ("gru", each) in trained,
            }
            for each in dimensions
        },
        "comparable": results.comparable,
        "ensembles": bool(facts.ensembles),
        "baseline": bar,
        "dropped": any((own.dropout, own.word_dropout, own.state_dropout)),
        "taught": own.unlabelled,
        "mistaken": _mistaken(facts) if facts.mistakes.reviews else None,
        "printed": _printed(facts),
        "labelled": number(facts.parts["train"] + facts.parts["valid"]),
        "parts": {part: number(reviews) for part, reviews in facts.parts.items()},
    }


def cells(nets: Iterable[str]) -> list[str]:
    """Those of `nets`, in the order of legends."""
    trained = {Shape.of(net).cell for net in nets}
    return [cell for cell in CELL_COLOURS if cell in trained]


def grid(
    dimension: int, nets: Nets, theirs: dict[str, float], bar: tuple[Text, str] | None = None
) -> Table:
    """Test accuracies in percent: a row a cell, a column for layers-directions.

    A field holds our accuracy and, where there is one in `theirs`, the published one and the
    difference. bar: the name and the accuracy of what is no net, for a first row.
    """
    shapes = [shape for shape in map(Shape.of, nets) if shape.dimension == dimension]
    columns = sorted({(shape.layers, shape.directions) for shape in shapes})
    own = cells(shape.name for shape in shapes)
    names = {cell: [Shape(cell, *each, dimension).name for each in columns] for cell in own}
    rows: list[list[Cell]] = [
        [f"**{cell.upper()}**", *(_field(net, nets, theirs) for net in row)]
        for cell, row in names.items()
    ]
    headings = ["", *(f"{layers}-{directions}" for layers, directions in columns)]
    shown = {net: nets[net] for row in names.values() for net in row if net in nets}
    source = Source(runs=runs_of(shown))
    if bar is None:
        return Table(headings, rows, source)
    name, accuracy = bar
    first: list[Cell] = [
        Text(f"{name.en}, no net: {accuracy}", f"{name.zh}，非网络：{accuracy}"),
        *[""] * len(columns),
    ]
    return Table(headings, [first, *rows], together([Source(("sentiment-baseline",)), source]))


def _field(net: str, nets: Nets, theirs: dict[str, float]) -> str:
    if net not in nets:
        return MISSING
    ours = nets[net]["test_accuracy"]
    field = f"**{spread(ours, 2, 100)}**"
    if net not in theirs:
        return field
    return f"{field} / {theirs[net]:.2f} / {signed(100 * ours.mean - theirs[net])}"


def _elsewhere() -> Iterator[list[Cell]]:
    for name, accuracy in published("sentiment")["elsewhere"].items():
        yield [LSTMS[name], number(accuracy, 1)]


def _settings(facts: Facts) -> Iterator[list[Cell]]:
    """A row a setting that a reader asks for, a column a regime."""
    both = [facts.training[regime] for regime in REGIMES]
    for name, tell in SETTING_ROWS:
        yield [name, *(tell(each) for each in both)]
    runs = sum(each.runs for each in facts.stopping.values())
    if whole := sum(each.whole for each in facts.stopping.values()):
        never = Text("trainings made to go through all epochs", "规定训满全部轮次的训练")
        yield [never, Text(f"{whole} of {runs}", f"{runs} 次中的 {whole} 次"), MISSING]


def _rate(training: Training) -> Cell:
    rate, share = training.learning_rate, training.last_learning_rate
    if share == 1:
        return Text(f"{rate}, constant", f"{rate}，恒定")
    end = f"{share * rate:g}"
    return Text(f"{rate}, decaying linearly to {end}", f"{rate}，线性衰减至 {end}")


def _epochs(training: Training) -> Cell:
    most, wait = training.epochs, training.patience
    if wait is None or wait >= most:
        return str(most)
    return Text(
        f"{most} at most; stops after {wait} without a lower validation loss",
        f"至多 {most} 轮；验证损失连续 {wait} 轮不降即停",
    )


def _or_none(value: float | None) -> Cell:
    return str(value) if value else NONE


VECTORS: dict[str, Cell] = {
    "glove": "GloVe",
    "reviews": Text(
        "made of the training part and the unlabelled reviews", "由训练集和无标签影评得出"
    ),
}
TAUGHT = Text(
    "the unlabelled reviews, with the probabilities that the bag of n-grams gives them",
    "无标签影评，以 n 元组词袋模型给出的概率为标签",
)
NONE = Text("none", "无")
POOLING = {
    "last": Text("each direction's last state", "各方向的末状态"),
    "max": Text("each unit's maximum over the steps", "各隐藏单元在各步中的最大值"),
}
SETTING_ROWS: list[tuple[Text, Callable[[Training], Cell]]] = [
    (Text("word vectors to begin with", "词向量的初值"), lambda each: VECTORS[each.vectors]),
    (
        Text("additional training data", "额外的训练数据"),
        lambda each: TAUGHT if each.unlabelled else NONE,
    ),
    (Text("readout of the last layer", "取自最后一层"), lambda each: POOLING[each.pooling]),
    (Text("hidden size per direction", "每个方向的隐藏层大小"), lambda each: str(each.hidden)),
    (Text("dropout between layers", "层间 dropout"), lambda each: _or_none(each.dropout)),
    (Text("dropout of word vectors", "词向量的 dropout"), lambda each: _or_none(each.word_dropout)),
    (
        Text("dropout before the logit", "logit 之前的 dropout"),
        lambda each: _or_none(each.state_dropout),
    ),
    (Text("reviews per batch", "每批影评数"), lambda each: str(each.batch)),
    (Text("epochs", "轮数"), _epochs),
    (Text("learning rate of Adam", "Adam 的学习率"), _rate),
    (Text("gradients clipped to norm", "梯度范数裁剪到"), lambda each: _or_none(each.clip_norm)),
    (
        Text("tokens read, from a review's end", "读入的词元数（自影评末尾）"),
        lambda each: str(each.max_tokens) if each.max_tokens else Text("all", "全部"),
    ),
]


def versus(regimes: Regimes) -> dict[str, Any]:
    """The bag of n-grams that validation chooses, and how many nets of each regime beat it."""
    bags = regimes["baseline"]
    name = best_by(bags, "valid_accuracy")
    accuracy = bags[name]["test_accuracy"].mean
    above = {
        regime: sum(row["test_accuracy"].mean > accuracy for row in regimes[regime].values())
        for regime in REGIMES
    }
    return {
        "name": grams(name),
        "accuracy": percent(accuracy),
        "time": duration(bags[name]["train_seconds"].mean),
        "nets": {regime: len(regimes[regime]) for regime in REGIMES},
        "above": above,
    }


def grams(bag: str) -> Text:
    """What a bag of n-grams is called; bag: its name, `1-to-3-grams`."""
    return Text(bag, f"{' 至 '.join(re.findall('[0-9]+', bag))} 元组")


def _scores(regimes: Regimes, facts: Facts) -> Iterator[list[Cell]]:
    """The bags first, then the nets."""
    for bag, row in regimes["baseline"].items():
        accuracies = (percent(row[f"{part}_accuracy"].mean) for part in ("valid", "test"))
        losses = (number(row[f"{part}_loss"].mean, 4) for part in ("valid", "test"))
        size, seconds = number(row.parameters), number(row["train_seconds"].mean, 1)
        yield [grams(bag), BASELINE, MISSING, *accuracies, *losses, size, MISSING, seconds, MISSING]
    for regime, trained in REGIMES.items():
        for net, row in regimes[regime].items():
            accuracies = (spread(row[f"{part}_accuracy"], 2, 100) for part in ("valid", "test"))
            losses = (spread(row[f"{part}_loss"], 4) for part in ("valid", "test"))
            size, epochs = number(row.parameters), listing(facts.best_epochs[regime][net])
            pace = number(row["train_seconds"].mean, 1), number(row["tokens_per_second"].mean)
            yield [net, trained, listing(row.runs), *accuracies, *losses, size, epochs, *pace]
    for net, ensemble in facts.ensembles.items():
        row = regimes["ours"][net]
        name = Text(f"{net}, all seeds together", f"{net}，各种子集成")
        tested = percent(ensemble.test_accuracy), number(ensemble.test_loss, 4)
        size = number(len(row.runs) * row.parameters)
        asked: list[Cell] = [name, REGIMES["ours"], listing(row.runs)]
        yield [*asked, MISSING, tested[0], MISSING, tested[1], size, *[MISSING] * 3]


def _structures(regimes: Regimes, facts: Facts) -> Iterator[list[Cell]]:
    """A row a net; those of ours under a name that says so: one net may be in both regimes."""
    for regime, suffix in (("published", ""), ("ours", OURS)):
        for net, row in regimes[regime].items():
            shape = Shape.of(net)
            read = int(re.findall(r"Linear\(in_features=(\d+)", facts.structures[regime][net])[-1])
            sizes = (*shape[1:], read // shape.directions, read)
            name = f"{net}{suffix}"
            yield [name, shape.cell.upper(), *map(str, sizes), number(row.parameters)]


def _printed(facts: Facts) -> dict[str, str]:
    """One net as PyTorch prints it: the first with several layers, else the first."""
    found = facts.structures["published"]
    net = next((net for net in found if Shape.of(net).layers > 1), next(iter(found), ""))
    return {"net": net, "text": found.get(net, "")}


def _mistaken(facts: Facts) -> dict[str, Any]:
    found = facts.mistakes
    return {
        "net": found.net,
        "seed": found.seed,
        "words": max(len(each.words) for each in found.reviews),
    }


def _coverage(facts: Facts) -> Iterator[list[Cell]]:
    for name, row in facts.coverage.items():
        words = number(row.types), number(row.types_with_vector), percent(row.types_share)
        text = number(row.tokens), number(row.tokens_with_vector), percent(row.tokens_share)
        yield [name, *words, *text]
