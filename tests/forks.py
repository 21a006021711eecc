"""Processes of their own that start at once: forked from one that has imported what takes long."""

import multiprocessing

HEAVY = [
    "torch", "mlflow", "mlflow.store.tracking.sqlalchemy_store", "safetensors.torch",
    "sklearn.model_selection", "rnnlab.cli", "rnnlab.labs.names.train", "rnnlab.runs.tracking",
    "rnnlab.store.rebuild",
]  # fmt: skip
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(HEAVY)
