"""params.yaml → typed, validated settings; one section of the file, one model."""

import difflib
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, Event

from rnnlab.errors import LabError


class Entry(BaseModel):
    """A part of a file, with no key that it does not know."""

    model_config = ConfigDict(extra="forbid")


class Section(Entry):
    """A part of params.yaml: frozen once read."""

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)


DEEPEST = 100
"""Levels of keys and lists in a file; params.yaml has 5."""

Model = TypeVar("Model", bound=Section)


def read(path: Path) -> dict[str, Any]:
    """The file's content as plain dicts and lists. Raises LabError if it can't be read as YAML.

    YAML 1.2 by the reader that DVC uses, so that both see the same: `010` is ten, `yes` a word, and
    a key stands once.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # Before it is loaded: the reader in C would run out of its stack, and take Python with it.
        levels = accumulate(map(_step, YAML(typ="safe").parse(text)))
        if any(level > DEEPEST for level in levels):
            raise LabError(f"{path} is nested too deep, over {DEEPEST} levels; write it flatter.")
        content = YAML(typ="safe").load(text)
    except FileNotFoundError:
        raise LabError(f"{path} is missing; run this in a folder that has one.") from None
    except UnicodeDecodeError:
        raise LabError(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except DuplicateKeyError as error:
        where = error.problem_mark
        raise LabError(f"{path}, line {where.line + 1}: {error.problem}; keep one.") from None
    except (YAMLError, ValueError) as error:  # ValueError: a number of thousands of digits
        place = " ".join(str(error).split())
        raise LabError(f"{path} is not valid YAML: {place[:300]}.") from None
    if not isinstance(content, dict):
        raise LabError(f"{path} must hold keys and values, but holds {type(content).__name__}.")
    return content


def _step(event: Event) -> int:
    """How many levels further in what follows an event of YAML's stands."""
    starts = isinstance(event, CollectionStartEvent)
    return starts - isinstance(event, CollectionEndEvent)


def nothing_else(changes: Any) -> Any:
    """What stands behind a net's name that changes something; `lstm:` with nothing changes none."""
    return {} if changes is None else changes


def load(model: type[Model], name: str, path: Path = Path("params.yaml")) -> Model:
    """The section `name` of `path` as a checked `model`.

    Raises LabError, one sentence with the key's path, on a missing section, an unknown key
    (with the key that was probably meant), a wrong type or an impossible value.
    """
    content = read(path)
    if name not in content:
        raise LabError(f"{path}: the section {name!r} is missing.{_meant(name, list(content))}")
    return check(model, content[name], path, name)


def check(model: type[Model], content: Any, path: Path, *section: str) -> Model:
    """`content`, which stands in the file `path` below the keys `section`, as a `model`."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise LabError(_sentence(model, error, path, section)) from None


def _sentence(
    model: type[BaseModel], error: ValidationError, path: Path, section: tuple[str, ...]
) -> str:
    # A mistyped key is also a missing one; the typo is what helps.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    keys = [*section, *(f"{key!s:.100}" for key in first["loc"] if key != "[key]")]
    place = f"{path}: {'.'.join(keys)}".removesuffix(": ")
    more = f" ({error.error_count() - 1} more like it)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        return f"{place} is not a setting.{_meant(key, _fields(model, first['loc'][:-1]))}{more}"
    if first["type"] == "missing":
        return f"{place} is missing; add it.{more}"
    problem = first["msg"].removeprefix("Value error, ")
    problem = problem[0].lower() + problem[1:]
    value = first["input"]
    if isinstance(value, int) and value.bit_length() > 64:  # Python writes 4,300 digits at most
        value = f"an integer of {value.bit_length():,} bits"
    shown = repr(value) if len(repr(value)) <= 100 else f"{value!r:.100}…"
    given = f" (got {shown})" if not isinstance(value, dict | list) else ""
    return f"{place}: {problem}{given}.{more}"


def _fields(model: Any, path: tuple[int | str, ...]) -> list[str]:
    """The names that are allowed below `path` in `model`."""
    for key in path:
        field = model.model_fields.get(key) if _is_model(model) else None
        candidates = [field.annotation] if field else list(get_args(model))
        nested = [kind for outer in candidates for kind in (outer, *get_args(outer))]
        model = next((kind for kind in nested if _is_model(kind)), model)
    return list(model.model_fields) if _is_model(model) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _meant(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known here: {', '.join(known)}." if known else ""
