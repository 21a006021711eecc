"""reports/metrics.json: written by evaluate, read by all that shows or checks it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model

from rnnlab.claims.ledger import Claim
from rnnlab.document.results import Results
from rnnlab.errors import LabError
from rnnlab.files import write_json
from rnnlab.labs import TRAINING, parts
from rnnlab.runs.scores import Regimes
from rnnlab.settings.base import Entry

_SHARED: dict[str, Any] = {
    name: (field.annotation, ...)
    for name, field in Results.model_fields.items()
    if name not in ("nets", "claims", "facts")
}
AGAIN = "run `dvc repro -f evaluate`"


@cache
def _schema() -> Any:
    """The file's model: a part for each lab, `claims`, and `facts` with a part for each lab."""
    facts: dict[str, Any] = {lab: (each.Facts, ...) for lab, each in parts("facts").items()}
    labs: dict[str, Any] = dict.fromkeys(TRAINING, (Regimes, ...))
    labs["claims"] = (dict[str, Claim], ...)
    labs["facts"] = (create_model("Facts", __base__=Entry, **facts, **_SHARED), ...)
    return create_model("Metrics", __base__=Entry, **labs)


def write(path: Path, results: Results) -> None:
    """Write `results` as JSON."""
    facts = {**results.facts, **{name: getattr(results, name) for name in _SHARED}}
    content = _schema()(**results.nets, claims=results.claims, facts=facts)
    write_json(path, content.model_dump(mode="json"))


def read(path: Path) -> Results:
    """Raises LabError, one sentence that names the field, if the file is not what `write` writes:
    missing, broken, or of older code."""
    try:
        return parse(json.loads(path.read_bytes().decode("utf-8")))
    except FileNotFoundError:
        raise LabError(f"{path} is missing; run `dvc repro`.") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "all of it"
        trouble = f": {field}: {first['msg'][0].lower()}{first['msg'][1:]}"
        raise LabError(f"{path}{trouble}; it is of other code or was edited: {AGAIN}.") from None
    except ValueError as error:
        raise LabError(f"{path} is not valid JSON ({error}); {AGAIN}.") from None


def parse(content: Any) -> Results:
    """What the file holds. Raises pydantic's ValidationError if that is not what it should be."""
    found: Any = _schema().model_validate(content)
    return Results(
        nets={lab: getattr(found, lab) for lab in TRAINING},
        claims=found.claims,
        facts={lab: getattr(found.facts, lab) for lab in parts("facts")},
        **{name: getattr(found.facts, name) for name in _SHARED},
    )
