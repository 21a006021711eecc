"""In what the published run made again is not, or may not be, what the published lab did.

The lab's report tells epochs, batches and losses; that its log is a course exercise's is a
conclusion, from which nearly all settings follow.
"""

from collections.abc import Iterator

from rnnlab.corpora.variants import USUAL
from rnnlab.document.deviations import assumed, precision
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, columns, listing, number, plural
from rnnlab.labs.poetry.facts import Facts
from rnnlab.labs.poetry.settings import FIRST


def rows(results: Results) -> Iterator[list[Cell]]:
    """Under `document.deviations.HEADINGS`: first what differs, then what had to be assumed."""
    facts: Facts = results.facts["poetry"]
    yield from _differences(facts)
    yield from _assumptions(results, facts)


def _differences(facts: Facts) -> Iterator[list[Cell]]:
    theirs, arms, known = published("poetry"), facts.arms, facts.vocabulary
    epochs = len(arms.runs["published"][FIRST].train)
    if epochs < theirs["epochs"]:
        yield columns(
            f"epochs | {theirs['epochs']} | {epochs} | time"
            " | all losses; K8 is then not testable on the run as published",
            f"轮数 | {theirs['epochs']} | {epochs} | 节省时间"
            " | 全部损失；K8 中按原报告方式训练的部分因此无法判定",
        )
    poems = {part: number(count) for part, count in arms.poems.items()}
    yield columns(
        f"poems trained on | {theirs['batches']} batches an epoch; the collection is not stated"
        f" | {poems['train']} of the Complete Tang Poems, {arms.batches} batches, without"
        " duplicates and variants | the corpus at hand, cleaned once for the whole lab"
        " | losses: a poem that comes twice is learnt better",
        f"训练用的诗 | 每轮 {theirs['batches']} 批；出自何处未说明"
        f" | 《全唐诗》中的 {poems['train']} 首，{arms.batches} 批，去除了重复与异文"
        " | 使用现有的语料，整个实验共用一份清理过的诗 | 损失：重复出现的诗会学得更好",
    )
    yield columns(
        f"poems held out | none mentioned | {poems['valid']} for validation, {poems['test']} for"
        " the test | losses on poems that were not learnt from | little: fewer poems to learn from",
        f"留出的诗 | 未提及 | 验证 {poems['valid']} 首，测试 {poems['test']} 首"
        " | 要在没有学过的诗上测损失 | 影响较小：用来学习的诗少了一些",
    )
    symbols = number(facts.coverage.vocabulary)
    yield columns(
        "vocabulary | the exercise: every character that occurs"
        f" | {symbols} symbols: characters that occur {known.min_count} times or more in training,"
        f" {number(known.max_size)} at most; all others are one symbol"
        " | one vocabulary for all nets of the lab"
        " | losses: lower, since no rare character has to be told from another",
        "词表 | 原练习：出现过的每一个字"
        f" | {symbols} 个符号：训练集中出现至少 {known.min_count} 次的字，至多"
        f" {number(known.max_size)} 个；其余的字共用一个符号"
        " | 本实验的各网络共用一份词表 | 损失偏低：罕见字之间不必区分",
    )
    yield columns(
        "poems of a batch | the exercise: one after the other | side by side, padded"
        " | faster, and the same function | rounding alone",
        "同一批中的诗 | 原练习：逐首计算 | 填充后并排计算 | 更快，结果相同 | 只有舍入误差",
    )
    yield columns(
        "writing | the exercise: the opening is the first input"
        " | the start symbol first, then the opening"
        " | in training every poem begins with that symbol | the poems, but no loss",
        "写诗 | 原练习：以开头的字为第一个输入 | 先输入开头符号，再输入开头的字"
        " | 训练时每首诗都以该符号开头 | 写出的诗；不影响损失",
    )


def _assumptions(results: Results, facts: Facts) -> Iterator[list[Cell]]:
    training = facts.arms.runs["published"][FIRST].training
    rate, batch, norm = training.learning_rate, training.batch, training.clip_norm
    clipped = Text(
        *(f"gradients clipped to norm {norm}", f"梯度范数裁剪到 {norm}")
        if norm
        else ("no clipping", "不做梯度裁剪")
    )
    yield columns(
        "net and settings | an LSTM, its epochs and batches; the rest is not stated"
        f" | those of the exercise (nndl, chapter 6), such as RMSprop at {rate}, {clipped.en},"
        f" {batch} poems a batch from short to long, a ReLU on the scores"
        " | the published log has this exercise's words"
        " | all of it, should the run have been another;"
        " [measured](#the-published-run-made-again) is what some of these settings do",
        "网络与设置 | 用 LSTM，并给出轮数与批数；其余未说明"
        f" | 取自课程练习（nndl 第六章），如 RMSprop、学习率 {rate}、{clipped.zh}、"
        f"每批 {batch} 首且由短到长、得分先经 ReLU"
        " | 原日志的用语与该练习相同"
        " | 若当时另有改动，则全部受影响；其中几项设置的作用[已测出](#重做原报告的训练)",
    )
    yield assumed(
        Text("script", "简体与繁体"),
        Text(
            f"simplified, and {number(len(USUAL))} variants of characters made the usual ones",
            f"简体，并将 {number(len(USUAL))} 个异体字改为通行字",
        ),
        Text("the published openings are in simplified characters", "原报告的开头用字是简体"),
        Text("losses: lower, since fewer characters are told apart", "损失偏低：需要区分的字较少"),
    )
    regimes, again = results.nets["poetry"], facts.arms.runs["again"]
    first = listing(regimes["published"][FIRST].runs)
    other = listing(sorted({seed for row in regimes["again"].values() for seed in row.runs}))
    epochs = max(len(run.train) for run in again.values())
    yield assumed(
        Text("seeds", "随机种子"),
        Text(
            f"{first.en}; also {other.en}, for {plural(epochs, 'epoch')}",
            f"{first.zh}；另以 {other.zh} 训练 {epochs} 轮",
        ),
        Text(
            "time; the second one shows how far chance moves a loss",
            "节省时间；第二个种子用来看损失受偶然影响的大小",
        ),
        Text("how sure a comparison is", "比较的可靠程度"),
    )
    yield precision(results, training.precision, "poetry/published")
