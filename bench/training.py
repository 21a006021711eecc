"""Training throughput: real (unpadded) tokens a second, of the project's loop and its rivals.

All take the same batches of the same reviews, at the same hidden size, from the same file; each is
in the faster of two arrangements on the cores. Turns alternate, so that all meet the same machine.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from torch import profiler
from tqdm import tqdm

from bench import contest, keras_style, limit
from bench import reviews as files
from bench.contest import KEPT, KERAS, NET, Entry, Team, Work, teams
from bench.measuring import Row, ratio
from bench.ours import Ours
from bench.packed import WORDS, Packed
from rnnlab.errors import LabError
from rnnlab.labs.sentiment.settings import Shape

PRECISIONS = ("fp32", "bf16")
SIZES = (512, 1024, 2048)
BATCHES = 4
"""That are timed."""
DEEP_BATCHES, DEEP_REPEATS = 1, 2
"""Of nets of several layers, whose slowest contender takes half a minute for one turn."""
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
"""No block is mapped by itself, and none given back: mallopt(3)."""
SHALLOW = ("lstm-1-1-100d", "gru-1-1-100d", "rnn-1-1-100d")
TOP = 12
"""Operations that a profile names."""


def measure(data: Path, nets: Sequence[str], precision: str, seconds: float, repeats: int) -> Row:
    """The section `training`: the machine's limit, and a row for each net and contender.

    precision: what the project trains in here by default (`precision: auto`). seconds: see `race`.
    """
    try:
        deep = {net: Shape.of(net).layers > 1 for net in nets}
    except ValueError as error:
        raise LabError(f"--nets: {error}.") from None
    reviews, default = files.read(data), f"ours-{precision}"
    with teams(limit.Multiplier) as made:
        peak = {each: _peak(made, each, repeats) for each in PRECISIONS}
        rates = {each: row["operations_per_second"]["median"] for each, row in peak.items()}
        products = [_products(made, NET, each, rates[each], repeats) for each in PRECISIONS]
    backend, told = _fastest_keras(data)
    rows = []
    with ExitStack() as stack:
        ours, packed = (stack.enter_context(teams(each)) for each in (Ours, Packed))
        contenders = {"ours-fp32": ours, default: ours, **dict.fromkeys(WORDS, packed)}
        if backend:
            contenders[KERAS] = stack.enter_context(keras_style.teams(backend))
        for net in tqdm(nets, "training", unit="net"):
            work = Work(data, DEEP_BATCHES if deep[net] else BATCHES)
            turns = min(repeats, DEEP_REPEATS) if deep[net] else repeats
            rows += contest.race(net, contenders, work, seconds, turns)
    return {
        "data": reviews.source,
        "words": reviews.words,
        "batch": files.BATCH,
        "hidden": contest.HIDDEN,
        "default": default,
        "keras": {"backend": backend, "told": told},
        "peak": peak,
        "products": products,
        "rows": [contest.with_share(row, rates) for row in rows],
        "profiles": list(_profiles(data, NET, ("ours-fp32", default, "seed-style")))
        if NET in nets
        else [],
    }


def ratios(section: Row) -> dict[str, float]:
    """The project in its default precision to each rival; in fp32 too; shares of the limit."""
    found: dict[str, float] = {}
    rows = {(row["net"], row["contender"]): row for row in section["rows"]}
    for (net, name), row in rows.items():
        if name.startswith("ours-"):
            found[f"{net}/{name.removeprefix('ours-')}-peak"] = row["peak_share"]
            continue
        for ours, end in ((section["default"], ""), ("ours-fp32", "-fp32")):
            both = ratio(rows[net, ours]["tokens_per_second"], row["tokens_per_second"])
            found[f"{net}/{name}{end}"] = both["median"]
    return found


def limits(data: Path, precision: str, repeats: int) -> Row:
    """The section `limits`: what the bare products of each kind of net reach of the machine's rate,
    and where a step of the RNN and the GRU goes."""
    with teams(limit.Multiplier) as made:
        peak = {each: _peak(made, each, repeats) for each in PRECISIONS}
        products = [
            _products(made, net, each, peak[each]["operations_per_second"]["median"], repeats)
            for net in SHALLOW
            for each in PRECISIONS
        ]
    contenders = ("ours-fp32", f"ours-{precision}")
    profiles = [row for net in SHALLOW[1:] for row in _profiles(data, net, contenders)]
    return {"products": products, "profiles": profiles}


def limits_ratios(section: Row) -> dict[str, float]:
    """Shares of the machine's rate that bare products reach."""
    return {
        f"{row['net']}/{row['precision']}-products": row["peak_share"]
        for row in section["products"]
    }


def malloc(data: Path, precision: str, seconds: float, repeats: int) -> Row:
    """The section `malloc`: the packed styles as they are and told to keep what they free.

    By its defaults, glibc's malloc gives large blocks back to the kernel as soon as they are free,
    and the kernel zeroes every page that it hands out again. The project, measured beside, keeps
    its blocks itself (`rnnlab.training.machine`); a rival could be told to by its environment.
    """
    default = f"ours-{precision}"
    with ExitStack() as stack:
        made = (teams(Ours), teams(Packed), teams(Packed, **KEEP))
        ours, packed, kept = map(stack.enter_context, made)
        rivals = dict.fromkeys(WORDS, packed) | {style + KEPT: kept for style in WORDS}
        contenders = {default: ours, **rivals}
        rows = contest.race(NET, contenders, Work(data, BATCHES), seconds, repeats)
    keys = ("arrangement", "tokens_per_second")
    by_name = {row["contender"]: {key: row[key] for key in keys} for row in rows}
    return {"net": NET, "default": default, "rows": by_name}


def malloc_ratios(section: Row) -> dict[str, float]:
    """The project to each packed style that keeps its blocks."""
    rates = {name: row["tokens_per_second"] for name, row in section["rows"].items()}
    return {
        f"{section['net']}/{name}": ratio(rates[section["default"]], rate)["median"]
        for name, rate in rates.items()
        if name.endswith(KEPT)
    }


def _peak(made: Sequence[Team], dtype: str, repeats: int) -> Row:
    """Operations a second of matrix products: the best arrangement and size."""
    rows = []
    for size in SIZES:
        times = SIZES[-1] ** 3 // size**3
        rows.append({"size": size, **limit.rate(made, dtype, size, times, repeats)})
    return max(rows, key=lambda row: row["operations_per_second"]["median"])


def _products(made: Sequence[Team], net: str, dtype: str, peak: float, repeats: int) -> Row:
    """What the products of `net` alone reach of the limit."""
    best = limit.rate(made, dtype, net, 4, repeats)
    reached = best["operations_per_second"]["median"] / peak
    return {"net": net, "precision": dtype, **best, "peak_share": reached}


def _fastest_keras(data: Path) -> tuple[str | None, dict[str, str]]:
    """The fastest backend that works here, and what is to say of each one."""
    rates, told = {}, {}
    for backend in keras_style.BACKENDS if keras_style.PACKAGES.exists() else ():
        try:
            with keras_style.teams(backend) as made:
                rates[backend] = Entry(KERAS, NET, Work(data, 1), made).rate
            told[backend] = f"{rates[backend]:,.0f} tokens/s when tried"
        except Exception as error:
            told[backend] = f"{type(error).__name__}: {error}"
    return max(rates, key=lambda backend: rates[backend], default=None), told


def _profiles(data: Path, net: str, contenders: Sequence[str]) -> Iterator[Row]:
    """Where a step of `net` goes, in a process of its own on one core."""
    work = Work(data, BATCHES)
    for name in dict.fromkeys(contenders):
        trainer = Packed if name in WORDS else Ours
        with Team(trainer, [{min(os.sched_getaffinity(0))}]) as team:
            team.enter(name, net, work)
            (found,) = team.ask(profile, name, work.cycle)
        yield {"net": net, "contender": name, **found}


def profile(name: str, batches: list[int]) -> Row:
    """The share of each of the operations that take most of the CPU time of a trainer's steps.

    An operation's time is without those that it calls. The profiler itself takes time.
    """
    with profiler.profile(activities=[profiler.ProfilerActivity.CPU]) as profiled:
        done = contest.train(name, batches)
    seconds = {each.key: each.self_cpu_time_total / 1e6 for each in profiled.key_averages()}
    total = sum(seconds.values())
    largest = sorted(seconds, key=lambda key: -seconds[key])[:TOP]
    shares = {key: seconds[key] / total for key in largest}
    return {"seconds": done["seconds"], "operations": shares}
