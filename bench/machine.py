"""What a result must say of where it was measured."""

import os
import platform
import re
from importlib import metadata
from pathlib import Path

from bench.keras_style import PACKAGES
from bench.measuring import Row
from rnnlab.settings.training import MachineSettings
from rnnlab.training import machine

OWN = ("torch", "numpy", "pyarrow", "spacy", "dvc", "mlflow")
RIVALS = ("keras", "jax", "jaxlib", "tensorflow-cpu")


def describe() -> Row:
    """The processor, its memory, the system; no names of hosts or folders."""
    cores = len(os.sched_getaffinity(0))
    settings = MachineSettings(device="cpu", precision="auto", threads=cores)
    found = machine.prepare(settings).describe()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    named = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return {
        "processor": named[1] if named else "unknown",
        "cores": cores,
        "memory_gib": round(pages / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "instructions": found["cpu_capability"],
        "precision": found["precision"],
    }


def versions() -> dict[str, str]:
    """Of Python and the packages that matter, those of the rivals included."""
    beside = {
        each.name.lower().replace("_", "-"): each.version
        for each in metadata.distributions(path=[str(PACKAGES)])
    }
    own = {name: metadata.version(name) for name in OWN}
    rivals = {name: beside[name] for name in RIVALS if name in beside}
    return {"python": platform.python_version(), **own, **rivals}
