"""The report's section on the lab: its tables, its figures' places, and what its prose quotes."""

from collections.abc import Iterator
from typing import Any

from rnnlab.document.parts import Figure, Section, Source, Table
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, listing, number, percent, signed, spread
from rnnlab.labs.poetry.facts import Cleaning, Composed, Facts, Throughput, Written
from rnnlab.runs.scores import Nets, runs_of

TITLE = Text("Poetry: characters of Tang poems", "写诗：唐诗的字符语言模型")
CORPUS = (Text("step", "步骤"), Text("poems", "诗数"))
DROPPED = {
    "empty": Text("nothing left but editors' notes", "除编者注外别无文字"),
    "gaps": Text("characters lost, or without a code", "有缺字，或有无编码的字"),
    "symbols": Text("other symbols left", "尚有其他符号"),
    "fragments": Text("less than two lines", "不足两句"),
    "doubles": Text("the same characters as another poem", "与另一首字字相同"),
    "variants": Text(
        "variant or part of another poem (half of the shorter one's lines are the other's)",
        "是另一首的异文或片段（较短者有一半诗句见于另一首）",
    ),
}
FORMS = {
    "five": Text("of these, all lines of five characters", "其中五言"),
    "seven": Text("of these, all lines of seven characters", "其中七言"),
    "other": Text("of these, other forms", "其中其他体式"),
}
SCORES = (
    Text("net", "网络"),
    Text("nats per character", "每字奈特数"),
    Text("95% interval", "95% 区间"),
    Text("without punctuation", "不计标点"),
    Text("upper bound, unknown told apart", "区分未知字的上界"),
    Text("with poems' ends", "计入诗尾"),
    Text("perplexity", "困惑度"),
    Text("parameters", "参数量"),
    Text("best epoch", "最佳轮次"),
    Text("training time (s)", "训练时间（秒）"),
    Text("symbols/s", "符号/秒"),
)
FREQUENCIES = Text("frequencies alone", "只知字频")
OUTPUT_LAYER = (
    Text("output layer", "输出层"),
    Text("scored", "打分的位置"),
    Text("precision", "精度"),
    Text("symbols/s", "符号/秒"),
    Text("times the first", "与第一行之比"),
)
SOFTMAX = {
    False: Text("plain softmax", "普通 softmax"),
    True: Text("common characters and clusters of the others", "常用字，其余分组"),
}
POSITIONS = {False: Text("real positions", "真实位置"), True: Text("every position", "全部位置")}
MEASURES = {
    "line_length": Text("all lines of 5, or of 7", "全为五言或全为七言"),
    "punctuation": Text("stops in their places", "标点各得其所"),
    "repetition": Text("repeats a line", "有重复的句子"),
    "rhyme": Text("rhymes", "押韵"),
    "copying": Text("has a line of a training poem", "有训练诗中的原句"),
}
MEASURED: tuple[Cell, ...] = ("", CORPUS[1], *MEASURES.values())
REAL = Text("real, held out", "真诗（验证部分）")

CURVES = Text("Loss by epoch", "损失随轮次的变化")
FIVE = Text("The five-character poems of every net", "各网络的五言诗")
SHARES = Text("Measures of poems", "对诗作的度量")


def section(results: Results) -> Section:
    facts: Facts = results.facts["poetry"]
    nets = results.nets["poetry"]["ours"]
    # The encode stage counted the frequencies.
    trained = Source(("poetry-encode",), runs_of(nets))
    timed = Source(("poetry-output-layer",))
    seed, written = facts.composed.seed, facts.composed.written
    composed = Source(("poetry-compose",), tuple(nets[net].runs[seed] for net in written))
    poems = {f"poems_{net}": _poems(net, each, nets, seed) for net, each in written.items()}
    return Section(
        TITLE,
        {
            "corpus": Table(CORPUS, list(_corpus(facts.cleaning)), Source(("poetry-prepare",))),
            "scores": Table(SCORES, list(_scores(nets, facts)), trained),
            "curves": Figure("poetry-curves.png", CURVES, trained),
            "output_layer": Table(OUTPUT_LAYER, list(_output_layer(facts.output_layer)), timed),
            **poems,
            "five": Figure("poetry-poems.png", FIVE, composed),
            "measures": Table(MEASURED, list(_measures(facts.composed)), composed),
            "shares": Figure("poetry-measures.png", SHARES, composed),
        },
        {
            **_counts(facts),
            **_training(facts, nets),
            "published": _published(facts, nets) if results.comparable else None,
            "poems": [
                {"table": table, "acrostic": "".join(each.acrostic)}
                for table, each in zip(poems, written.values(), strict=True)
            ],
            "compose": facts.compose,
            "chance_of_rhyme": percent(facts.composed.chance_of_rhyme, 1),
        },
    )


def writer(name: str) -> Cell:
    """Who wrote the poems that `Composed.measured` holds under `name`."""
    return REAL if name == "real" else name.upper()


def _corpus(cleaning: Cleaning) -> Iterator[list[Cell]]:
    counts = {name: number(poems) for name, poems in cleaning.model_dump().items()}
    yield [Text("read from the archive", "从压缩包读入"), counts["read"]]
    for name, reason in DROPPED.items():
        yield [reason, f"−{counts[name]}"]
    yield [Text("**kept**", "**保留**"), f"**{counts['kept']}**"]
    for name, form in FORMS.items():
        yield [form, counts[name]]


def _scores(nets: Nets, facts: Facts) -> Iterator[list[Cell]]:
    for net, row in nets.items():
        low, high = (number(bound, 3) for bound in facts.intervals[net])
        yield [
            net.upper(),
            f"**{spread(row['valid_nll'], 3)}**",
            f"{low}–{high}",
            *(spread(row[f"valid_{loss}"], 3) for loss in ("nll_hanzi", "nll_upper", "loss")),
            spread(row["perplexity"], 1),
            number(row.parameters),
            listing(facts.best_epochs[net]),
            number(row["train_seconds"].mean),
            number(row["tokens_per_second"].mean),
        ]
    yield [FREQUENCIES, number(facts.coverage.unigram_nll, 3), *[""] * (len(SCORES) - 2)]


def _output_layer(rows: list[Throughput]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [
            SOFTMAX[row.clusters],
            POSITIONS[row.everywhere],
            row.precision,
            number(row.symbols_per_second),
            number(row.symbols_per_second / rows[0].symbols_per_second, 2),
        ]


def _poems(net: str, written: Written, nets: Nets, seed: int) -> Table:
    """A row an opening, a column a form."""
    forms = (("free", "自由"), ("five characters", "五言"), ("seven characters", "七言"))
    columns = [Text(f"{net.upper()}, {en}", f"{net.upper()}，{zh}") for en, zh in forms]
    rows = list(zip(written.free, written.five, written.seven, strict=True))
    return Table(columns, rows, Source(("poetry-compose",), (nets[net].runs[seed],)))


def _measures(composed: Composed) -> Iterator[list[Cell]]:
    for name, row in composed.measured.items():
        shares = [percent(getattr(row, measure), 1) for measure in MEASURES]
        yield [writer(name), number(row.poems), *shares]


def _counts(facts: Facts) -> dict[str, Any]:
    """What prose says of the corpus."""
    coverage = facts.coverage.model_dump(exclude={"unigram_nll"})
    return {
        "cleaning": {name: number(each) for name, each in facts.cleaning.model_dump().items()},
        "coverage": {name: number(each) for name, each in coverage.items()},
        "min_count": facts.vocabulary.min_count,
    }


def _training(facts: Facts, nets: Nets) -> dict[str, Any]:
    """What prose says of how the nets were trained."""
    seeds = list(dict.fromkeys(seed for row in nets.values() for seed in row.runs))
    epochs = list(dict.fromkeys(facts.epochs.values()))
    return {
        "training": facts.training,
        "several_layers": facts.training.layers > 1,
        "seeds": seeds if len(seeds) > 1 else [],
        "epochs": epochs[0] if len(epochs) == 1 else None,
        "epochs_by_net": [f"{net.upper()} {each}" for net, each in facts.epochs.items()],
    }


def _published(facts: Facts, nets: Nets) -> dict[str, Any]:
    """The published losses and our best net's, and how much better they are than frequencies."""
    theirs, unigram = published("poetry"), facts.coverage.unigram_nll
    low, high = theirs["last_batch_loss_nats"]
    best = min(nets, key=lambda net: nets[net]["valid_nll"].mean)
    losses = {"least": high, "most": low, "ours": nets[best]["valid_nll"].mean}
    # How much better than frequencies alone; the Chinese sentence has no signs.
    gains = {name: unigram - nats for name, nats in losses.items()}
    return {
        "epochs": theirs["epochs"],
        "low": low,
        "high": high,
        "best": best.upper(),
        "unigram": number(unigram, 2),
        "gains": {name: Text(signed(gain), number(gain, 2)) for name, gain in gains.items()},
    }
