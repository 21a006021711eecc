"""Training throughput: real (unpadded) tokens a second, of the project's loop and its rivals.

All take the same batches of the same reviews, at the same hidden size, from the same file; each is
in the faster of two arrangements on the cores. Turns alternate, so that all meet the same machine.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench import limit, profiling
from bench import reviews as files
from bench.contest import BrokenError, Entry, Program, Team, race, ratio, summary, teams
from bench.packed import WORDS
from rnnlab.errors import LabError
from rnnlab.labs.sentiment.settings import Shape

MINUTES = 21
NETS = tuple(f"{cell}-{form}-100d" for form in ("1-1", "2-2", "5-2") for cell in limit.GATES)
HIDDEN = 64
DEEP_REPEATS = 2
"""Turns at most of deep nets, whose slowest contender takes half a minute for one."""
HERE = Path(__file__).parent
KERAS_PYTHON = HERE / ".venv" / "bin" / "python"
OURS, PACKED = Program("bench.ours"), Program("bench.packed")
MULTIPLIER = Program("bench.limit")


def measure(
    data: Path, cache: Path, precision: str, nets: Sequence[str], seconds: float, repeats: int
) -> dict[str, Any]:
    """The section `training`: the machine's limit, and a row for each net and contender.

    precision: what the project trains in here by default (`precision: auto`). seconds: about what
    a turn takes, though never less than one cycle of the batches.
    """
    for net in nets:
        net_fields(net)  # a name that is none is told before anything is measured
    reviews = files.read(data)
    with ExitStack() as stack:
        multiplier = stack.enter_context(teams(MULTIPLIER, cache))
        peak = _peak(multiplier, repeats)
        products = _products(multiplier, peak, repeats)
        ours = stack.enter_context(teams(OURS, cache))
        packed = stack.enter_context(teams(PACKED, cache))
        styles = {"ours-fp32": ours, f"ours-{precision}": ours, **dict.fromkeys(WORDS, packed)}
        keras, told = _keras(stack, data, cache)
        if keras:
            styles["keras"] = keras[1]
        rows = []
        for net in tqdm(nets, "training", unit="net"):
            rows += _net(net, styles, data, reviews, seconds, repeats)
    for row in rows:
        row["peak_share"] = _share(row, peak)
    profiled = dict.fromkeys(("ours-fp32", f"ours-{precision}", "seed-style"))
    profiles = [
        profiling.measure(data, net_fields(profiling.NET), style)
        for style in profiled
        if profiling.NET in nets
    ]
    return {
        "data": reviews.source,
        "words": reviews.words,
        "batch": files.BATCH,
        "hidden": HIDDEN,
        "default": f"ours-{precision}",
        "keras": {"backend": keras[0] if keras else None, "told": told},
        "peak": peak,
        "products": products,
        "rows": rows,
        "profiles": profiles,
    }


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """The project in its default precision to each rival; in fp32 too; shares of the limit."""
    found: dict[str, float] = {}
    for net in dict.fromkeys(row["net"] for row in section["rows"]):
        rows = {row["contender"]: row for row in section["rows"] if row["net"] == net}
        for rival in rows:
            if rival.startswith("ours-"):
                kind = rival.removeprefix("ours-")
                found[f"{net}/{kind}-peak"] = rows[rival]["peak_share"]
                continue
            for ours, end in ((section["default"], ""), ("ours-fp32", "-fp32")):
                both = ratio(rows[ours]["tokens_per_second"], rows[rival]["tokens_per_second"])
                found[f"{net}/{rival}{end}"] = both["median"]
    return found


def net_fields(net: str) -> dict[str, Any]:
    """What a net's name says, as contenders are asked to build it. LabError if it is no name."""
    try:
        return {**Shape.of(net)._asdict(), "hidden": HIDDEN}
    except ValueError as error:
        raise LabError(f"--nets: {error}.") from None


def _net(
    net: str, styles: dict[str, list[Team]], data: Path, reviews: files.Reviews, seconds: float,
    repeats: int,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    fields = net_fields(net)
    cycle, tokens = files.cycle(reviews, fields["layers"])
    entries = {}
    for style, made in styles.items():
        build = {"style": style, "net": fields, "data": str(data.absolute())}
        try:
            entries[style] = Entry(made, build, cycle, tokens, compiles=style == "keras")
        except BrokenError as error:
            if style.startswith("ours-"):
                raise LabError(f"{style} can't train {net}: {error}") from None
            tqdm.write(f"{style} can't train {net}: {error}", file=sys.stderr)
    turns = repeats if fields["layers"] == 1 else min(repeats, DEEP_REPEATS)
    rates = race(entries, seconds, turns)
    for style, entry in entries.items():
        entry.close()
        yield {
            "net": net,
            "contender": style,
            "arrangement": entry.team.arrangement,
            "tried": entry.tried,
            "cycle_tokens": tokens,
            "operations_per_token": limit.operations(**fields),
            "tokens_per_second": rates[style],
        }


def _peak(made: Sequence[Team], repeats: int) -> dict[str, dict[str, Any]]:
    """Operations a second of matrix products, by type: the best arrangement and size."""
    found = {}
    for dtype in limit.DTYPES:
        best: dict[str, Any] = {"operations_per_second": {"median": 0.0}}
        for team in made:
            team.ask({"build": {"style": dtype}})
            for number, size in enumerate(limit.SIZES):
                work = [number] * (limit.SIZES[-1] ** 3 // size**3)
                team.train(dtype, work)
                rates = summary([team.train(dtype, work) for _ in range(repeats)])
                if rates["median"] > best["operations_per_second"]["median"]:
                    best = {"size": size, "arrangement": team.arrangement,
                            "operations_per_second": rates}  # fmt: skip
            team.ask({"forget": dtype})
        found[dtype] = best
    return found


def _products(
    made: Sequence[Team], peak: dict[str, dict[str, Any]], repeats: int
) -> list[dict[str, Any]]:
    """What the products of profiling.NET alone reach of the limit, by type, at their best."""
    found = []
    work = [0] * 4
    for dtype in limit.DTYPES:
        rates = {}
        for team in made:
            team.ask({"build": {"style": dtype, "net": net_fields(profiling.NET)}})
            team.train(dtype, work)
            rates[team.arrangement] = summary([team.train(dtype, work) for _ in range(repeats)])
            team.ask({"forget": dtype})
        best = max(rates, key=lambda arrangement: rates[arrangement]["median"])
        found.append({
            "net": profiling.NET,
            "precision": dtype,
            "arrangement": best,
            "operations_per_second": rates[best],
            "peak_share": rates[best]["median"] / peak[dtype]["operations_per_second"]["median"],
        })  # fmt: skip
    return found


def _share(row: dict[str, Any], peak: dict[str, dict[str, Any]]) -> float:
    """The share of the machine's product rate, in the row's own precision, that a net reaches."""
    dtype = row["contender"].removeprefix("ours-")
    top = peak[dtype if dtype in peak else "fp32"]["operations_per_second"]["median"]
    return float(row["tokens_per_second"]["median"] * row["operations_per_token"] / top)


def _keras(
    stack: ExitStack, data: Path, cache: Path
) -> tuple[tuple[str, list[Team]] | None, dict[str, str]]:
    """The fastest backend that works here, and its teams; and what is to say of each one."""
    working: dict[str, list[Team]] = {}
    rates: dict[str, float] = {}
    told = {}
    for backend, program in keras_programs(cache).items():
        made = stack.enter_context(teams(program, cache))
        build = {"style": "keras", "net": net_fields("lstm-1-1-100d"), "data": str(data.absolute())}
        try:
            entry = Entry(made, build, [1], 1, compiles=True)
        except BrokenError as error:
            told[backend] = str(error)
            continue
        entry.close()
        working[backend], rates[backend] = made, max(entry.tried.values())
        told[backend] = f"{rates[backend]:,.0f} tokens/s when tried"
    if not working:
        return None, told
    best = max(working, key=lambda backend: rates[backend])
    for team in (team for backend in working if backend != best for team in working[backend]):
        team.close()  # for its memory
    return (best, working[best]), told


def keras_programs(cache: Path) -> dict[str, Program]:
    """Keras on each backend. With PyTorch it runs in the project's environment, which has that."""
    if not KERAS_PYTHON.exists():
        return {}
    common = (("KERAS_HOME", str(cache.absolute() / "keras")), ("TF_CPP_MIN_LOG_LEVEL", "2"),
              ("JAX_PLATFORMS", "cpu"))  # fmt: skip
    packages = next((HERE / ".venv" / "lib").glob("python*")) / "site-packages"
    return {
        "jax": _with(KERAS_PYTHON, common, "jax"),
        "tensorflow": _with(KERAS_PYTHON, common, "tensorflow"),
        "torch": _with(Path(sys.executable), (*common, ("PYTHONPATH", str(packages))), "torch"),
    }


def _with(python: Path, environment: tuple[tuple[str, str], ...], backend: str) -> Program:
    return Program("bench.keras_style", str(python), (*environment, ("KERAS_BACKEND", backend)))
