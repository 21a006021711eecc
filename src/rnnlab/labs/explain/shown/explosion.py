"""Exploding gradients and clipping: tables, figures, and what the prose quotes."""

from statistics import mean
from typing import Any

from rnnlab.document.parts import Figure, Part, Source, Table
from rnnlab.document.text import Cell, Text, columns, number, percent
from rnnlab.labs.explain import facts, sources

YES, NO = Text("yes", "是"), Text("no", "否")
UNCLIPPED = Text("not clipped", "不裁剪")
CLIPPING = columns(
    "net | learning rate | clipped | largest norm | mean loss over the last tenth of the steps"
    " | validation loss | validation accuracy | diverged",
    "网络 | 学习率 | 裁剪 | 最大范数 | 最后十分之一训练步的平均损失 | 验证损失 | 验证准确率 | 发散",
)
EXPLOSION = columns(
    "learning rate | spectral radius of U | diverged, clipped | diverged, not clipped"
    " | largest norm, clipped | largest norm, not clipped"
    " | loss of those left, clipped | loss of those left, not clipped",
    "学习率 | U 的谱半径 | 发散：裁剪 | 发散：不裁剪 | 最大范数：裁剪 | 最大范数：不裁剪"
    " | 其余网络的损失：裁剪 | 其余网络的损失：不裁剪",
)
CLIPPED = columns(
    "lab | regime | clipped to | runs | epochs | epochs with a norm above it"
    " | epochs with a mean norm above it | largest norm",
    "实验 | 训练方式 | 裁剪到 | 运行数 | 轮数 | 最大范数超过界限的轮数 | 平均范数超过界限的轮数"
    " | 最大范数",
)
LABS = {"sentiment": "情感分析", "names": "姓氏", "poetry": "写诗"}
"""In Chinese; in English a lab is told by its own name."""
REGIMES = {"published": Text("as published", "原报告方式"), "ours": Text("ours", "本报告方式")}
OWN_REGIMES = {
    ("names", "ours"): Text("batched", "批量方式"),
    ("poetry", "published"): Text("as published, and changed", "原报告方式及其改动"),
    ("poetry", "again"): Text("some of these, another seed", "其中一部分，另一个种子"),
}
"""What a lab calls them itself."""
TITLES = {
    "clipping": Text("Loss and gradient norm by training step", "损失与梯度范数随训练步的变化"),
    "explosion": Text(
        "Gradient norms and divergence by spectral radius", "梯度范数与发散随谱半径的变化"
    ),
}
"""By stage."""


def parts(found: facts.Facts) -> dict[str, Part]:
    figures = {
        name: Figure(f"explain-{name}", title, sources.stage(name))
        for name, title in TITLES.items()
    }
    return {
        **figures,
        "clipping_runs": Table(
            CLIPPING, [_clipping(run) for run in found.clipping.runs], sources.stage("clipping")
        ),
        "explosions": explosions(found.explosion, sources.stage("explosion")),
        "clipped": Table(
            CLIPPED, [_clipped(each) for each in found.clipped], Source(("evaluate",))
        ),
    }


def prose(found: facts.Facts) -> dict[str, Any]:
    return {
        "explosion": found.explosion.settings,
        "clipping": found.clipping.settings,
        "clipping_reviews": number(found.clipping.settings.reviews),
    }


def explosions(found: facts.Explosions, source: Source) -> Table:
    """A row for every rate and radius: how many diverged, and what the others reached."""
    rows = []
    for each in found.trainings:
        both = list(each.treatments.values())
        gone = [f"{sum(one.diverged)}/{len(one.diverged)}" for one in both]
        norms = [f"{max(one.norms):.2g}" for one in both]
        rows.append(
            [f"{each.learning_rate:g}", f"{each.radius:g}", *gone, *norms, *map(_left_over, both)]
        )
    return Table(EXPLOSION, rows, source)


def _left_over(found: facts.Exploding) -> str:
    pairs = zip(found.loss, found.diverged, strict=True)
    kept = [loss for loss, gone in pairs if loss is not None and not gone]
    return number(mean(kept) if kept else None, 3)


def _clipped(found: facts.Clipped) -> list[Cell]:
    limit = UNCLIPPED if found.clip_norm is None else f"{found.clip_norm:g}"
    acted = (found.above, found.mostly) if found.clip_norm is not None else (None, None)
    counts = [number(each) for each in (found.runs, found.epochs, *acted)]
    return [*_trained(found.lab, found.regime), limit, *counts, number(found.largest, 1)]


def _trained(lab: str, regime: str) -> tuple[Text, Text]:
    """A lab, and how its nets were trained; what has no name here keeps its own."""
    shared = REGIMES.get(regime, Text(regime, regime))
    return Text(lab, LABS.get(lab, lab)), OWN_REGIMES.get((lab, regime), shared)


def _clipping(run: facts.ClippingRun) -> list[Cell]:
    tail, step = run.losses[len(run.losses) * 9 // 10 :], run.diverged_at
    losses = (sum(tail) / len(tail) if tail else None, run.valid_loss)
    diverged = NO if step is None else Text(f"step {step}", f"第 {step} 步")
    how = (run.net, str(run.learning_rate), YES if run.clip_norm else NO)
    norm, accuracy = f"{run.largest_norm:.2f}", percent(run.valid_accuracy)
    return [*how, norm, *(number(loss, 4) for loss in losses), accuracy, diverged]
