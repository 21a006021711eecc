"""How time and memory grow with the corpus: tokenize, embed and train at 1, 2, 4 and 8 times it."""

import tempfile
from pathlib import Path

from bench import corpus, ours, tokenizing
from bench.contest import NET
from bench.measuring import Row, cost, exponent

BASE = 3_000
TIMES = (1, 2, 4, 8)


def measure(archive: Path, raw: Path) -> Row:
    """The section `growth`: a row for each step and size, and each step's exponents."""
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for count in (BASE * times for times in TIMES):
            folder = Path(temporary, str(count))
            features = folder / "features"
            costs = {
                "tokenize": cost(tokenizing.streamed, archive=archive, count=count, folder=folder),
                "embed": cost(corpus.embedded, folder=folder, raw=raw),
                "train": cost(ours.one_epoch, features=features),
            }
            for step, spent in costs.items():
                measured = {"seconds": spent.seconds, "peak_mib": spent.peak_mib}
                rows.append({"step": step, "reviews": count, **measured})
    exponents = {}
    for step in costs:
        of_step = [row for row in rows if row["step"] == step]
        both = {"time": exponent(of_step, "seconds"), "memory": exponent(of_step, "peak_mib")}
        exponents[step] = both
    return {"net": NET, "rows": rows, "exponents": exponents}


def ratios(section: Row) -> dict[str, float]:
    return {
        f"growth/{step}-{what}-exponent": value
        for step, both in section["exponents"].items()
        for what, value in both.items()
    }
