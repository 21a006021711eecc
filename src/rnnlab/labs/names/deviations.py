"""In what the regime `published` is not, or may not be, what the published lab did."""

from collections.abc import Iterator

from rnnlab.document.deviations import assumed, clipping, initial_weights
from rnnlab.document.published import published
from rnnlab.document.results import Results
from rnnlab.document.text import Cell, Text, columns, listing, number
from rnnlab.labs.names.facts import Facts
from rnnlab.labs.names.settings import PEEPHOLE
from rnnlab.runs.scores import Nets

SETTING_NAMES = {
    "learning_rate": Text("learning rate", "学习率"),
    "hidden": Text("hidden size", "隐藏层大小"),
}


def rows(results: Results) -> Iterator[list[Cell]]:
    """Under `document.deviations.HEADINGS`: first what differs, then what had to be assumed."""
    facts: Facts = results.facts["names"]
    yield from _differences(facts)
    yield from _of_the_nets(facts)
    yield from _of_the_names(facts)
    yield from _of_the_comparison(facts, results.nets["names"]["published"])


def _differences(facts: Facts) -> Iterator[list[Cell]]:
    steps, theirs = facts.published.training.steps, published("names")["steps"]
    if steps < theirs:
        yield columns(
            f"steps | {number(theirs)} | {number(steps)} | time"
            " | all scores: the nets have not finished learning, and few steps favour high rates",
            f"步数 | {number(theirs)} | {number(steps)} | 节省时间"
            " | 全部成绩：网络尚未学完，而步数少时较大的学习率占优",
        )
    yield columns(
        f"code of {PEEPHOLE} | one gate under two names; tanh(c) applied twice; only the last"
        " letter read | corrected"
        " | as printed it does not run; with the name alone repaired it is no LSTM"
        " | its accuracy: [what each slip costs](#the-hand-written-lstm-as-it-is-printed)",
        f"{PEEPHOLE} 的代码 | 同一个门用了两个名字；tanh(c) 乘了两次；只读最后一个字母 | 已更正"
        " | 照印出的代码无法运行；只改名字，也不成其为 LSTM"
        " | 它的准确率（[各处疏漏的代价](#手写-lstm原报告印出的代码)另行测得）",
    )


def _of_the_nets(facts: Facts) -> Iterator[list[Cell]]:
    """How a net is trained."""
    training, beside = facts.published.training, facts.published.side_by_side
    yield columns(
        "optimiser | tutorial-rnn: SGD, one name a step; the LSTMs: not stated"
        " | SGD, one name a step, for all | as for the RNN, so that the nets compare"
        " | how far the LSTMs get",
        "优化器 | tutorial-rnn 为 SGD，每步一个姓；两种 LSTM 未说明 | 一律用 SGD，每步一个姓"
        " | 与 RNN 一致，便于比较 | 两种 LSTM 所能达到的程度",
    )
    steps = number(training.steps)
    yield assumed(
        Text(f"steps of {PEEPHOLE}", f"{PEEPHOLE} 的步数"),
        Text(f"{steps}, as of the others", f"{steps}，与其他网络相同"),
        Text("so that the nets compare", "便于比较"),
        Text("how far it gets", "它所能达到的程度"),
    )
    diverging = Text("from which rate on training diverges", "学习率大到多少时训练会发散")
    yield clipping(training.clip_norm, diverging)
    yield initial_weights(
        Text("the printed nets set none", "印出的网络没有另设"),
        Text("as another seed would", "与换一个种子相当"),
    )
    yield assumed(
        Text("weights that are scored", "据以评分的权重"),
        Text(
            "those with the lowest loss on the names held out, looked at every"
            f" {number(training.block)} steps",
            f"每 {number(training.block)} 步验证一次，取验证损失最低者",
        ),
        Text("as in the other labs", "与其他实验一致"),
        Text(
            "accuracies may be a little too high; those after the last step stand beside them",
            "准确率可能略微偏高；最后一步之后的准确率一并列出",
        ),
    )
    small = listing(beside.nets)
    yield assumed(
        Text("nets at a time", "同时训练的网络数"),
        Text(
            f"{small.en}: up to {beside.at_once}, side by side; the others alone",
            f"{small.zh} 至多 {beside.at_once} 个并排训练，其余单独训练",
        ),
        Text("the fixed cost of a step is paid once", "每步的固定开销只付一次"),
        Text(
            "rounding; and times: a net's is its share of the group's",
            "舍入误差；用时则是各网络分摊到的份额",
        ),
    )
    machine, threads = (f"`{training.device}`", training.precision), training.threads
    yield columns(
        f"processor | a CPU, not stated which | {', '.join(machine)}, threads: {threads}"
        " | what is at hand; steps this small gain nothing from a GPU | times, not accuracies",
        f"处理器 | CPU，型号未说明 | {'，'.join(machine)}，线程数 {threads}"
        " | 使用手头的机器；单步很小，用 GPU 并无好处 | 只影响用时，不影响准确率",
    )


def _of_the_names(facts: Facts) -> Iterator[list[Cell]]:
    """What is trained on, and what is held out."""
    yield assumed(
        Text("names held out", "留出的姓"),
        Text(
            f"{number(facts.counts.held_out.pairs)} of {number(facts.counts.pairs)} different"
            " (language, name) pairs, stratified by language",
            f"{number(facts.counts.pairs)} 个不同的（语言，姓）组合中的"
            f" {number(facts.counts.held_out.pairs)} 个，各语言比例相同",
        ),
        Text(
            "a line that has a twin in training would be no test",
            "若训练集中有相同的行，验证便没有意义",
        ),
        Text(
            "accuracy: lines divided at random should give a higher one",
            "准确率：若按行随机划分，应当更高",
        ),
    )
    yield assumed(
        Text("how names are drawn", "抽取姓的方式"),
        Text(
            "a random language, then a random one of its different names",
            "先随机取一种语言，再从其互不相同的姓中随机取一个",
        ),
        Text(
            "PyTorch's tutorial, whose net the RNN is, draws so",
            "PyTorch 教程如此抽取，而这里的 RNN 正是教程的网络",
        ),
        Text(
            "how languages with few names weigh against those with many",
            "姓少的语言与姓多的语言孰轻孰重",
        ),
    )


def _of_the_comparison(facts: Facts, nets: Nets) -> Iterator[list[Cell]]:
    """What a comparison, or a value named best, rests on."""
    yield assumed(
        Text("seeds", "随机种子"),
        seeds(nets),
        Text("one training cannot tell a difference from chance", "单次训练无法区分差异与偶然"),
        Text("how sure a comparison is", "比较的可靠程度"),
    )
    tried = [_tried(name, sorted(values)) for name, values in facts.sweeps.items()]
    if tried:
        yield assumed(
            Text("values tried before one was named best", "选出“最佳”值时试过哪些值"),
            Text("; ".join(each.en for each in tried), "；".join(each.zh for each in tried)),
            Text("some on either side of the named one", "所称最佳值两侧都要有"),
            Text("which value comes out best", "哪个值最佳"),
        )
    if f"{PEEPHOLE}/hidden" in facts.sweeps:
        rate, size = facts.published.learning_rate[PEEPHOLE], published("names")["hidden"][PEEPHOLE]
        yield assumed(
            Text("learning rate of other hidden sizes", "其他隐藏层大小所用的学习率"),
            Text(
                f"{rate:g} for all, named best for {size}",
                f"一律为 {rate:g}，即原报告在 {size} 时所称的最佳值",
            ),
            Text("so that the trainings differ in size alone", "使各次训练只有大小不同"),
            Text(
                "which size comes out best: each may have a best rate of its own",
                "哪个大小最佳：各个大小的最佳学习率可能不同",
            ),
        )


def seeds(nets: Nets) -> Text:
    """Those of each net."""
    own = {net: listing(row.runs) for net, row in nets.items()}
    return Text(
        "; ".join(f"{net}: {each.en}" for net, each in own.items()),
        "；".join(f"{net}：{each.zh}" for net, each in own.items()),
    )


def _tried(name: str, values: list[float]) -> Text:
    net, _, setting = name.partition("/")
    what, count = SETTING_NAMES[setting], len(values)
    low, high = f"{values[0]:g}", f"{values[-1]:g}"
    return Text(
        f"{what.en} of {net}: {count}, from {low} to {high}",
        f"{net} 的{what.zh}：{low} 至 {high}，共 {count} 个",
    )
