"""Does a registered model serve in an environment made of its own requirements, and nothing else?

`python -m bench.serve` makes one for each lab's model in a workspace's store, from the index of
packages, starts `mlflow models serve` there, and compares the answers with those of the model
loaded here. PyTorch is two gigabytes, so it takes minutes, and is no part of the tests.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import mlflow
import requests
import typer

from bench import ROOT
from rnnlab.errors import LabError, guarded
from rnnlab.labs import TRAINING

PATIENCE = 300
"""Seconds that a server may take to start."""


def environment(requirements: Path, folder: Path) -> Path:
    """The Python of a new virtual environment with what `requirements` names."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
    subprocess.run(command, check=True)
    return python


def serve(python: Path, model: Path, asked: list[str], port: int) -> object:
    """What the model answers over HTTP, served by `python`."""
    command = [str(python), "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    known = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    path = f"{python.parent}{os.pathsep}{known['PATH']}"
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
    with subprocess.Popen([*command, *options], env={**known, "PATH": path}) as server:
        try:
            while server.poll() is None and time.monotonic() < until:
                try:
                    requests.get(f"{address}/ping", timeout=5).raise_for_status()
                except requests.RequestException:
                    time.sleep(1)
                    continue
                question = {"inputs": asked}
                done = requests.post(f"{address}/invocations", json=question, timeout=60)
                done.raise_for_status()
                return done.json()["predictions"]
        finally:
            server.terminate()
    raise LabError(f"{model} is not served by the environment of its own requirements.")


def main(
    workspace: Annotated[Path, typer.Option(help="where `rnnlab track` has registered models")] = (
        ROOT / "workspaces/demo"
    ),
    labs: Annotated[str, typer.Option(help="whose models")] = ",".join(TRAINING),
    port: Annotated[int, typer.Option(help="for the server")] = 5077,
) -> None:
    """Serve registered models in fresh environments; exit code 1 if an answer differs.

    Example: python -m bench.serve --labs names
    """
    os.chdir(workspace)  # where the store's paths begin
    mlflow.set_tracking_uri(f"sqlite:///{Path('mlflow.db').resolve()}")
    for lab in labs.split(","):
        with tempfile.TemporaryDirectory() as temporary:
            uri = f"models:/rnnlab-{lab}@best"
            place = mlflow.artifacts.download_artifacts(uri, dst_path=f"{temporary}/model")
            python = environment(Path(place) / "requirements.txt", Path(temporary, "environment"))
            asked = list(TRAINING[lab].examples)
            found = serve(python, Path(place), asked, port)
            here = mlflow.pyfunc.load_model(uri).predict(asked).to_dict(orient="records")
        if found != here:
            raise LabError(f"{lab}: its own environment answers {found}, this one {here}.")
        typer.echo(f"{lab}: {found}")


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
