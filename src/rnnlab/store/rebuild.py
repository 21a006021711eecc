"""The tracking store from the runs on disk: each once, and what a store lacks of one, added."""

import tempfile
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tqdm import tqdm

from rnnlab.errors import LabError
from rnnlab.files import alone
from rnnlab.runs import files as runs
from rnnlab.runs import tracking
from rnnlab.runs.catalogue import Finished, finished
from rnnlab.runs.history import Pace
from rnnlab.runs.tracking import StoreError, in_store
from rnnlab.store import pictures, summaries

FILES = "files"
"""The tag that says where a run's files lie: set last, so a run that has it is complete."""


PATIENCE = 1800.0
"""Seconds that one `rnnlab track` waits for another."""


class Outcome(NamedTuple):
    """How many runs were not there, lacked something, and were there already."""

    added: int
    completed: int
    known: int


def rebuild(models: Path, timings: Path) -> Outcome:
    """Bring every finished run below `models` into the tracking store, once each.

    A run that the store knows by fingerprint and seed, but not whole (after an outage), gets what
    it lacks; one that a user has deleted there stays deleted. Raises LabError if the store
    can't be used, and, after all others are in, if a run's files are broken.
    """
    with alone(Path(f"{tracking.DEFAULT_STORE}.track.lock"), "`rnnlab track`", PATIENCE):
        return _bring_all(models, timings)


def _bring_all(models: Path, timings: Path) -> Outcome:
    counts = dict.fromkeys(Outcome._fields, 0)
    broken, whole = [], []
    with in_store():
        client = tracking.connect()
    folders = sorted(path.parent for path in models.rglob(runs.RUN))
    for folder in tqdm(folders, "track", unit="run", disable=None):
        try:
            found = finished(folder, models, timings)
            counts[bring(client, found)] += 1
            whole.append(found)
        except StoreError:
            raise
        except (LabError, OSError, ValueError, TypeError, KeyError) as error:
            broken.append(f"{folder} ({tracking.reason(error)})")
    with in_store():
        summaries.summarize(client, whole)
    if broken:
        raise LabError(f"left out, since broken: {'; '.join(broken)}; run `dvc checkout --force`.")
    return Outcome(**counts)


def bring(client: Any, found: Finished) -> Literal["added", "completed", "known"]:
    """Make the store hold all of one run. Raises StoreError, or what is wrong with a file."""
    run, timing, folder, _ = found
    with in_store():
        earlier = tracking.find(client, tracking.experiment(client, run.lab), run)
    todo = [each for each in tracking.active(earlier) if not _whole(each)]
    if earlier and not todo:
        return "known"
    metrics = _metrics(found)
    began = tracking.milliseconds(timing.started) if timing.started else metrics[0].timestamp
    with tempfile.TemporaryDirectory() as temporary:
        images = pictures.draw(run, folder, Path(temporary))
        with in_store():
            ids = [each.info.run_id for each in todo]
            for run_id in filter(None, ids or [tracking.begin(client, run, timing, began)]):
                tracking.describe(client, run_id, run, timing)
                tracking.log(client, run_id, tracking.missing(client, run_id, metrics))
                tracking.log_files(client, run_id, folder)
                for image in images:
                    client.log_artifact(run_id, str(image))
                if client.get_run(run_id).info.status != "FINISHED":
                    client.set_terminated(run_id, "FINISHED", metrics[-1].timestamp)
                client.set_tag(run_id, FILES, folder.as_posix())
    return "completed" if todo else "added"


def _whole(run: Any) -> bool:
    """Whether the store has all of a run that it knows, and knows that it ended."""
    return FILES in run.data.tags and run.info.status == "FINISHED"


def _metrics(found: Finished) -> list[Any]:
    """All metrics of the run, at the times when they were measured if those are known."""
    history = runs.read_history(found.folder)
    pace: list[Pace] | list[None] = found.timing.epochs or [None] * len(history)
    written = tracking.milliseconds((found.folder / runs.RUN).stat().st_mtime)
    rows = zip(history, pace, strict=True)
    metrics = [each for row, took in rows for each in tracking.measured(row, took, written)]
    return [*metrics, *tracking.final(found.run, metrics[-1].timestamp)]
