"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from rnnlab.corpora.variants import USUAL
from rnnlab.document.deviations import HEADINGS
from rnnlab.document.parts import Content, Figure, Part, Source, Table, together
from rnnlab.document.published import published
from rnnlab.document.results import Results, best_by
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
from rnnlab.labs.poetry import as_published, deviations
from rnnlab.labs.poetry.data import SPECIAL
from rnnlab.labs.poetry.facts import Composed, Facts, Fault, Measure, Shape, Throughput
from rnnlab.labs.poetry.settings import CUT, FIRST
from rnnlab.runs.scores import Nets, NetScores, runs_of

TITLE = Text("Poetry: characters of Tang poems", "写诗：唐诗的字符语言模型")
CORPUS = columns("step | poems", "步骤 | 诗数")
DROPPED: dict[Fault, Text] = {
    "empty": Text("nothing left but editors' notes", "除编者注外别无文字"),
    "gaps": Text("characters lost, or without a code", "有缺字，或含未编码的字"),
    "symbols": Text("other symbols left", "尚有其他符号"),
    "fragments": Text("fewer than two lines", "不足两句"),
    "doubles": Text("the same characters as another poem", "与另一首字字相同"),
    "variants": Text(
        "variant or part of another poem (half of the shorter one's lines are the other's)",
        "是另一首的异文或片段（较短者有一半诗句见于另一首）",
    ),
}
FORMS: dict[Shape, Text] = {
    "five": Text("of these, all lines of five characters", "其中五言"),
    "seven": Text("of these, all lines of seven characters", "其中七言"),
    "other": Text("of these, other forms", "其中其他体式"),
}
SCORES = columns(
    "model | perplexity per hanzi | 95% interval | nats per hanzi | nats per character"
    " | perplexity per character | upper bound, unknown told apart"
    " | validation loss, poems' ends counted"
    " | parameters | best epoch | training time (s) | symbols/s",
    "模型 | 每个汉字的困惑度 | 95% 区间 | 每汉字奈特数 | 每字奈特数 | 每字困惑度"
    " | 区分未知字的上界 | 验证损失，计入诗尾 | 参数量 | 最佳轮次 | 训练时间（秒） | 符号/秒",
)
DIFFERENCES = columns(
    "difference | nats per character | 95% interval over poems | seeds",
    "相减 | 每字奈特数之差 | 95% 区间（诗的抽样） | 种子数",
)
GRAMS = {
    f"{longest}-grams": Text(f"{longest}-grams", f"{longest} 元模型") for longest in range(2, 5)
}
FREQUENCIES = Text("frequencies alone", "只知字频")
OUTPUT_LAYER = columns(
    "output layer | scored | precision | symbols/s | times the first",
    "输出层 | 打分的位置 | 精度 | 符号/秒 | 与第一行之比",
)
SOFTMAX = {
    False: Text("plain softmax", "普通 softmax"),
    True: Text("common characters and clusters of the others", "常用字，其余分组"),
}
POSITIONS = {False: Text("real positions", "真实位置"), True: Text("every position", "全部位置")}
MEASURES: dict[Measure, Text] = {
    "line_length": Text("all lines of 5, or of 7", "全为五言或全为七言"),
    "punctuation": Text("stops in their places", "标点各得其所"),
    "repetition": Text("repeats a line", "有重复的句子"),
    "rhyme": Text("rhymes", "押韵"),
    "copying": Text("has a line of a training poem", "有训练诗中的原句"),
}
WAYS: tuple[Literal["greedy", "free"], ...] = ("greedy", "free")
REAL = Text("real, of the test part", "真诗（测试集）")

STRUCTURES = columns(
    "net | cell | layers | directions | embedding | hidden | parameters",
    "网络 | 单元 | 层数 | 方向数 | 嵌入维数 | 隐藏层大小 | 参数量",
)
CURVES = Text("Loss by epoch", "损失随轮次的变化")
SHARES = Text("Measures of poems", "对诗作的度量")


def section(results: Results) -> Content:
    return Content(TITLE, _parts(results), _values(results))


def _parts(results: Results) -> dict[str, Part]:
    facts: Facts = results.facts["poetry"]
    nets, made = results.nets["poetry"]["ours"], facts.composed
    grams = results.nets["poetry"]["baseline"]
    # The encode stage counted the frequencies.
    scored = Source(("poetry-encode", "poetry-baseline"), runs_of(nets))
    trained = Source(runs=runs_of(nets))
    curves = Source(("poetry-encode",), trained.runs)
    timed = Source(("poetry-output-layer",))
    again = Source(runs=runs_of({FIRST: results.nets["poetry"]["published"][FIRST]}))
    writers = {
        net: Source(("poetry-compose",), (nets[net].runs[made.seed],)) for net in made.written
    }
    composed = together(writers.values())
    return {
        "corpus": Table(CORPUS, list(_corpus(facts)), Source(("poetry-prepare",))),
        "scores": Table(SCORES, list(_scores(nets, grams, facts)), scored),
        "differences": Table(DIFFERENCES, list(_differences(nets, facts)), trained),
        "curves": Figure("poetry-curves", CURVES, curves),
        **as_published.parts(results),
        "deviations": Table(HEADINGS, list(deviations.rows(results)), again),
        "output_layer": Table(OUTPUT_LAYER, list(_output_layer(facts.output_layer)), timed),
        "beside": _beside(results),
        **{f"poems_{net}": _poems(net, made, source) for net, source in writers.items()},
        "structures": Table(
            STRUCTURES, list(_structures(results, facts)), together([trained, again])
        ),
        "measures": Table(["", CORPUS[1], *MEASURES.values()], list(_measures(made)), composed),
        "shares": Figure("poetry-measures", SHARES, composed),
    }


def _values(results: Results) -> dict[str, Any]:
    facts: Facts = results.facts["poetry"]
    nets, made = results.nets["poetry"]["ours"], facts.composed
    return {
        "cleaning": {name: number(count) for name, count in facts.cleaning.items()},
        "coverage": {name: number(count) for name, count in facts.coverage},
        "rare": facts.coverage.unknown_kinds > 0,
        "arms": as_published.values(results),
        "variants": number(len(USUAL)),
        **_vocabulary(facts),
        "training": facts.training,
        "printed": _printed(facts),
        **_training(facts, nets),
        "published": _published(facts, nets) if results.comparable else None,
        "poems": [
            {"table": f"poems_{net}", "acrostic": "".join(written["acrostic"])}
            for net, written in made.written.items()
        ],
        "compose": facts.compose,
        "most": CUT,
        "baseline": counted(nets, results.nets["poetry"]["baseline"]),
        "rhyme": _rhyme(made),
        "half": percent(_half(0.1, facts.compose.measured), 1),
    }


def writer(name: str) -> Cell:
    """Who wrote the poems that `Composed.measured` holds under `name`."""
    return REAL if name == "real" else name.upper()


def _vocabulary(facts: Facts) -> dict[str, Any]:
    """How rare a character may be: by its count, unless the vocabulary's size says it."""
    known, most = facts.coverage.vocabulary - len(SPECIAL), facts.vocabulary.max_size
    return {
        "known": number(known),
        "capped": known == most,
        "min_count": facts.vocabulary.min_count,
    }


def _corpus(facts: Facts) -> Iterator[list[Cell]]:
    counts = {name: number(poems) for name, poems in facts.cleaning.items()}
    yield [Text("read from the archive", "从压缩包读入"), counts["read"]]
    for fault, reason in DROPPED.items():
        yield [reason, number(-facts.cleaning[fault])]
    yield [Text("**kept**", "**保留**"), f"**{counts['kept']}**"]
    for shape, form in FORMS.items():
        yield [form, counts[shape]]


def _scores(nets: Nets, grams: Nets, facts: Facts) -> Iterator[list[Cell]]:
    for net, row in nets.items():
        yield [
            net.upper(),
            *_losses(row),
            number(row.parameters),
            listing(facts.best_epochs[net]),
            *(number(row[pace].mean) for pace in ("train_seconds", "tokens_per_second")),
        ]
    for name, row in grams.items():
        yield [
            Text(f"{GRAMS[name].en}, Kneser-Ney", f"{GRAMS[name].zh}，Kneser-Ney"),
            *_losses(row),
            number(row.parameters),
            MISSING,
            number(row["train_seconds"].mean),
            MISSING,
        ]
    nats = number(facts.coverage.unigram_nll, 3)
    yield [FREQUENCIES, *[MISSING] * 3, nats, *[MISSING] * (len(SCORES) - 5)]


def _losses(row: NetScores) -> Iterator[Cell]:
    yield f"**{spread(row['perplexity_hanzi'], 1)}**"
    yield "–".join(number(math.exp(bound), 1) for bound in interval(row, "test_nll_hanzi"))
    yield spread(row["test_nll_hanzi"], 3)
    yield spread(row["test_nll"], 3)
    yield spread(row["perplexity"], 1)
    yield spread(row["test_nll_upper"], 3)
    yield spread(row["valid_loss"], 3)


def interval(scores: NetScores, loss: str) -> tuple[float, float]:
    """The 95% interval of `loss`, by normal approximation, in nats.

    All seeds are scored on the same poems, so more seeds narrow only the share that is theirs.
    """
    found, error = scores[loss], scores[f"{loss}_error"].mean
    half = 1.96 * math.sqrt(error**2 + (found.std or 0.0) ** 2 / found.n)
    return found.mean - half, found.mean + half


def _differences(nets: Nets, facts: Facts) -> Iterator[list[Cell]]:
    for each in facts.differences:
        low, high = signed(each.low, 3), signed(each.high, 3)
        bounds = Text(f"{low} … {high}", f"{low} 至 {high}")
        seeds = str(len(nets[each.one].runs.keys() & nets[each.other].runs))
        names = f"{each.one.upper()} − {each.other.upper()}"
        yield [names, signed(each.nats, 3), bounds, seeds]


def _output_layer(rows: list[Throughput]) -> Iterator[list[Cell]]:
    for row in rows:
        speed = row.symbols_per_second
        times = number(speed / rows[0].symbols_per_second, 2)
        layer, scored = SOFTMAX[row.clusters], POSITIONS[row.everywhere]
        yield [layer, scored, row.precision, number(speed), times]


def _poems(net: str, made: Composed, source: Source) -> Table:
    """A row an opening, a column a form."""
    name, poems = net.upper(), made.written[net]
    headings = columns(
        f"{name}, free | {name}, five characters | {name}, seven characters",
        f"{name}，自由 | {name}，五言 | {name}，七言",
    )
    rows = list(zip(poems["free"], poems["five"], poems["seven"], strict=True))
    return Table(headings, rows, source)


def _beside(results: Results) -> Table:
    """The poems of the published net made again, and those of our best net, by opening."""
    facts: Facts = results.facts["poetry"]
    regimes, made = results.nets["poetry"], facts.composed
    best = best_by(regimes["ours"], "valid_loss")
    ours, theirs = made.written[best], made.as_published
    name = best.upper()
    headings = columns(
        "published net, likeliest | published net, sampled"
        f" | our {name}, likeliest | our {name}, sampled",
        f"原报告网络，取最可能的字 | 原报告网络，抽样"
        f" | 本报告 {name}，取最可能的字 | 本报告 {name}，抽样",
    )
    rows = list(zip(*(each[way] for each in (theirs, ours) for way in WAYS), strict=True))
    writers = (
        runs_of({FIRST: regimes["published"][FIRST]}),
        (regimes["ours"][best].runs[made.seed],),
    )
    return Table(headings, rows, Source(("poetry-compose",), (*writers[0], *writers[1])))


def _rhyme(composed: Composed) -> dict[str, Any]:
    """How often poems rhyme, by who wrote them, and which nets do so more than chance would."""
    chance, nets = composed.chance_of_rhyme, dict(composed.measured)
    real = nets.pop("real")["rhyme"]
    more = [name.upper() for name, row in nets.items() if _least(row) > chance]
    return {
        "chance": percent(chance, 1),
        "real": percent(real, 1),
        "rates": [f"{name.upper()} {percent(row['rhyme'], 1)}%" for name, row in nets.items()],
        "more": more,
    }


def _least(row: Mapping[Literal["poems", Measure], float]) -> float:
    """The lower end of the 95% interval of a share of poems that rhyme."""
    return row["rhyme"] - _half(row["rhyme"], row["poems"])


def _half(share: float, poems: float) -> float:
    """Half the 95% interval of a share of so many poems, by normal approximation."""
    return 1.96 * math.sqrt(share * (1 - share) / max(poems, 1))


def _measures(composed: Composed) -> Iterator[list[Cell]]:
    for name, row in composed.measured.items():
        shares = [percent(row[measure], 1) for measure in MEASURES]
        yield [writer(name), number(row["poems"]), *shares]


def _structures(results: Results, facts: Facts) -> Iterator[list[Cell]]:
    """Our nets, and the published one made again."""
    regimes, training = results.nets["poetry"], facts.training
    for net, row in regimes["ours"].items():
        sizes = (training.layers, 1, training.embedding, training.hidden)
        yield [net, net.upper(), *map(str, sizes), number(row.parameters)]
    printed = facts.structures[FIRST]
    found = re.search(r"LSTM\((\d+), (\d+)(?:, num_layers=(\d+))?", printed)
    embedding, hidden, layers = found.groups("1") if found else [MISSING] * 3
    weights = number(regimes["published"][FIRST].parameters)
    yield [as_published.AGAIN, "LSTM", layers, "1", embedding, hidden, weights]


def _printed(facts: Facts) -> dict[str, str]:
    """One net as PyTorch prints it: the LSTM, if it is there."""
    net = "lstm" if "lstm" in facts.structures else next(iter(facts.structures))
    return {"net": net.upper(), "text": facts.structures[net]}


def _decay(share: float) -> Text:
    """To what part of itself the learning rate falls."""
    if share == 0:
        return Text("0", "0")
    return Text(f"{share:g} times that", f"其 {share:g} 倍")


def _training(facts: Facts, nets: Nets) -> dict[str, Any]:
    """What prose says of how the nets were trained, where it depends on what they share."""
    seeds = list(dict.fromkeys(seed for row in nets.values() for seed in row.runs))
    epochs = set(facts.epochs.values())
    return {
        "decayed": _decay(facts.training.last_learning_rate),
        "seeds": seeds if len(seeds) > 1 else [],
        "epochs": epochs.pop() if len(epochs) == 1 else None,
        "epochs_by_net": [f"{net.upper()} {each}" for net, each in facts.epochs.items()],
    }


def counted(nets: Nets, grams: Nets) -> dict[str, Any]:
    """The n-gram model that validation chooses, and the net that it chooses."""
    best, net = (best_by(each, "valid_loss") for each in (grams, nets))
    return {
        "name": GRAMS[best],
        "perplexity": number(grams[best]["perplexity_hanzi"].mean),
        "net": net.upper(),
        "net_perplexity": number(nets[net]["perplexity_hanzi"].mean),
    }


def _published(facts: Facts, nets: Nets) -> dict[str, Any]:
    """The published losses, that of frequencies alone, and that of the net that validation
    chooses."""
    theirs, best = published("poetry"), best_by(nets, "valid_loss")
    low, high = theirs["last_batch_loss_nats"]
    return {
        **{"epochs": theirs["epochs"], "low": low, "high": high},
        "unigram": number(facts.coverage.unigram_nll, 2),
        "best": best.upper(),
        "reached": number(nets[best]["test_nll"].mean, 2),
    }
