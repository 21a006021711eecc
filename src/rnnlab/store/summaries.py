"""A summary run for each net: its scores over seeds, whose runs are shown below it."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from rnnlab.files import digest
from rnnlab.runs import tracking
from rnnlab.runs.catalogue import Finished

MARK = "summary_of"
"""The tag that a summary is known by: what its runs share."""
SEEDS = "fingerprints"
"""The tag that says which runs it sums up."""
PARENT = "mlflow.parentRunId"


def summarize(client: Any, runs: Iterable[Finished]) -> None:
    """A summary of each net that has several of the store's `runs`; one that is there is kept.

    A net is what has the same name, settings and data, wherever it was trained: trained otherwise,
    it gets a summary of its own. A summary that a user has deleted stays deleted.
    """
    nets: dict[str, list[Finished]] = {}
    for each in runs:
        run = each.run
        mark = digest([run.lab, run.net, run.settings, run.data])
        nets.setdefault(mark, []).append(each)
    for mark, seeds in nets.items():
        if len(seeds) > 1:
            _summarize(client, mark, seeds)


def _summarize(client: Any, mark: str, seeds: Sequence[Finished]) -> None:
    from mlflow.entities import Metric, Param, RunTag, ViewType

    first = seeds[0].run
    experiment_id = tracking.experiment(client, first.lab)
    known = client.search_runs([experiment_id], f"tags.{MARK} = '{mark}'", ViewType.ALL)
    of = digest(sorted(each.run.fingerprint for each in seeds))
    if known and (known[0].data.tags[SEEDS] == of or not tracking.active(known)):
        return
    children = [
        found[0].info
        for each in seeds
        if (found := tracking.active(tracking.find(client, experiment_id, each.run)))
    ]
    if len(children) < 2:
        return
    start, end = min(each.start_time for each in children), max(each.end_time for each in children)
    summary = known[0] if known else client.create_run(experiment_id, start)
    run_id = summary.info.run_id
    scores = {name: [each.run.scores[name] for each in seeds] for name in first.scores}
    metrics = {f"{name}/{key}": value for name, values in scores.items()
               for key, value in _spread(values).items()}  # fmt: skip
    what = {"net": first.net, **first.tags}
    told = ", ".join(sorted(str(each.run.seed) for each in seeds))
    tags = {"lab": first.lab, **what, "seeds": told, MARK: mark, SEEDS: of,
            "mlflow.runName": f"{first.net}, {len(seeds)} seeds"}  # fmt: skip
    client.log_batch(
        run_id,
        # Of so many seeds, which is the step: a later summary of more is the one that is shown.
        metrics=[Metric(key, value, end, len(seeds)) for key, value in metrics.items()],
        params=[Param(key, str(value)) for key, value in {**what, **first.settings}.items()],
        tags=[RunTag(key, str(value)) for key, value in tags.items()],
    )
    client.set_terminated(run_id, "FINISHED", end)
    for child in children:
        client.set_tag(child.run_id, PARENT, run_id)


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, sample standard deviation, and t's 95% interval of the mean."""
    from scipy import stats

    mean, std = statistics.fmean(values), statistics.stdev(values)
    error = max(std, 1e-12) / len(values) ** 0.5  # seeds may agree to the last bit
    low, high = stats.t.interval(0.95, len(values) - 1, mean, error)
    return {"mean": mean, "std": std, "low": float(low), "high": float(high)}
