"""Where a training step's time goes: a contender's loop under PyTorch's profiler, by operation."""

from pathlib import Path
from typing import Any

from bench.processes import cost
from bench.reviews import count_chosen

NET = "lstm-1-1-100d"
TOP = 12


def measure(data: Path, net: dict[str, Any], style: str) -> dict[str, Any]:
    """The share of each of the operations that take most of a step's CPU time.

    In a process of its own on one thread. The profiler itself takes time.
    """
    result: dict[str, Any] = cost(shares, data=str(data.absolute()), net=net, style=style).result
    return {"net": NET, "contender": style, **result}


def shares(data: str, net: dict[str, Any], style: str) -> dict[str, Any]:
    """Time of operations themselves, without those that they call, as shares of the steps' time."""
    import os

    import torch
    from torch.profiler import ProfilerActivity, profile

    from bench.ours import Ours
    from bench.packed import WORDS, Packed

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)  # two on one core would wait for each other
    contender = (Packed if style in WORDS else Ours)(style, net, data)
    cycle = list(range(1, count_chosen(net["layers"]) + 1))
    contender.train(cycle)
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        done = contender.train(cycle)
    events = [event for event in profiled.key_averages() if event.self_cpu_time_total > 0]
    seconds = {event.key: event.self_cpu_time_total / 1e6 for event in events}
    total = sum(seconds.values())
    largest = sorted(seconds, key=lambda key: -seconds[key])[:TOP]
    return {
        "seconds": done["seconds"],
        "in_operations": total,
        "operations": {key: seconds[key] / total for key in largest},
    }
