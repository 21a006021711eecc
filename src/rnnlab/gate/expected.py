"""reports/expected.yaml: what metrics.json should say, and how far it may be off.

`make expect` proposes it, a person commits it, `make check` compares. The rules by which a
tolerance is proposed are in `tolerance`, and written into the head of the file.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, Field

from rnnlab.claims.contrast import kind_of
from rnnlab.claims.ledger import Verdict
from rnnlab.document.results import Results
from rnnlab.errors import LabError
from rnnlab.files import write_text
from rnnlab.gate.finding import DRIFTS, HOLDS, MISSING, Finding
from rnnlab.gate.times import is_time
from rnnlab.runs.scores import Spread, spread
from rnnlab.settings.base import Section, check, read

HEAD = """\
# What `make check` holds reports/metrics.json to. Proposed by `make expect`, kept by a person.
#
# numbers: value, the mean over seeds, and tolerance, how far it may be off:
# - whole numbers (of parameters): not at all;
# - others: 3 standard errors of a difference of two such means, 3 s √(2/n), where s is the seeds'
#   standard deviation, the net's own or its kind's (root mean square over nets of the same cell and
#   depth that are trained alike), whichever is larger; where none has several seeds: 0.01 for
#   accuracies, 5% for others;
# - accuracies: at least 2 standard errors from the number of items, 2 √(p (1 - p) / items);
# - others: at least 2%.
# Times and rates are left out: they differ from run to run.
# orderings: must hold between the means. Proposed where the LSTM is ahead of the RNN of its shape
# by more than either's tolerance; those that are here stay, whether they hold or not.
# A tolerance that is to be wider than by these rules needs a reason beside it, as `widened: …`.
# verdicts: of the claims, and of each of their parts.
# rules: the digest of what docs/claims.md says before it tells how often the rules are wrong.
"""
RNN = re.compile(r"\b(tutorial-)?rnn\b")
DECIDING = ("test_accuracy", "valid_accuracy", "test_nll", "valid_nll")
"""What nets are compared by: the first that they have."""


class Bound(Section):
    value: float
    tolerance: float = Field(ge=0)
    widened: str = Field(default="", exclude_if=lambda reason: not reason)
    """Why a person made the tolerance wider than the rules do."""


def _once(orderings: list[str]) -> list[str]:
    for ordering in orderings:
        if len(ordering.split(" > ")) != 2:
            raise ValueError(f"{ordering!r} must read `a > b`, places of two numbers")
        if orderings.count(ordering) > 1:
            raise ValueError(f"{ordering!r} stands there twice; keep one")
    return orderings


class Expected(Section):
    """The file's content; numbers by their place in metrics.json, as lab/regime/net/metric."""

    numbers: dict[str, Bound]
    orderings: Annotated[list[str], AfterValidator(_once)]
    verdicts: dict[str, Verdict]
    rules: str


def numbers(results: Results) -> dict[str, Spread]:
    """Every number of every net by its place, lab/regime/net/metric; times and rates left out."""
    found: dict[str, Spread] = {}
    for lab, regime, name, net in results.rows():
        place = f"{lab}/{regime}/{name}"
        scores = {f"{place}/{each}": net[each] for each in net.metrics if not is_time(each)}
        found |= {**scores, f"{place}/parameters": spread({0: net.parameters})}
    return found


def load(path: Path) -> Expected:
    """Raises LabError, one sentence, if the file is missing or not what it should be."""
    if not path.exists():
        raise LabError(f"{path} is missing; run `make expect`, look at it and commit it.")
    return check(Expected, read(path), path)


def compare(results: Results, expected: Expected) -> list[Finding]:
    """Numbers, orderings and verdicts of `results` against the `expected` ones."""
    found = numbers(results)
    return [
        *(_number(place, found, expected.numbers) for place in {**expected.numbers, **found}),
        *(_ordering(ordering, found) for ordering in expected.orderings),
        *_verdicts(verdicts(results), expected.verdicts),
        *_means(results),
        *_loosened(results, expected),
    ]


def _loosened(results: Results, expected: Expected) -> Iterator[Finding]:
    """Tolerances wider than by the rules, and orderings that the rules give and the file lacks.

    Both follow from the seeds' spread, so this can be told only of the numbers that the file was
    proposed from: on another machine, where they moved, the tolerances are what counts.
    """
    right = propose(results, [], "")
    if {place: bound.value for place, bound in right.numbers.items()} != {
        place: bound.value for place, bound in expected.numbers.items()
    }:
        told = "not held to their rules: numbers moved since `make expect`"
        yield Finding(HOLDS, "expected.yaml, tolerances and orderings", told)
        return
    for place, bound in expected.numbers.items():
        rule, amount = right.numbers[place].tolerance, f"{bound.tolerance:.2g}"
        if bound.tolerance > rule:
            state = HOLDS if bound.widened else DRIFTS
            reason = bound.widened or "say why as `widened: …`, or run `make expect`"
            yield Finding(state, f"tolerance of {place}, widened", amount, f"{rule:.2g}", reason)
    for ordering in right.orderings:
        if ordering not in expected.orderings:
            advice = "not in expected.yaml, and holds; run `make expect`"
            yield Finding(MISSING, f"ordering {ordering}", amount=advice)


def _number(place: str, found: Mapping[str, Spread], bounds: Mapping[str, Bound]) -> Finding:
    if place not in bounds:
        return Finding(MISSING, place, amount="not in expected.yaml; run `make expect`")
    if place not in found:
        return Finding(MISSING, place, amount="not in metrics.json")
    mean, bound = found[place].mean, bounds[place]
    # The value was rounded when it was written down.
    holds = abs(mean - bound.value) <= bound.tolerance + 1e-6 * abs(bound.value)
    right = f"{bound.value:.6g} ± {bound.tolerance:.2g}"
    state = HOLDS if holds else DRIFTS
    return Finding(state, place, f"{mean:.6g}", right, f"{mean - bound.value:+.2g}")


def _ordering(ordering: str, found: Mapping[str, Spread]) -> Finding:
    places = ordering.split(" > ")
    if not all(place in found for place in places):
        return Finding(MISSING, ordering, amount="names what is not in metrics.json")
    more, less = (found[place].mean for place in places)
    state = HOLDS if more > less else DRIFTS
    return Finding(state, ordering, f"{more:.6g}", f"> {less:.6g}", f"{more - less:+.2g}")


def verdicts(results: Results) -> dict[str, Verdict]:
    """On each claim, as K1, and each of its parts, as K1/<part>."""
    found: dict[str, Verdict] = {}
    for name, claim in results.claims.items():
        found[name] = claim.verdict
        found |= {f"{name}/{part.name}": part.verdict for part in claim.parts}
    return found


def _verdicts(found: Mapping[str, str], expected: Mapping[str, str]) -> Iterator[Finding]:
    for name in {**expected, **found}:
        if name in expected and name in found:
            state = HOLDS if found[name] == expected[name] else DRIFTS
            yield Finding(state, f"verdict on {name}", found[name], expected[name])
        else:
            where = "expected.yaml; run `make expect`" if name in found else "metrics.json"
            yield Finding(MISSING, f"verdict on {name}", amount=f"not in {where}")


def _means(results: Results) -> Iterator[Finding]:
    """Whether every mean and deviation is that of the seeds' values beside it."""
    count = 0
    for *names, net in results.rows():
        for metric, scores in net.metrics.items():
            count += 1
            for key, right in spread(scores.values).model_dump(exclude={"values"}).items():
                if (here := getattr(scores, key)) != right:
                    where = "/".join([*map(str, names), metric, key])
                    yield Finding(DRIFTS, where, f"{here}", f"{right}", "of its values")
    yield Finding(HOLDS, "metrics.json, means are those of the seeds' values", f"{count} looked at")


def propose(
    results: Results, kept: list[str], rules: str, before: Mapping[str, Bound] | None = None
) -> Expected:
    """New expectations from `results`.

    kept: orderings that are there already; rules: the digest of the claims' page; before: the
    bounds that are there, of which a tolerance that a person widened stays, with its reason, while
    it is wider than by the rules.
    """
    found = numbers(results)
    deviations = pooled(found)
    bounds = {}
    for place, number in found.items():
        lab, *_, metric = place.split("/")
        items = getattr(results.facts.get(lab), "parts", {}).get(metric.split("_")[0])
        limit = tolerance(metric, number, deviations.get(group(place)), items)
        bounds[place] = Bound(value=float(f"{number.mean:.7g}"), tolerance=float(f"{limit:.2g}"))
        old = (before or {}).get(place)
        if old and old.widened and old.tolerance > bounds[place].tolerance:
            more = {"tolerance": old.tolerance, "widened": old.widened}
            bounds[place] = bounds[place].model_copy(update=more)
    orderings = list(dict.fromkeys([*kept, *_ahead(bounds)]))
    return Expected(numbers=bounds, orderings=orderings, verdicts=verdicts(results), rules=rules)


def group(place: str) -> str:
    """What the number at `place` is pooled by: its lab, regime, kind of net and metric."""
    lab, regime, net, metric = place.split("/")
    return f"{lab}/{regime}/{kind_of(net)}/{metric}"


def pooled(found: Mapping[str, Spread]) -> dict[str, float]:
    """By `group`: the seeds' standard deviation, root mean square over nets.

    Of few seeds, one net's own deviation may by chance be next to nothing. Cells and depths differ
    in spread: a deep RNN's on reviews is several times an LSTM's.
    """
    variances: dict[str, list[float]] = defaultdict(list)
    for place, number in found.items():
        if number.std is not None:
            variances[group(place)].append(number.std**2)
    return {key: math.sqrt(sum(each) / len(each)) for key, each in variances.items()}


def tolerance(metric: str, number: Spread, deviation: float | None, items: int | None) -> float:
    """How far the mean `number` may be off, by the rules in the file's head.

    deviation: the seeds' standard deviation over nets of its kind, None if none has several seeds.
    items: how many examples an accuracy is taken over, if known.
    """
    if metric == "parameters":
        return 0
    accuracy = metric.endswith("accuracy")
    if deviation is None:
        seeds = 0.01 if accuracy else 0.05 * abs(number.mean)
    else:
        seeds = 3 * max(number.std or 0, deviation) * math.sqrt(2 / number.n)
    if not accuracy:
        return max(seeds, 0.02 * abs(number.mean))
    return max(seeds, 2 * sampling_error(number.mean, items) if items else 0)


def sampling_error(share: float, items: int) -> float:
    """Standard error of a share of `items`, never zero: one success and one failure are added."""
    share = (share * items + 1) / (items + 2)
    return math.sqrt(share * (1 - share) / items)


def _ahead(bounds: Mapping[str, Bound]) -> Iterator[str]:
    """The LSTM over the RNN of its shape, where the gap is more than either's tolerance."""
    for place, rnn in bounds.items():
        net, _, metric = place.rpartition("/")
        start, _, name = net.rpartition("/")
        lstm = f"{start}/{RNN.sub('lstm', name)}/{metric}"
        deciding = next((each for each in DECIDING if f"{net}/{each}" in bounds), None)
        if lstm == place or lstm not in bounds or metric != deciding:
            continue
        better, worse = (lstm, place) if metric.endswith("accuracy") else (place, lstm)
        gap = bounds[better].value - bounds[worse].value
        if gap > max(rnn.tolerance, bounds[lstm].tolerance):
            yield f"{better} > {worse}"


def write(path: Path, expected: Expected) -> None:
    content = expected.model_dump()
    for bound in content["numbers"].values():
        whole = [key for key in ("value", "tolerance") if bound[key] == int(bound[key])]
        bound.update({key: int(bound[key]) for key in whole})
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120)
    write_text(path, HEAD + text)
