"""Training on a GPU: the same table, several nets at once until the GPU is busy, the full grid.

Two steps, because a GPU's machine may have little more than PyTorch:

    python -m bench.gpu --prepare reviews.npz     where the corpora are (10 MB, or generated)
    PYTHONPATH=src python -m bench.gpu reviews.npz    where the GPU is
"""

import json
import os
import platform
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from tqdm import tqdm

from bench import contest, limit, training
from bench import reviews as files
from bench.contest import NET, NETS, Team, Work
from bench.measuring import Row
from bench.ours import PARAMS, Ours
from bench.packed import WORDS, Packed
from rnnlab.errors import guarded
from rnnlab.files import write_json
from rnnlab.labs.sentiment.settings import SentimentSettings
from rnnlab.settings.base import load

HERE = Path(__file__).parent
BF16 = "ours-bf16"
TEST_TO_VALID = 5
"""The test set has so many times the validation part's reviews."""
SEEDS = 3
GAIN = 1.1
"""More processes are tried as long as they bring so many times the tokens a second."""


def table(work: Work, nets: Sequence[str], repeats: int) -> list[Row]:
    """A row for each net and contender, one process, in turns."""
    with team(Ours, 1) as ours, team(Packed, 1) as packed:
        contenders = {"ours-fp32": [ours], BF16: [ours]}
        contenders |= {each: [packed] for each in WORDS}
        bar = tqdm(nets, "table", unit="net")
        return [row for net in bar for row in contest.race(net, contenders, work, 0, repeats)]


def peak(device: str) -> dict[str, float]:
    """Operations a second of square products, by type.

    On CUDA, cuDNN's recurrent nets take fp32 products in TF32 unless told otherwise, and neither
    the project nor its rivals tell it; so TF32 is measured too.
    """
    types, size = (("fp32", "bf16", "tf32"), 8192) if device == "cuda" else (("fp32", "bf16"), 512)
    with team(limit.Multiplier, 1) as one:
        rows = {each: limit.rate([one], each, size, 10, 5, device) for each in types}
    return {each: row["operations_per_second"]["high"] for each, row in rows.items()}


def until_busy(work: Work, net: str, most: int) -> list[Row]:
    """1, 2, 4, … processes with `net` each, until more bring less than `GAIN`."""
    rows: list[Row] = []
    while (processes := 2 ** len(rows)) <= most:
        with team(Ours, processes) as together:
            together.enter(BF16, net, work)
            rate = together.train(BF16, work.cycle)
        rows.append({"processes": processes, "tokens_per_second": rate})
        if len(rows) > 1 and rate < GAIN * rows[-2]["tokens_per_second"]:
            break
    return rows


def grid(work: Work, nets: Sequence[str], share: float, processes: int, epochs: int) -> Row:
    """What the whole grid would take, from `share` of an epoch of each net, `processes` at a time.

    A run has `epochs` of training and validation, and scores the test set once, which is
    TEST_TO_VALID validations. Nets are timed beside others like them.
    """
    train = valid = 0.0
    with team(Ours, processes) as together:
        for net in tqdm(nets, "grid", unit="net"):
            together.enter(BF16, net, work)
            done = together.ask(contest.train, BF16, work.cycle)
            train += statistics.fmean(each["seconds"] for each in done)
            valid += statistics.fmean(each["valid_seconds"] for each in done)
    seconds = SEEDS * (epochs * (train + valid) + TEST_TO_VALID * valid) / share / processes
    asked = {"nets": list(nets), "seeds": SEEDS, "epochs": epochs, "share": share}
    return {**asked, "processes": processes, "projected_minutes": seconds / 60}


def team(trainer: Callable[..., Any], processes: int) -> Team:
    return Team(trainer, [os.sched_getaffinity(0)] * processes)


def measure(
    data: Path, device: str, share: float, repeats: int, most: int, nets: Sequence[str]
) -> Row:
    """All of it, for gpu-results.json. share: of an epoch's batches that are timed."""
    settings = load(SentimentSettings, "sentiment", PARAMS)
    reviews = files.read(data)
    work = Work(data, max(1, round(share * len(files.epoch(reviews)))), device)
    raced = table(work, nets, repeats)
    busy = until_busy(work, NET, most)
    best = max(busy, key=lambda row: row["tokens_per_second"])["processes"]
    top = peak(device)
    limits = {"bf16": top["bf16"], "fp32": top.get("tf32", top["fp32"])}
    rows = [contest.with_share(row, limits) for row in raced]
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    return {
        "ratios": training.ratios({"default": BF16, "rows": rows}),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "machine": {"cores": os.cpu_count(), **versions, "cuda": torch.version.cuda},
        "data": reviews.source,
        "peak": top,
        "rows": rows,
        "busy": busy,
        "grid": grid(
            work, list(settings.published.nets), share, best, settings.published.training.epochs
        ),
    }


def main(
    data: Annotated[Path, typer.Argument(help="the reviews")],
    preparing: Annotated[
        bool, typer.Option("--prepare", help="write DATA from this machine's corpora instead")
    ] = False,
    output: Path = HERE / "gpu-results.json",
    device: Annotated[str, typer.Option(help="cuda, or cpu to try the code out")] = "cuda",
    share: Annotated[float, typer.Option(help="of an epoch that each net is timed on")] = 0.1,
    repeats: Annotated[int, typer.Option(min=1)] = 3,
    most: Annotated[int, typer.Option(min=1, help="processes at a time")] = 32,
    nets: Annotated[str, typer.Option(help="of the table")] = ",".join(NETS),
) -> None:
    """Measure training on this machine's GPU and write bench/gpu-results.json.

    Example: python -m bench.gpu reviews.npz
    """
    if preparing:
        from bench.corpus import Corpus

        shutil.copy(Corpus(HERE / "cache").reviews(), data)
        return
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: PyTorch sees no CUDA device here; nothing is measured.")
    found = measure(data, device, share, repeats, most, nets.split(","))
    write_json(output, found)
    typer.echo(json.dumps(found["ratios"], indent=2))


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
