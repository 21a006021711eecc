"""One seeded run from what is known of it to its folder: fingerprint, training, files."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from rnnlab import code
from rnnlab.errors import LabError
from rnnlab.files import digest, sha256, write_json
from rnnlab.runs import files
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.runs.format import FORMAT
from rnnlab.runs.tracking import Tracker, git_commit
from rnnlab.settings.training import Optimization
from rnnlab.training.loop import Task, fit
from rnnlab.training.machine import Machine


class Origin(NamedTuple):
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
    origin: Origin,
    optimization: Optimization,
    machine: Machine,
    places: Places,
    final: Callable[[], tuple[dict[str, float], pa.Table | None]],
) -> files.Run:
    """Train `task`, score it with `final`, and write the run's files into `places`.

    `final` is called once the net holds its best weights; it gives scores beyond the validation
    part's, and predictions if the lab keeps any. Tracked throughout; trouble with tracking
    costs nothing. Raises LabError if training diverges.
    """
    started, commit = time.time(), git_commit()
    identity = identify(task, origin, machine)
    tracker = Tracker(identity, commit)
    checkpoint = Checkpoint(places.checkpoint, identity.fingerprint)
    try:
        progress = fit(task, optimization, machine, checkpoint, tracker.epoch, origin.lab)
    except LabError:
        tracker.fail()
        raise
    more, predictions = final()
    best = progress.best
    run = files.Run(
        **identity.model_dump(),
        structure=str(task.net),
        parameters=sum(each.numel() for each in task.net.parameters() if each.requires_grad),
        best_epoch=best.epoch,
        scores={"valid_loss": best.valid_loss, "valid_accuracy": best.valid_accuracy, **more},
    )
    timing = files.timing(progress.pace, started, commit)
    files.write(places.output, run, task.net, progress.history, predictions)
    write_json(places.timing, timing.model_dump())
    tracker.finish(run, places.output)
    checkpoint.remove()
    return run


def identify(task: Task, origin: Origin, machine: Machine) -> files.Identity:
    """The run's identity. Its fingerprint is a digest of all that decides its bits: settings,
    seed, data, machine, and the code that the task's module needs."""
    facts = {key: getattr(origin, key) for key in ("lab", "net", "seed", "settings")}
    facts["data"] = {path.name: sha256(path) for path in origin.files}
    facts["environment"] = machine.describe()
    module = sys.modules[type(task).__module__]
    digests = code.digests(Path(module.__file__ or ""))
    mark = digest({**facts, "code": digests, "format": FORMAT})
    return files.Identity(**facts, tags=origin.tags, fingerprint=mark)
