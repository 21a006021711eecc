"""The report's sections that are no lab's: the summary, the data, how it was made."""

from collections.abc import Iterator
from typing import get_args

from rnnlab.claims import claims
from rnnlab.claims.ledger import Verdict
from rnnlab.document.parts import Content, Source, Table
from rnnlab.document.results import DatasetOrigin, Results
from rnnlab.document.text import Cell, Text, columns, duration, number

PROVENANCE = columns(
    "dataset | source | file | whole or subset | sha256",
    "数据集 | 来源 | 文件 | 完整或子集 | sha256",
)
KINDS = {
    "mirror": Text("mirror", "镜像"),
    "official": Text("official", "官方"),
    "generated": Text("generated", "自行生成"),
}
MACHINES = columns(
    "Python | PyTorch | system | device | instructions | precision | threads",
    "Python | PyTorch | 系统 | 设备 | 指令集 | 精度 | 线程数",
)
STAGES = columns(
    "stage | times | all together | the longest | peak memory (MiB)",
    "阶段 | 次数 | 合计 | 最长一次 | 内存峰值（MiB）",
)


def summary(results: Results) -> Content:
    """What was found, and what was not reproduced, in a few lines."""
    known = claims.load().wording
    verdicts = {
        verdict.replace(" ", "_"): [
            Text(f"{name} ({told.en})", f"{name}（{told.zh}）")
            for name, told in known.items()
            if results.claims[name].verdict == verdict
        ]
        for verdict in get_args(Verdict)
    }
    values = {
        **verdicts,
        **_caveats(results),
        "core_time": duration(results.stages.core_seconds),
        "wall_time": duration(results.stages.wall_seconds),
    }
    return Content(Text("In short", "摘要"), {}, values)


def provenance(results: Results) -> Content:
    """Where the data came from."""
    rows = [list(_dataset(name, each)) for name, each in results.data.items()]
    table = Table(PROVENANCE, rows, Source(("download",)))
    return Content(Text("Data", "数据"), {"datasets": table}, _caveats(results))


def _caveats(results: Results) -> dict[str, bool]:
    subset = any(each.subset for each in results.data.values())
    return {"generated": not results.comparable, "subset": subset}


def _dataset(name: str, dataset: DatasetOrigin) -> Iterator[Cell]:
    kind, address = KINDS[dataset.kind], dataset.address
    yield name
    yield Text(f"{kind.en}: {address}", f"{kind.zh}：{address}") if address else kind
    yield f"`{dataset.file}`"
    if dataset.subset:
        words, of = number(dataset.subset.words), number(dataset.subset.of)
        yield Text(f"**subset**: {words} of {of} words", f"**子集**：{of} 词中的 {words} 词")
    else:
        yield kind if dataset.kind == "generated" else Text("whole", "完整")
    yield f"`{dataset.sha256[:16]}…`"


def colophon(results: Results, graph: str) -> Content:
    """How the report was made. graph: the pipeline's, as Mermaid draws it."""
    runs = Source(runs=results.runs)
    names = "{python}|{torch}|{system} {machine}|{device}|{cpu_capability}|{precision}|{threads}"
    machines = [names.format(**each).split("|") for each in results.environments]
    stages = Table(STAGES, list(_stages(results)), Source(tuple(results.stages.kinds)))
    return Content(
        Text("How this report was made", "本报告是如何生成的"),
        {"machines": Table(MACHINES, machines, runs), "stages": stages},
        {"graph": graph.strip(), "wall_time": duration(results.stages.wall_seconds)},
    )


def _stages(results: Results) -> Iterator[list[Cell]]:
    kinds = results.stages.kinds
    for kind, spent in kinds.items():
        times = [duration(each) for each in (spent.all_seconds, spent.longest_seconds)]
        yield [kind, str(spent.stages), *times, number(spent.peak_memory)]
    stages = str(sum(spent.stages for spent in kinds.values()))
    yield [Text("**all**", "**合计**"), stages, duration(results.stages.core_seconds), "", ""]
