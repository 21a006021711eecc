"""In what the regime `published` is not, or may not be, what the published lab did."""

from collections.abc import Iterator, Mapping

from rnnlab.document.deviations import assumed, clipping, precision
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, listing, percent
from rnnlab.labs.sentiment.facts import Facts, Stopping
from rnnlab.labs.sentiment.settings import Training


def rows(results: Results, seeds: list[int]) -> Iterator[list[Cell]]:
    """Under `document.deviations.HEADINGS`: first what differs, then what had to be assumed.

    seeds: of the nets trained as published.
    """
    facts: Facts = results.facts["sentiment"]
    training = facts.training["published"]
    yield from _differences(results, training, seeds)
    yield from _assumptions(results, training, facts.vocabulary.min_count)


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
    subsets = {f"glove.6B.{each}": share.tokens_share for each, share in facts.coverage.items()}
    for name, share in subsets.items():
        subset = results.data[name].subset if name in results.data else None
        if subset:
            words = f"{subset.words:,}"
            yield [
                Text(f"{name}, vectors", f"{name} 词向量"),
                f"{subset.of:,}",
                Text(
                    f"{words}, for {percent(share, 1)}% of the running tokens",
                    f"{words}，覆盖训练集词元的 {percent(share, 1)}%",
                ),
                Text("the mirror holds a part of the file", "镜像只有该文件的一部分"),
                Text(
                    "accuracy with these vectors, the more so the more words lack one",
                    "缺向量的词越多，使用这些向量的准确率受影响越大",
                ),
            ]


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
    moved = ", ".join(f"{cell} {each.moved}/{each.whole}" for cell, each in tried.items())
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
            f" epoch kept in: {moved}",
            f"节省时间；在不论如何都训满的训练中，若也提前结束，保留的轮次会改变的有：{moved}",
        )
        if tried
        else time,
        Text(
            f"the epoch kept by those that ended early ({cells.en})",
            f"提前结束的训练（{cells.zh}）所保留的轮次",
        ),
    ]


def _assumptions(results: Results, training: Training, floor: int) -> Iterator[list[Cell]]:
    rate = training.learning_rate
    most = training.max_tokens
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
    yield assumed(
        Text("batches", "批的组成"),
        Text("reviews of like length, batches in random order", "长度相近的影评同批，各批顺序随机"),
        Text("under 5% of a batch is padding", "填充不足 5%"),
        Text("the noise of a step; the number of steps is the same", "单步的噪声；步数不变"),
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
    yield precision(results, training.precision, "sentiment")
