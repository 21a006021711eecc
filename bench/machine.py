"""What a result must say of where it was measured."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from rnnlab.settings.training import MachineSettings
from rnnlab.training import machine

PACKAGES = ("torch", "numpy", "pyarrow", "spacy", "dvc", "mlflow")
OTHERS = ("keras", "jax", "jaxlib", "tensorflow-cpu")
"""In bench's own virtual environment."""


def describe() -> dict[str, Any]:
    """The processor, its memory, the system; no names of hosts or folders."""
    cores = len(os.sched_getaffinity(0))
    settings = MachineSettings(device="cpu", precision="auto", threads=cores)
    found = machine.prepare(settings).describe()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": cores,
        "memory_gib": round(pages / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "instructions": found["cpu_capability"],
        "precision": found["precision"],
    }


def versions() -> dict[str, str]:
    """Of Python and the packages that matter, those of the rivals included."""
    found = {"python": platform.python_version()}
    found |= {name: metadata.version(name) for name in PACKAGES}
    beside = Path(__file__).parent / ".venv" / "lib"
    places = [str(each) for each in beside.glob("python*/site-packages")]
    for each in metadata.distributions(path=places) if places else ():
        name = each.name.lower().replace("_", "-")
        if name in OTHERS:
            found[name] = each.version
    return found


def load_average() -> float:
    """Processes that wanted a core in the last minute; above 1 at the start, others are at work."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
