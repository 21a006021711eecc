"""All of params.yaml at once."""

from pathlib import Path
from typing import Any

from pydantic import Field, create_model, model_validator

from rnnlab.labs import parts
from rnnlab.settings.base import Section, check, read
from rnnlab.settings.download import Download
from rnnlab.settings.workers import Workers


class _Shared(Section):
    download: Download
    workers: Workers = Field(default_factory=dict)

    @model_validator(mode="after")
    def _explained_nets_are_trained(self: Any) -> Any:  # what the labs add, a checker can't know
        parts = (self.explain, self.explain.clipping, self.explain.cut, self.explain.convolution)
        for net in (net for part in parts for net in part.nets):
            if net not in self.sentiment.published.nets:
                raise ValueError(
                    f"explain asks for {net}, which is not in sentiment.published.nets; add it "
                    "there, or leave it out of explain's nets"
                )
        return self


_LABS: dict[str, Any] = {lab: (module.SECTION, ...) for lab, module in parts("settings").items()}
Params = create_model("Params", __base__=_Shared, **_LABS)
"""What labs share, and a section for each lab."""


def read_all(path: Path) -> Any:
    """The whole file, checked. Raises LabError, one sentence, if anything in it is wrong."""
    return check(Params, read(path), path)
