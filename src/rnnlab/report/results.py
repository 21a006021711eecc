"""reports/metrics.json: written by evaluate, read by all that shows or checks it."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from rnnlab.claims.ledger import Claim
from rnnlab.document.results import Dataset, Results, StageTimes
from rnnlab.errors import LabError
from rnnlab.files import write_json
from rnnlab.labs import TRAINING, parts
from rnnlab.runs.scores import Regimes

_SHARED: dict[str, Any] = {
    "data": (dict[str, Dataset], ...),
    "environments": (list[dict[str, str | int]], ...),
    "stages": (StageTimes, ...),
}
_STRICT = ConfigDict(extra="forbid")


def _schema() -> type[BaseModel]:
    """The file's model: a part for each lab, `claims`, and `facts` with a part for each lab."""
    facts: dict[str, Any] = {lab: (each.Facts, ...) for lab, each in parts("facts").items()}
    labs: dict[str, Any] = dict.fromkeys(TRAINING, (Regimes, ...))
    return create_model(
        "Metrics",
        __config__=_STRICT,
        **labs,
        claims=(dict[str, Claim], ...),
        facts=(create_model("Facts", __config__=_STRICT, **facts, **_SHARED), ...),
    )


def write(path: Path, results: Results) -> None:
    """Write `results` as JSON."""
    facts = {**results.facts, **{name: getattr(results, name) for name in _SHARED}}
    content = _schema()(**results.nets, claims=results.claims, facts=facts)
    write_json(path, content.model_dump(mode="json"))


def read(path: Path) -> Results:
    """Raises LabError, one sentence that names the field, if the file is not what `write` writes:
    missing, broken, or of older code."""
    try:
        content: Any = _schema().model_validate(json.loads(path.read_bytes().decode("utf-8")))
    except FileNotFoundError:
        raise LabError(f"{path} is missing; run `dvc repro`.") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(each) for each in first["loc"])
        reason = first["msg"][0].lower() + first["msg"][1:]
        raise LabError(
            f"{path}: {field or 'all of it'}: {reason}; it is of other code or was edited: "
            "run `dvc repro -f evaluate`."
        ) from None
    except ValueError as error:
        raise LabError(
            f"{path} is not valid JSON ({error}); run `dvc repro -f evaluate`."
        ) from None
    return Results(
        nets={lab: getattr(content, lab) for lab in TRAINING},
        claims=content.claims,
        facts={lab: getattr(content.facts, lab) for lab in parts("facts")},
        **{name: getattr(content.facts, name) for name in _SHARED},
    )
