"""Today's RNN and GRU beside those of an earlier commit, both in today's loop: what was gained."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from pathlib import Path

from bench.contest import Work, race, teams
from bench.measuring import Row, ratio
from bench.ours import Ours
from bench.training import BATCHES, DEEP_BATCHES, PRECISIONS
from rnnlab import git
from rnnlab.errors import LabError
from rnnlab.labs.sentiment.settings import Shape

COMMIT = "a86dc95"
NETS = ("rnn-1-1-100d", "gru-1-1-100d", "rnn-5-2-100d", "gru-5-2-100d")
PACKAGE, MODULES = "before", ("encoder", "recurrence")


class Before(Ours):
    """A net whose encoder is the earlier one."""

    def __init__(self, cache: Path, style: str, net: str, work: Work) -> None:
        """style: before-fp32, before-bf16."""
        super().__init__(style.replace("before", "ours"), net, work)
        sys.path.insert(0, str(cache))
        kind, layers, directions, dimension = Shape.of(net)
        now = self.task.net.encoder
        hidden = now.layers[0][0].hidden_size
        encoder = import_module(f"{PACKAGE}.encoder").Encoder
        self.task.net.encoder = encoder(kind, dimension, hidden, layers, directions, now.dropout.p)
        self.task.net.encoder.load_state_dict(now.state_dict())


def measure(data: Path, cache: Path, precision: str, seconds: float, repeats: int) -> Row:
    """The section `before`."""
    fetch(cache)
    rows: list[Row] = []
    with ExitStack() as stack:
        ours, before = (
            stack.enter_context(teams(each)) for each in (Ours, partial(Before, cache.absolute()))
        )
        styles = dict.fromkeys((*PRECISIONS, precision))
        contenders = {f"ours-{each}": ours for each in styles}
        contenders |= {f"before-{each}": before for each in styles}
        for net in NETS:
            work = Work(data, DEEP_BATCHES if Shape.of(net).layers > 1 else BATCHES)
            rows += race(net, contenders, work, seconds, repeats)
    keys = ("net", "contender", "arrangement", "tokens_per_second")
    kept = [{key: row[key] for key in keys} for row in rows]
    return {"commit": COMMIT, "default": precision, "rows": kept}


def ratios(section: Row) -> dict[str, float]:
    """How many times as fast as before: in the default precision, and in fp32."""
    found = {}
    for net in NETS:
        rates = {
            row["contender"]: row["tokens_per_second"]
            for row in section["rows"]
            if row["net"] == net
        }
        for precision, end in ((section["default"], ""), ("fp32", "-fp32")):
            gain = ratio(rates[f"ours-{precision}"], rates[f"before-{precision}"])
            found[f"{net}/before{end}"] = gain["median"]
    return found


def fetch(cache: Path, modules: Sequence[str] = MODULES) -> None:
    """Lay the earlier modules into a package of their own. Raises LabError without git history."""
    folder = cache / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    for module in modules:
        path = f"{COMMIT}:src/rnnlab/nets/{module}.py"
        try:
            found = git.said("show", path, folder=Path(__file__).parent)
        except LabError as trouble:
            raise LabError(f"{trouble}; fetch the project's whole history.") from None
        text = found.replace("rnnlab.nets.recurrence", f"{PACKAGE}.recurrence")
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    (folder / "__init__.py").touch()
