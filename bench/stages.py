"""Peak memory and time of the stages of a finished pipeline, by kind, as they wrote them down."""

from pathlib import Path
from typing import Any

from rnnlab.errors import LabError
from rnnlab.report.stages import facts

LIMIT_MIB = 2560


def measure(folder: Path) -> dict[str, Any]:
    """The section `stages`: of the pipeline in `folder`."""
    spent = folder / "timings" / "stages"
    if not any(spent.glob("*.json")):
        raise LabError(f"{spent} is empty; bring the pipeline there up to date first.")
    rows = [
        {
            "stage": kind,
            "times": each["stages"],
            "seconds": each["all_seconds"],
            "peak_mib": each["peak_memory"],
        }
        for kind, each in facts(spent)["kinds"].items()
    ]
    return {"rows": rows, "limit_mib": LIMIT_MIB}


def ratios(section: dict[str, Any]) -> dict[str, float]:
    """The largest peak, as a share of the 2.5 GiB that no stage may exceed."""
    largest = max(row["peak_mib"] for row in section["rows"])
    return {"stages/largest-peak": largest / section["limit_mib"]}
