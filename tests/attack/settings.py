"""Hostile params.yaml: values of a wrong kind or size, and text that is hardly YAML."""

from pathlib import Path
from random import Random
from typing import Any

import yaml
from tests.attack import Case, attack
from tests.attack.bytes import spoil

from rnnlab.labs.params import read_all
from rnnlab.settings.base import read

PARAMS = Path(__file__).parents[2] / "params.yaml"
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, 2**64, -(10**40), 0.0, -0.5, 1e-300, 1e300, float("nan"),
    float("inf"), "", "x; touch harm #", "${item.net}", "../../x", "\u202e", "a" * 10_000, [], {},
    [[]], [1, 1], {"": 1}, {"x; touch harm #": {}}, {"nets": {}},
)  # fmt: skip
TEXTS = (
    "a: [", "- 1\n", "", "\0", "a: 1\na: 2\n", "&a [*a]", "a: &a\n  b: *a\n",
    "!!python/name:os.system", "a: " + "[" * 20_000, "a: " + "9" * 5_000, "? ? ?", "\t",
    "%YAML 9.9\n---\na: 1", "--- 1\n--- 2\n",
)  # fmt: skip


@attack("settings: a value")
def value(dice: Random, folder: Path) -> Case:
    content = read(PARAMS)
    place, keys = content, [dice.choice(list(content))]
    while isinstance(place[keys[-1]], dict) and place[keys[-1]] and dice.random() < 0.9:
        place = place[keys[-1]]
        keys.append(dice.choice(list(place)))
    given = dice.choice([*VALUES, dice.randrange(-(2**70), 2**70), dice.random()])
    if isinstance(given, dict | list) or dice.random() < 0.9:
        place[keys[-1]] = given
    else:
        place[str(given)] = place.pop(keys[-1])  # under another name
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    wanted = yaml.safe_dump(given)[:60]
    return Case(
        f"{'.'.join(map(str, keys))}: {wanted}",
        lambda: read_all(path),
        lambda answer: _holds(answer.model_dump(), content),
        "params.yaml",
    )


def _holds(taken: Any, written: Any) -> bool:
    """Whether what was taken is what was written, defaults aside."""
    if isinstance(written, dict):
        return taken.keys() >= written.keys() and all(
            _holds(taken[key], each) for key, each in written.items()
        )
    return isinstance(taken, bool) == isinstance(written, bool) and taken == written


@attack("settings: YAML")
def text(dice: Random, folder: Path) -> Case:
    path = folder / "params.yaml"
    if dice.random() < 0.5:
        path.write_text(dice.choice(TEXTS), encoding="utf-8")
        return Case("no settings", lambda: read_all(path), names="params.yaml")
    path.write_bytes(PARAMS.read_bytes())
    what = spoil(dice, path)
    # A turned bit of a comment or of a number may be settings all the same.
    return Case(what, lambda: read_all(path), lambda answer: answer is not None, "params.yaml")
