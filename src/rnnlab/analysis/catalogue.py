"""What has been trained: the runs on disk, whatever params.yaml asks for."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnlab.analysis.metrics import Finished
from rnnlab.errors import LabError
from rnnlab.training.runs import RUN, Timing, read_run, read_timing

LEFT_OUT = ("padding", "valid_nll_hanzi", "valid_nll_upper", "valid_nll_error", "valid_unknown")
"""Scores that qualify others: not in the tables, which are wide enough."""


def read(models: Path, timings: Path, lab: str | None = None) -> dict[str, list[Finished]]:
    """The runs below the folder `models` (of `lab`, if given) by lab, in the order of their names.

    A sweep is a lab of its own here. Raises LabError if there is no run.
    """
    found: dict[str, list[Finished]] = {}
    for path in sorted(models.glob(f"{lab or '*'}/**/{RUN}")):
        folder = path.parent
        name = folder.relative_to(models)
        timing = timings / name.with_name(f"{name.name}.json")
        found.setdefault(name.parts[0], []).append(
            Finished(read_run(folder), _timing(timing), folder)
        )
    if not found:
        raise LabError(
            f"{models / lab if lab else models} holds no run; run `dvc repro` or `dvc pull` first."
        )
    return found


def _timing(path: Path) -> Timing:
    """How long a run took; a run whose times are not here took NaN seconds."""
    if not path.exists():
        return Timing(seconds=float("nan"), tokens_per_second=float("nan"), epochs=[])
    return read_timing(path)


def plain(found: dict[str, list[Finished]]) -> list[dict[str, Any]]:
    """Every run as plain values; times that are not known are None."""
    return [
        {
            "lab": lab,
            "net": each.run.net,
            "seed": each.run.seed,
            "best_epoch": each.run.best_epoch,
            "parameters": each.run.parameters,
            "scores": each.run.scores,
            "seconds": _known(each.timing.seconds),
            "tokens_per_second": _known(each.timing.tokens_per_second),
            "folder": each.folder.as_posix(),
        }
        for lab, runs in found.items()
        for each in runs
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def tables(found: dict[str, list[Finished]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A lab's name and its runs as a table's rows, as people read numbers; headers are narrow."""
    for lab, runs in found.items():
        yield lab, [_row(each) for each in runs]


def _row(each: Finished) -> dict[str, str]:
    run, timing = each.run, each.timing
    timed = _known(timing.seconds) is not None
    return {
        "net": run.net,
        "seed": str(run.seed),
        **{
            name.replace("_", "\n"): f"{value:.2%}" if "accuracy" in name else f"{value:.4f}"
            for name, value in run.scores.items()
            if name not in LEFT_OUT
        },
        "best\nepoch": str(run.best_epoch),
        "parameters": f"{run.parameters:,}",
        "time": f"{timing.seconds:,.0f} s" if timed else "–",
        "tokens/s": f"{timing.tokens_per_second:,.0f}" if timed else "–",
    }
