"""Training on a GPU: the same table, several nets at once until the GPU is busy, the full grid.

Two steps, because a GPU's machine may have little more than PyTorch:

    python -m bench.gpu --prepare reviews.npz     where the corpora are (10 MB, or generated)
    PYTHONPATH=src python -m bench.gpu reviews.npz    where the GPU is

The second needs torch, numpy, pydantic, pyyaml, safetensors, tqdm and typer, no other package.
"""

import contextlib
import json
import math
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import BrokenBarrierError
from typing import Annotated, Any, NamedTuple, cast

import numpy as np
import torch
import typer
import yaml
from torch.nn import functional
from tqdm import tqdm

from bench import limit
from bench import reviews as files
from bench.contest import take_turns
from bench.packed import WORDS, Packed
from rnnlab.files import write_json
from rnnlab.nets.classifier import Classifier
from rnnlab.runs.history import Epoch, Pace
from rnnlab.settings.training import MachineSettings
from rnnlab.training import machine
from rnnlab.training.batches import Rows, by_length, pad
from rnnlab.training.loop import Score, fit
from rnnlab.training.seeding import generator, seed_torch

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "gpu-results.json"
TABLE = tuple(f"{cell}-{form}-100d" for form in ("1-1", "2-2", "5-2") for cell in limit.GATES)
HIDDEN, RATE, CLIP = 64, 0.001, 1.0
TEST_TO_VALID = 5
"""The test set has so many times the validation part's reviews."""
PATIENCE = 300
"""Seconds that processes are waited for."""
GAIN = 1.1
"""More processes are tried as long as they bring so many times the tokens a second."""


class Task:
    """One net on a share of an epoch, as the loop wants it: rnnlab.labs.sentiment.Sentiment's
    twin, for machines without its packages. tests/test_bench.py holds the two together."""

    def __init__(
        self, net: str, reviews: files.Reviews, where: machine.Machine, share: float = 1.0
    ) -> None:
        """share: of the epoch's batches, evenly over their lengths."""
        self.name, self.seed = net, 2077
        self.reviews, self.machine, self.share = reviews, where, share
        fields = fields_of(net)
        seed_torch("bench", net)
        vectors = torch.randn(reviews.words, fields.pop("dimension"))
        self.net = Classifier(vectors, **fields)

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.net.parameters(), RATE, fused=True)

    def train_batches(self, epoch: int) -> Sequence[Rows]:
        batches = self._part(False)
        return [batches[i] for i in generator("bench", epoch).permutation(len(batches))]

    def valid_batches(self) -> Sequence[Rows]:
        return self._part(True)

    def score(self, rows: Rows) -> Score:
        ids, lengths = pad([self.reviews.sequence(row) for row in rows])
        labels = torch.from_numpy(self.reviews.label[rows].astype(np.float32))
        device = self.machine.device
        labels = labels.to(device)
        logits = self.net(ids.to(device), lengths.to(device))
        loss = functional.binary_cross_entropy_with_logits(logits, labels, reduction="sum")
        correct = ((logits > 0) == (labels > 0.5)).sum().item()
        return Score(loss, len(rows), correct, int(lengths.sum()))

    def _part(self, valid: bool) -> list[Rows]:
        rows = np.flatnonzero(self.reviews.valid == valid)
        batches = [rows[each] for each in by_length(self.reviews.lengths(rows), files.BATCH, None)]
        number = max(1, round(self.share * len(batches)))
        middles = (np.arange(number) + 0.5) / number * len(batches)
        return [batches[int(middle)] for middle in middles]


class Job(NamedTuple):
    """What one process trains."""

    net: str
    share: float
    precision: str
    device: str


def fields_of(net: str) -> dict[str, Any]:
    """What a net's name says; as rnnlab.labs.sentiment.settings.shape, with the hidden size."""
    cell, layers, directions, dimension = net.split("-")
    return {"cell": cell, "layers": int(layers), "directions": int(directions),
            "dimension": int(dimension.removesuffix("d")), "hidden": HIDDEN}  # fmt: skip


def train(job: Job, reviews: files.Reviews) -> tuple[Pace, Epoch]:
    """One epoch of `job`'s share, after one that warms up."""
    where = _machine(job)
    task = Task(job.net, reviews, where, job.share)
    rows: list[tuple[Pace, Epoch]] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        fit(task, 2, CLIP, where, Path(folder, "checkpoint"), "bench",
            lambda epoch, pace: rows.append((pace, epoch)))  # fmt: skip
    return rows[-1]


def ours(job: Job, reviews: files.Reviews) -> float:
    """Real tokens a second of the project's loop."""
    pace, _ = train(job, reviews)
    return pace.tokens / pace.train_seconds


def packed(style: str, net: str, data: Path, device: str) -> Callable[[], float]:
    """What measures a rival's tokens a second, on the batches of bench.reviews.chosen."""
    made = Packed(style, fields_of(net), str(data), device)
    cycle = list(range(1, len(made.batches)))
    made.train(cycle)

    def rate() -> float:
        done = made.train(cycle * 3)
        return float(done["tokens"] / done["seconds"])

    return rate


def table(data: Path, device: str, nets: Sequence[str], share: float, repeats: int) -> list[Any]:
    """A row for each net and contender, one process, in turns."""
    reviews = files.read(data)
    rows = []
    for net in tqdm(nets, "table", unit="net"):
        contenders: dict[str, Callable[[], float]] = {
            f"ours-{each}": lambda net=net, each=each: ours(  # type: ignore[misc]
                Job(net, share, each, device), reviews
            )
            for each in ("fp32", "bf16")
        }
        contenders |= {style: packed(style, net, data, device) for style in WORDS}
        for name, rates in take_turns(contenders, repeats).items():
            rows.append({"net": net, "contender": name, "tokens_per_second": rates})
    return rows


def peak(device: str) -> dict[str, float]:
    """Operations a second of square products, by type.

    On CUDA, cuDNN's recurrent nets take fp32 products in TF32 unless told otherwise, and neither
    the project nor its rivals tell it; so TF32 is measured too.
    """
    size = 8192 if device == "cuda" else 512
    found = {name: _best(torch.randn(2, size, size, device=device).to(dtype))
             for name, dtype in limit.DTYPES.items()}  # fmt: skip
    if device == "cuda":
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = True
        found["tf32"] = _best(torch.randn(2, size, size, device=device))
        torch.backends.cuda.matmul.allow_tf32 = before
    return found


def _best(pair: torch.Tensor) -> float:
    return max(_multiply(pair[0], pair[1]) for _ in range(5))


def _multiply(a: torch.Tensor, b: torch.Tensor) -> float:
    started = _clock(a.device.type)
    for _ in range(10):
        torch.mm(a, b)
    return 10 * 2 * len(a) ** 3 / (_clock(a.device.type) - started)


def _clock(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def together(data: Path, jobs: Sequence[Job], processes: int) -> dict[str, Any]:
    """Train `jobs` with `processes` at a time: wall seconds, and those of each job's parts.

    Each process gets every so-many-th job. The clock starts when all are ready and warm.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes + 1)
    queue: Any = context.Queue()
    children = [
        context.Process(target=_worker, args=(data, jobs[number::processes], barrier, queue))
        for number in range(processes)
    ]
    for child in children:
        child.start()
    try:
        barrier.wait(PATIENCE)
        started = time.perf_counter()
        paces = [_paced(queue) for _ in jobs]
    except BrokenBarrierError:
        _paced(queue)
        raise
    wall = time.perf_counter() - started
    for child in children:
        child.join()
    return {
        "processes": processes,
        "wall_seconds": wall,
        "tokens_per_second": sum(pace["tokens"] for pace in paces) / wall,
        "train_seconds": math.fsum(pace["train"] for pace in paces),
        "valid_seconds": math.fsum(pace["valid"] for pace in paces),
    }


def _paced(queue: Any) -> dict[str, float]:
    """The next answer of a worker. RuntimeError if it is trouble."""
    answer: dict[str, float] | str = queue.get(timeout=PATIENCE)
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer


def _worker(data: Path, jobs: Sequence[Job], barrier: Barrier, queue: Any) -> None:
    try:
        _train_all(data, jobs, barrier, queue)
    except BrokenBarrierError:
        pass  # another's trouble, which that one tells
    except Exception as error:  # told to the one who waits
        barrier.abort()
        queue.put(f"{type(error).__name__}: {error}")


def _train_all(data: Path, jobs: Sequence[Job], barrier: Barrier, queue: Any) -> None:
    reviews = files.read(data)
    tasks = [Task(job.net, reviews, _machine(job), job.share) for job in jobs]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        for task in tasks[:1]:  # the library's start-up, and the first use of the device
            fit(task, 1, CLIP, task.machine, Path(folder, "warm"), "bench")
        barrier.wait()
        for number, task in enumerate(tasks):
            paces: list[Pace] = []
            fit(task, 1, CLIP, task.machine, Path(folder, str(number)), "bench",
                lambda _, pace, paces=paces: paces.append(pace))  # type: ignore[misc]  # fmt: skip
            queue.put({"tokens": paces[0].tokens, "train": paces[0].train_seconds,
                       "valid": paces[0].valid_seconds})  # fmt: skip


def _machine(job: Job) -> machine.Machine:
    device, precision = cast(Any, job.device), cast(Any, job.precision)
    return machine.prepare(MachineSettings(device=device, precision=precision, threads=1))


def until_busy(data: Path, device: str, net: str, share: float, most: int) -> list[dict[str, Any]]:
    """1, 2, 4, … processes with a net each, until more bring less than `GAIN`."""
    rows: list[dict[str, Any]] = []
    processes = 1
    while processes <= most:
        jobs = [Job(net, share, "bf16", device)] * processes
        rows.append(together(data, jobs, processes))
        if len(rows) > 1 and rows[-1]["tokens_per_second"] < GAIN * rows[-2]["tokens_per_second"]:
            break
        processes *= 2
    return rows


def grid(
    data: Path, device: str, nets: Sequence[str], share: float, processes: int, seeds: int,
    epochs: int,
) -> dict[str, Any]:  # fmt: skip
    """What the whole grid would take, from `share` of an epoch of each net, `processes` at a time.

    A run has `epochs` of training and validation, and scores the test set once, which is
    TEST_TO_VALID validations. Nets that take longest start first.
    """
    heavy = sorted(nets, key=lambda net: -limit.operations(**fields_of(net)))
    done = together(data, [Job(net, share, "bf16", device) for net in heavy], processes)
    epoch = done["train_seconds"] + done["valid_seconds"]
    whole = epochs * epoch + TEST_TO_VALID * done["valid_seconds"]
    seconds = done["wall_seconds"] * whole / epoch / share * seeds
    return {**done, "nets": list(nets), "seeds": seeds, "epochs": epochs, "share": share,
            "projected_minutes": seconds / 60}  # fmt: skip


def measure(
    data: Path, device: str, share: float, repeats: int, most: int, nets: Sequence[str] = TABLE,
    grid_nets: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """All of it, for gpu-results.json."""
    settings = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["sentiment"]
    rows = table(data, device, nets, share, repeats)
    busy = until_busy(data, device, nets[-1] if len(nets) == 1 else "lstm-1-1-100d", share, most)
    best = max(busy, key=lambda row: row["tokens_per_second"])["processes"]
    top = peak(device)
    for row in rows:
        kind = "bf16" if row["contender"] == "ours-bf16" else "tf32"
        rate = row["tokens_per_second"]["median"] * limit.operations(**fields_of(row["net"]))
        row["peak_share"] = rate / top.get(kind, top["fp32"])
    return {
        "ratios": ratios(rows),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version(),
                    "torch": torch.__version__, "cuda": torch.version.cuda},
        "data": files.read(data).source,
        "peak": top,
        "rows": rows,
        "busy": busy,
        "grid": grid(data, device, grid_nets or list(settings["nets"]), share, best, 3,
                     settings["training"]["epochs"]),
    }  # fmt: skip


def ratios(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The project in bf16 to each rival, by net."""
    rates = {(row["net"], row["contender"]): row["tokens_per_second"]["median"] for row in rows}
    return {
        f"{net}/{rival}": rates[net, "ours-bf16"] / rate
        for (net, rival), rate in rates.items()
        if not rival.startswith("ours-")
    }


def prepare(path: Path) -> None:
    """Write the reviews of this machine's corpora to `path`."""
    from bench.corpus import Corpus

    files.write(path, files.read(Corpus(Path(__file__).parent / "cache").reviews()))


def main(
    data: Annotated[Path, typer.Argument(help="the reviews")],
    preparing: Annotated[
        bool, typer.Option("--prepare", help="write DATA from this machine's corpora instead")
    ] = False,
    output: Path = RESULTS,
    device: Annotated[str, typer.Option(help="cuda, or cpu to try the code out")] = "cuda",
    share: Annotated[float, typer.Option(help="of an epoch that each net is timed on")] = 0.1,
    repeats: Annotated[int, typer.Option(min=1)] = 3,
    most: Annotated[int, typer.Option(min=1, help="processes at a time")] = 32,
    nets: Annotated[str, typer.Option(help="of the table")] = ",".join(TABLE),
) -> None:
    """Measure training on this machine's GPU and write bench/gpu-results.json.

    Example: python -m bench.gpu reviews.npz
    """
    if preparing:
        prepare(data)
        return
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: PyTorch sees no CUDA device here; nothing is measured.")
    write_json(output, measure(data, device, share, repeats, most, nets.split(",")))
    typer.echo(json.dumps(json.loads(output.read_text())["ratios"], indent=2))


if __name__ == "__main__":
    typer.run(main)
