"""The report's sections that are no lab's: the summary, the data, how it was made."""

from collections.abc import Iterator

from rnnlab.claims import claims
from rnnlab.claims.ledger import Claim
from rnnlab.document.parts import Content, Figure, Source, Table
from rnnlab.document.results import DatasetOrigin, Results
from rnnlab.document.text import Cell, Text, columns, core_minutes, duration, number, slug
from rnnlab.report.claims import VERDICTS, by_verdict, in_order, tally

ANSWER = Text("The answer", "结论")
FOREST = Text(
    "Every part of every claim: the published effect, ours and its interval",
    "各项论断的所有部分：原报告的效应、本报告的效应及其区间",
)
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
    """What was asked and found, in a few lines and a figure."""
    found = in_order(results.claims)
    grouped = {
        verdict: [linked(name, each) for name, each in found.items() if each.verdict == verdict]
        for verdict in VERDICTS
    }
    values = {
        "number": len(found),
        "verdicts": [
            {"verdict": Text(*(each.capitalize() for each in VERDICTS[verdict])), "claims": own}
            for verdict, own in grouped.items()
            if own
        ],
        **_caveats(results),
        **_costs(results),
    }
    return Content(ANSWER, {"forest": Figure("claims", FOREST, Source(("evaluate",)))}, values)


def linked(name: str, claim: Claim) -> Text:
    """The claim `name` in words, with a link to where it is shown, and the verdicts on its parts
    where they differ: of a claim that holds in part, which parts do."""
    known = claims.load()
    told = known.wording[name]
    shown_in = known.sections[told.shown_in]
    partly = claim.verdict == "partly reproduced"
    parts = by_verdict(claim, told) if partly else tally(claim)
    differ = len({part.verdict for part in claim.parts}) > 1
    return Text(
        f"[{name}](#{slug(shown_in.en)}) {told.en}{f' ({parts.en})' * differ}",
        f"[{name}](#{slug(shown_in.zh)}) {told.zh}{f'（{parts.zh}）' * differ}",
    )


def limitations(results: Results) -> Content:
    """What the report can't say."""
    most = max((len(scores.runs) for *_, scores in results.rows()), default=0)
    explained = results.facts["explain"]
    memory = explained.memory.settings
    values = {
        "seeds": most,
        **_caveats(results),
        "tried_steps": number(memory.steps),
        "tried": {"distance": max(memory.distances), "ends": explained.cut.settings.tokens},
    }
    return Content(Text("Limitations", "局限"), {}, values)


def _costs(results: Results) -> dict[str, Cell]:
    spent = results.stages
    return {
        "core_minutes": core_minutes(spent.core_seconds),
        "wall_time": duration(spent.wall_seconds),
    }


def provenance(results: Results) -> Content:
    """Where the data came from."""
    rows = [list(_dataset(name, each)) for name, each in results.data.items()]
    table = Table(PROVENANCE, rows, Source(("download",)))
    return Content(Text("Data", "数据"), {"datasets": table}, _caveats(results))


def _caveats(results: Results) -> dict[str, bool]:
    """Whether these are the published corpora, and of some dataset a part alone was at hand."""
    subset = any(each.subset for each in results.data.values())
    return {"comparable": results.comparable, "subset": subset}


def _dataset(name: str, dataset: DatasetOrigin) -> Iterator[Cell]:
    kind, address = KINDS[dataset.kind], dataset.address
    yield name
    yield Text(f"{kind.en}: {address}", f"{kind.zh}：{address}") if address else kind
    yield f"`{dataset.file}`"
    if dataset.subset:
        words, of = number(dataset.subset.words), number(dataset.subset.of)
        yield Text(f"**subset**: {words} of {of} words", f"**子集**：{of} 个词中的 {words} 个")
    else:
        yield kind if dataset.kind == "generated" else Text("whole", "完整")
    yield f"`{dataset.sha256[:16]}…`"


def colophon(results: Results, graph: str) -> Content:
    """How the report was made. graph: the pipeline's, as Mermaid draws it."""
    runs = Source(runs=results.runs)
    names = "{python}|{torch}|{system} {machine}|{device}|{cpu_capability}|{precision}|{threads}"
    machines = [names.format(**each).split("|") for each in results.environments]
    stages = Table(STAGES, list(_stages(results)), Source(("evaluate",)))
    return Content(
        Text("How this report was made", "本报告是如何生成的"),
        {"machines": Table(MACHINES, machines, runs), "stages": stages},
        {"graph": graph.strip(), **_costs(results)},
    )


def _stages(results: Results) -> Iterator[list[Cell]]:
    kinds = results.stages.kinds
    for kind, spent in kinds.items():
        times = [duration(each) for each in (spent.all_seconds, spent.longest_seconds)]
        yield [kind, str(spent.stages), *times, number(spent.peak_memory)]
    stages = str(sum(spent.stages for spent in kinds.values()))
    yield [Text("**all**", "**合计**"), stages, duration(results.stages.core_seconds), "", ""]
