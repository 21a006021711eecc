"""In what the regime `published` is not, or may not be, what the published lab did."""

from collections.abc import Iterator, Mapping

from rnnlab.document.deviations import assumed, clipping, initial_weights, precision
from rnnlab.document.published import published
from rnnlab.document.results import Results, Subset
from rnnlab.document.text import Cell, Text, columns, listing, percent
from rnnlab.labs.sentiment.facts import Facts, Stopping
from rnnlab.labs.sentiment.settings import Training

GLOVE = "glove.6B."
"""Begins the name of a file of word vectors; their dimension follows."""


def rows(results: Results, seeds: list[int]) -> Iterator[list[Cell]]:
    """Under `document.deviations.HEADINGS`: first what differs, then what had to be assumed.

    seeds: of the nets trained as published.
    """
    facts: Facts = results.facts["sentiment"]
    training = facts.training["published"]
    yield from _differences(results, training, seeds)
    yield from _of_the_net(training)
    yield from _of_the_reviews(training, facts.vocabulary.min_count)
    yield precision(results, training.precision, "sentiment")


def _differences(results: Results, training: Training, seeds: list[int]) -> Iterator[list[Cell]]:
    facts: Facts = results.facts["sentiment"]
    yield [
        Text("seeds", "随机种子"),
        str(published("sentiment")["seed"]),
        listing(seeds),
        Text("one training cannot tell a difference from chance", "单次训练无法区分差异与偶然"),
        Text("how sure a comparison is", "比较的可靠程度"),
    ]
    yield from _epochs(training, facts.stopping)
    for dimension, subset in subsets(results).items():
        name, words = f"{GLOVE}{dimension}", f"{subset.words:,}"
        share = percent(facts.coverage[dimension].tokens_share, 1)
        yield [
            Text(f"{name}, vectors", f"{name} 词向量"),
            f"{subset.of:,}",
            Text(
                f"{words}, for {share}% of the running tokens",
                f"{words}，覆盖训练集词元的 {share}%",
            ),
            Text("the mirror holds a part of the file", "镜像只有该文件的一部分"),
            Text(
                "accuracy with these vectors, the more so the more words lack one",
                "缺向量的词越多，使用这些向量的准确率受影响越大",
            ),
        ]


def subsets(results: Results) -> dict[str, Subset]:
    """By dimension, as in 100d: of the GloVe files that are there only in part, how much is."""
    facts: Facts = results.facts["sentiment"]
    files = {each: results.data.get(f"{GLOVE}{each}") for each in facts.coverage}
    return {each: file.subset for each, file in files.items() if file and file.subset}


def _epochs(training: Training, stopping: Mapping[str, Stopping]) -> Iterator[list[Cell]]:
    """What an end before the published one may change: nothing, or all."""
    theirs = published("sentiment")["epochs"]
    epochs: list[Cell] = [Text("epochs", "轮数"), str(theirs)]
    time = Text("time", "节省时间")
    if training.epochs < theirs:
        unfinished = Text(
            "all scores: nets may not have finished learning", "全部成绩：网络可能尚未学完"
        )
        yield [*epochs, str(training.epochs), time, unfinished]
        return
    early = [cell.upper() for cell, each in stopping.items() if each.ended]
    if not early:
        return
    all_runs = sum(each.runs for each in stopping.values())
    ended = sum(each.ended for each in stopping.values())
    tried = {cell.upper(): each for cell, each in stopping.items() if each.whole}
    moved = listing(
        Text(f"{cell} {each.moved} of {each.whole}", f"{cell} {each.whole} 次中 {each.moved} 次")
        for cell, each in tried.items()
    )
    wait, cells = training.patience, listing(early)
    yield [
        *epochs,
        Text(
            f"{training.epochs}; {ended} of {all_runs} trainings ended after {wait} without a lower"
            " validation loss",
            f"{training.epochs}；{all_runs} 次训练中有 {ended} 次因验证损失连续 {wait} 轮不降"
            "而提前结束",
        ),
        Text(
            "time; of the trainings that went on regardless, such an end would have changed the"
            f" epoch kept in: {moved.en}",
            f"节省时间；在不论如何都训满的训练中，若也提前结束，保留的轮次会改变的有：{moved.zh}",
        )
        if tried
        else time,
        Text(
            f"the epoch kept by those that ended early ({cells.en})",
            f"提前结束的训练（{cells.zh}）所保留的轮次",
        ),
    ]


def _of_the_net(training: Training) -> Iterator[list[Cell]]:
    """What had to be assumed of the net, and of how it is trained."""
    rate = training.learning_rate
    yield assumed(
        Text("optimiser, learning rate", "优化器与学习率"),
        Text(f"Adam, {rate}, constant", f"Adam，{rate}，恒定"),
        Text("PyTorch's default", "PyTorch 的默认值"),
        Text(
            f"how far a net gets in {training.epochs} epochs, the RNN above all",
            f"{training.epochs} 轮内所能达到的程度，尤其是 RNN",
        ),
    )
    steadiness = Text("how steady a deep RNN's training is", "深层 RNN 训练的稳定性")
    yield clipping(training.clip_norm, steadiness)
    yield initial_weights(
        Text("no others are mentioned", "原文未提及其他做法"),
        Text("how a net's learning begins, a deep RNN's above all", "学习如何起步，尤其是深层 RNN"),
    )
    yield assumed(
        Text("final state that is read", "所读取的末状态"),
        Text(
            "after each review's own last token, backwards after its first; never after padding",
            "各影评自身最后一个词元之后的状态（反向为第一个词元之后），从不取自填充",
        ),
        Text("padding is no part of a review", "填充不是影评的内容"),
        Text(
            "accuracy, if the published nets read padding, too: perhaps most of all the RNN's",
            "若原报告的网络连填充也读，则影响准确率，受影响最大的或许是 RNN",
        ),
    )
    yield assumed(
        Text("batches", "批的组成"),
        Text("reviews of like length, batches in random order", "长度相近的影评同批，各批顺序随机"),
        Text("under 5% of a batch is padding", "填充不足 5%"),
        Text("the noise of a step; the number of steps is the same", "单步的噪声；步数不变"),
    )


def _of_the_reviews(training: Training, floor: int) -> Iterator[list[Cell]]:
    """What had to be assumed of the reviews and their words.

    floor: how often the training part has a word of the vocabulary.
    """
    most = training.max_tokens
    yield assumed(
        Text("how the labelled reviews are divided", "有标签影评如何划分"),
        Text("stratified by label, the same for all seeds", "按标签分层，各种子相同"),
        Text("so that seeds vary weights and order alone", "使种子只改变初始权重与训练次序"),
        Text(
            "which epoch is kept; the spread over seeds leaves the division out",
            "保留哪一轮；种子之间的离散程度不含划分带来的差异",
        ),
    )
    yield columns(
        "tokens | by spaCy; no more is stated"
        " | by spaCy's English rules, without a model; in lower case, `<br />` left out"
        " | GloVe's words are in lower case"
        " | which words have a vector, and how many words there are",
        "词元 | 用 spaCy 切分，其余未说明"
        " | 用 spaCy 的英语规则切分，不用模型；一律小写，去掉 `<br />`"
        " | GloVe 的词是小写的 | 哪些词有向量，以及词的数目",
    )
    yield assumed(
        Text("length of a review", "影评长度"),
        Text(f"the last {most} tokens", f"最后 {most} 个词元")
        if most
        else Text("read whole", "全文读入"),
        Text("nothing is said of cutting", "原文未提及截断"),
        Text("what the RNN can still recall at the end", "RNN 到末尾还能记得多少"),
    )
    yield assumed(
        Text("words of the vocabulary", "词表中的词"),
        Text(
            f"those that the training part has {floor} times or more",
            f"训练集中出现至少 {floor} 次的词",
        ),
        Text("others are trained hardly or not at all", "其余的词几乎或完全得不到训练"),
        Text("the vectors of rare words", "罕见词的向量"),
    )
    yield assumed(
        Text("words without a vector", "没有向量的词"),
        Text("drawn like the known vectors, trained", "按已知向量的分布抽取，并参与训练"),
        Text("one vector for all would merge them", "共用一个向量会把它们混为一谈"),
        Text("little where most words have a vector", "若多数词有向量，则影响很小"),
    )
