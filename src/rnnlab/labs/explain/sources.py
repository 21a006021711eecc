"""What the section's tables and figures come from."""

from collections.abc import Iterable

from rnnlab.document.parts import Source
from rnnlab.runs.scores import Nets, runs_of


def stage(name: str, nets: Nets | None = None, measured: Iterable[str] = ()) -> Source:
    """A stage of the lab, and the runs of those `nets` that it measured."""
    return Source(
        (f"explain-{name}",), runs_of({net: nets[net] for net in measured} if nets else {})
    )
