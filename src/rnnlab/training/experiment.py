"""One seeded run from what is known of it to its folder: fingerprint, training, files."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from rnnlab import code
from rnnlab.errors import LabError
from rnnlab.files import digest, sha256, write_sealed
from rnnlab.runs import files
from rnnlab.runs.checkpoints import Checkpoint
from rnnlab.runs.format import FORMAT
from rnnlab.runs.tracking import Tracker, made
from rnnlab.settings.training import Optimization
from rnnlab.training import side_by_side
from rnnlab.training.loop import Progress, Task, fit
from rnnlab.training.machine import Machine
from rnnlab.training.side_by_side import Group


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


Final = Callable[[], tuple[dict[str, float], pa.Table | None]]
"""Called once a net holds its best weights: scores beyond the validation part's, and predictions if
the lab keeps any."""


class Plan(NamedTuple):
    """One of the runs that are trained side by side."""

    origin: Origin
    optimization: Optimization
    places: Places
    final: Final
    keep_weights: bool = True


def conduct(
    task: Task,
    origin: Origin,
    optimization: Optimization,
    machine: Machine,
    places: Places,
    final: Final,
    keep_weights: bool = True,
    keep_steps: bool = False,
) -> files.Run:
    """Train `task`, score it with `final`, and write the run's files into `places`.

    keep_weights: whether the net's weights are among them; keep_steps: whether the loss of every
    training step is. Tracked throughout; trouble
    with tracking costs nothing. Raises LabError if training diverges.
    """
    record = _Record(task, origin, machine, places)
    checkpoint = Checkpoint(places.checkpoint, record.identity.fingerprint)
    try:
        heard = record.tracker.epoch
        progress = fit(task, optimization, machine, checkpoint, heard, origin.lab, keep_steps)
    except LabError:
        record.tracker.fail()
        raise
    run = record.finish(progress, final, keep_weights)
    checkpoint.remove()
    return run


def conduct_side_by_side(
    group: Group, plans: Sequence[Plan], machine: Machine, checkpoint: Path
) -> list[files.Run | LabError]:
    """Train the tasks of `group` side by side, one a plan; else as `conduct`.

    checkpoint: the file of all; those of the plans are not used. A run that diverges gives the
    LabError that says so.
    """
    records = [
        _Record(task, plan.origin, machine, plan.places)
        for task, plan in zip(group.tasks, plans, strict=True)
    ]
    mark = digest([record.identity.fingerprint for record in records])
    shared = Checkpoint(checkpoint, mark)
    optimizations = [plan.optimization for plan in plans]
    on_epochs = [record.tracker.epoch for record in records]
    lab = plans[0].origin.lab
    found = side_by_side.fit(group, optimizations, machine, shared, on_epochs, lab)
    runs: list[files.Run | LabError] = []
    for record, plan, ended in zip(records, plans, found, strict=True):
        if isinstance(ended, LabError):
            record.tracker.fail()
            runs.append(ended)
        else:
            runs.append(record.finish(ended, plan.final, plan.keep_weights))
    shared.remove()
    return runs


class _Record:
    """What is written down of one run, from its start on."""

    def __init__(self, task: Task, origin: Origin, machine: Machine, places: Places) -> None:
        self.task, self.places = task, places
        self.started, self.made = time.time(), made()
        self.identity = identify(task, origin, machine)
        self.tracker = Tracker(self.identity, self.made)

    def finish(self, progress: Progress, final: Final, keep_weights: bool) -> files.Run:
        """Score the net and write the run's files."""
        net, best = self.task.net, progress.best
        more, predictions = final()
        run = files.Run(
            **self.identity.model_dump(),
            structure=str(net),
            parameters=sum(each.numel() for each in net.parameters() if each.requires_grad),
            best_epoch=best.epoch,
            scores={"valid_loss": best.valid_loss, "valid_accuracy": best.valid_accuracy, **more},
        )
        timing = files.timing(progress.pace, self.started, self.made)
        output, steps = self.places.output, progress.steps
        kept = net if keep_weights else None
        run = files.write(output, run, kept, progress.history, predictions, steps)
        write_sealed(self.places.timing, timing.model_dump())
        self.tracker.finish(run, self.places.output)
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
