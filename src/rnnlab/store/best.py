"""The best run of each lab as a registered MLflow model that answers raw text."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rnnlab
from rnnlab.document.results import Results
from rnnlab.errors import LabError
from rnnlab.labs import LABS, part
from rnnlab.runs import files as runs
from rnnlab.runs import tracking
from rnnlab.runs.tracking import StoreError, in_store
from rnnlab.store import cards, requirements

ALIAS = "best"
PREDICTOR = Path(__file__).with_name("predictor.py")
ABOUT = """The best net of the {lab} lab, chosen by {score} on the validation part. It takes a list
of raw texts ({examples}) and answers a row for each. docs/tracking.md tells how to load it.
"""


def publish(models: Path, features: Path, results: Results | None = None) -> list[str]:
    """Register the best run of each lab that has runs below `models`; a line about each.

    features: a folder for each lab. results: what metrics.json holds, for the models' cards. What
    is missing there is said, and costs that lab's model alone. Raises StoreError if the store can't
    be used.
    """
    said = []
    for name, folder in cards.chosen(models).items():
        try:
            card = cards.card(runs.read_run(folder), results) if results else ""
            said.append(f"{register(folder, features / name, card)}: {folder.as_posix()}")
        except StoreError:
            raise
        except LabError as trouble:
            said.append(f"no model of {folder.as_posix()}: {trouble}")
    return said


def register(folder: Path, features: Path, card: str = "") -> str:
    """Log the model of the run in `folder`, which the store has, and register it; its address.

    features: what its lab's nets read; card: what is said of this version. The same model is
    registered once; the alias `best` goes to it. Raises LabError if a file is missing or the store
    can't be used.
    """
    run = runs.read_run(folder)
    name = f"rnnlab-{run.lab}"
    with in_store():
        client = tracking.connect()
        known = client.search_model_versions(f"name = '{name}'")
    same = (each.version for each in known if each.tags.get("fingerprint") == run.fingerprint)
    version = next(same, None) or _log(client, run, folder, features, name)
    lab = LABS[run.lab]
    about = ABOUT.format(lab=run.lab, score=lab.chosen_by, examples=", ".join(lab.examples))
    with in_store():
        client.set_registered_model_alias(name, ALIAS, version)
        client.update_registered_model(name, about)
        if card:
            client.update_model_version(name, version, card)
    return f"models:/{name}@{ALIAS}"


def _log(client: Any, run: runs.Run, folder: Path, features: Path, name: str) -> str:
    """The version that the run's model got in the registry."""
    import mlflow

    predict = part(run.lab, "predict")
    examples = list(LABS[run.lab].examples)
    predict.answer(folder, features)(examples)  # what is missing is said before anything is logged
    with in_store():
        known = tracking.find(client, tracking.experiment(client, run.lab), run)
        mlflow.set_tracking_uri(tracking.store())
        mlflow.set_registry_uri(tracking.store())
    active = [each.info for each in tracking.active(known)]
    if not active:
        raise LabError("its run was deleted in the tracking store; `mlflow runs restore` it.")
    with tempfile.TemporaryDirectory() as temporary, in_store():
        read = [features / file for file in predict.FEATURES]
        artifacts = _collect(folder, read, Path(temporary))
        with mlflow.start_run(run_id=active[0].run_id):
            model = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(PREDICTOR),
                code_paths=[str(Path(rnnlab.__file__).parent)],
                artifacts=artifacts,
                input_example=examples,
                pip_requirements=requirements.pinned(PREDICTOR, Path(predict.__file__)),
                registered_model_name=name,
                tags={"net": run.net, "seed": str(run.seed)},
            )
        # Logging opened the run again: its end is that of the training.
        client.set_terminated(active[0].run_id, "FINISHED", active[0].end_time)
        version = str(model.registered_model_version)
        for key in ("net", "seed", "fingerprint"):
            client.set_model_version_tag(name, version, key, str(getattr(run, key)))
    return version


def _collect(folder: Path, features: Sequence[Path], target: Path) -> dict[str, str]:
    """Copies of what answering needs, without predictions and encoded corpora."""
    wanted = {"run": [folder / runs.RUN, folder / runs.MODEL], "features": features}
    for place, files in wanted.items():
        (target / place).mkdir()
        for file in files:
            shutil.copy(file, target / place)
    return {place: str(target / place) for place in wanted}
