"""One seeded run from its facts to its folder: fingerprint, tracking, training, files."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from rnnlab.errors import LabError
from rnnlab.files import sha256
from rnnlab.runs import checkpoints
from rnnlab.runs import files as runs
from rnnlab.runs.tracking import Tracker, git_commit
from rnnlab.settings.training import Optimization
from rnnlab.training.loop import Task, fit
from rnnlab.training.machine import Machine


class Facts(NamedTuple):
    """What is known of a run before it starts."""

    lab: str
    net: str
    seed: int
    settings: dict[str, Any]
    """All that decides how it is trained, as plain JSON values."""
    tags: dict[str, Any]
    """What to group runs by: cell, layers, directions, ..."""
    files: list[Path]
    """The data files that it reads."""


class Places(NamedTuple):
    """Where a run's files go."""

    output: Path
    """Folder of all that is the same when the run is repeated."""
    timing: Path
    """File of the times and rates, which never are."""
    checkpoint: Path
    """File that an interrupted training goes on from; removed at the end."""


def conduct(
    task: Task,
    facts: Facts,
    optimization: Optimization,
    machine: Machine,
    places: Places,
    final: Callable[[], tuple[dict[str, float], pa.Table | None]],
) -> runs.Run:
    """Train `task`, score it with `final`, and write the run's files into `places`.

    `final` is called once the net holds its best weights; it gives scores beyond the validation
    part's, and predictions if the lab keeps any. Tracked throughout; trouble with tracking
    costs nothing. Raises LabError if training diverges.
    """
    started, commit = time.time(), git_commit()
    data = {path.name: sha256(path) for path in facts.files}
    environment = machine.describe()
    mark = checkpoints.fingerprint(
        lab=facts.lab, net=facts.net, seed=facts.seed, settings=facts.settings,
        data=data, environment=environment,
    )  # fmt: skip
    identity = runs.Identity(
        lab=facts.lab, net=facts.net, seed=facts.seed, settings=facts.settings, tags=facts.tags,
        data=data, environment=environment, fingerprint=mark,
    )  # fmt: skip
    tracker = Tracker(identity, commit)
    try:
        progress = fit(
            task, optimization.epochs, optimization.clip_norm, machine, places.checkpoint, mark,
            tracker.epoch, facts.lab, optimization.last_learning_rate,
        )  # fmt: skip
    except LabError:
        tracker.fail()
        raise
    more, predictions = final()
    best = progress.best
    run = runs.Run(
        **identity.model_dump(),
        structure=str(task.net),
        parameters=runs.count_parameters(task.net),
        best_epoch=best.epoch,
        scores={"valid_loss": best.valid_loss, "valid_accuracy": best.valid_accuracy, **more},
    )
    runs.write(places.output, places.timing, run, task.net, progress, predictions, started, commit)
    tracker.finish(run, places.output)
    places.checkpoint.unlink(missing_ok=True)
    return run
