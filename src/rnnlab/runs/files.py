"""A run's folder: what one seeded training leaves on disk, complete without any tracking."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from rnnlab.errors import LabError
from rnnlab.files import (
    read_as,
    read_table,
    reading,
    replacing,
    sealed,
    sha256,
    write_sealed,
    write_table,
)
from rnnlab.runs import history
from rnnlab.runs.history import Epoch, Pace

if TYPE_CHECKING:  # not to be imported by who only reads scores
    import pyarrow as pa
    import torch
    from torch import nn

MODEL, HISTORY, RUN = "model.safetensors", "history.csv", "run.json"
PREDICTIONS, STEPS = "predictions.parquet", "steps.parquet"


class Identity(BaseModel):
    """What is known of a run before it begins, and is the same when it is run again."""

    lab: str
    net: str
    seed: int
    settings: dict[str, Any]
    tags: dict[str, str | int] = {}
    """What to group runs by: cell, layers, directions, …"""
    data: dict[str, str]
    """sha256 of each file that the run reads."""
    environment: dict[str, str | int]
    fingerprint: str


class Run(Identity):
    """run.json: everything about a run that is the same when it is run again."""

    structure: str
    """The net as PyTorch prints it."""
    parameters: int
    """Trained weights, counted one by one."""
    best_epoch: int
    scores: dict[str, float]
    files: dict[str, str] = {}
    """sha256 of each of the folder's other files."""


class Made(BaseModel):
    """How a run came about: what says nothing of its bits."""

    git_commit: str = ""
    """The code's, which may be another that gives the same."""
    script: str = ""
    """What was run: the stage's script and its arguments."""
    experiment: str = ""
    """Of `dvc exp run`, its name."""
    packages: dict[str, str] = {}
    """The versions that were installed, of what the project asks for; none of older runs."""


class Timing(Made):
    """timings/…: the one place for what differs from run to run on the same machine."""

    seconds: float
    """Of training and validation, all epochs, by the clock of `rnnlab.training.machine`."""
    tokens_per_second: float
    """Real (unpadded) tokens trained on, by the time of training alone."""
    epochs: list[Pace]
    started: float = 0.0
    """Seconds since 1970."""


def write(
    folder: Path,
    run: Run,
    net: "nn.Module | None",
    epochs: list[Epoch],
    predictions: "pa.Table | None" = None,
    steps: Sequence[Sequence[float]] = (),
) -> Run:
    """Write all of a run's files, run.json last: a folder that has it is complete.

    net: None where its weights are not kept. steps: by epoch, the loss of each training step, if
    they are kept. A run repeated gives an equal folder: times are not in it, see `Timing`. The run
    as written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from safetensors.torch import save_file

    names = [HISTORY]
    if net is not None:
        weights = {name: value.contiguous().cpu() for name, value in net.state_dict().items()}
        with replacing(folder / MODEL) as part:
            save_file(weights, part)
        names.append(MODEL)
    history.write_history(folder / HISTORY, epochs)
    if predictions is not None:
        with replacing(folder / PREDICTIONS) as part:
            # A quarter of a million bytes for 25,000 reviews; by Arrow's defaults, 420,000.
            pq.write_table(predictions, part, compression="zstd", use_dictionary=False)
        names.append(PREDICTIONS)
    if steps:
        write_table(folder / STEPS, pa.table({"losses": steps}))
        names.append(STEPS)
    run = run.model_copy(update={"files": {each: sha256(folder / each) for each in names}})
    write_sealed(folder / RUN, run.model_dump())
    return run


def timing(pace: list[Pace], started: float = 0.0, made: Made | None = None) -> Timing:
    """What a training took."""
    train = math.fsum(row.train_seconds for row in pace)
    seconds = train + math.fsum(row.valid_seconds for row in pace)
    rate = sum(row.tokens for row in pace) / train
    times: dict[str, Any] = {"seconds": seconds, "tokens_per_second": rate, "epochs": pace}
    return Timing(**times, started=started, **(made or Made()).model_dump())


def read_run(folder: Path) -> Run:
    """Raises LabError if the folder holds no finished run, or a broken one."""
    return read_as(folder / RUN, Run)


def read_timing(path: Path) -> Timing:
    """Raises LabError if the file is missing or broken."""
    return read_as(path, Timing)


def written(folder: Path, name: str) -> Path:
    """The file `name` of a run's folder, as `write` left it. Raises LabError if it is missing or
    was changed."""
    path = folder / name
    digest = read_run(folder).files.get(name)
    with reading(path):
        if sha256(path) != digest:
            raise ValueError(f"it is not what {RUN} says was written")
    return path


def read_history(folder: Path) -> list[Epoch]:
    """A run's rows of history.csv. Raises LabError if the file is missing or was changed."""
    return history.read_history(written(folder, HISTORY))


def read_steps(folder: Path) -> list[list[float]]:
    """By epoch, the loss of each training step. Raises LabError if the file is missing or was
    changed."""
    losses: list[list[float]] = read_table(written(folder, STEPS), ["losses"])["losses"].to_pylist()
    return losses


def kept_weights(run: Run) -> bool:
    """Whether a run's weights are among its files."""
    return MODEL in run.files


def check_data(folder: Path, run: Run, path: Path) -> None:
    """Raises LabError if `path` is not the file of that name that `run`, in `folder`, read."""
    if sha256(path) != run.data.get(path.name):
        raise LabError(
            f"{path} is not the {path.stem} that {folder} was trained with; "
            "run `dvc repro` or `dvc checkout`."
        )


def read_weights(folder: Path, net: "nn.Module") -> None:
    """Load a run's weights into `net`.

    Raises LabError if they were not kept, or the file is missing, was changed, or does not fit.
    """
    from safetensors.torch import load_file

    if not kept_weights(read_run(folder)):
        raise LabError(
            f"{folder} kept no weights, as sweeps never do, and others where params.yaml says "
            "keep_weights: false; ask for another net, or set it true and run `dvc repro`."
        )
    path = written(folder, MODEL)
    try:
        with reading(path):
            net.load_state_dict(load_file(path))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        trouble = f"{path} does not hold this net's weights ({reason}); train it again."
        raise LabError(trouble) from None


def load_tensors(path: Path) -> "dict[str, torch.Tensor]":
    """The tensors of a sealed safetensors file. Raises LabError if it is missing or was changed."""
    from safetensors.torch import load_file

    with reading(path):
        tensors: dict[str, torch.Tensor] = load_file(sealed(path))
        return tensors
