"""The `workers` section: what a stage takes of a machine while it runs."""

from pydantic import Field

from rnnlab.settings.base import Section


class Share(Section):
    """What one stage takes. A machine that has less gives what it has."""

    cores: int = Field(default=1, ge=1)
    gpu: float = Field(default=0.0, ge=0, le=1, description="share of a GPU, where there is one")


Workers = dict[str, Share]
"""By kind of stage, its name in dvc.yaml; a kind that is not named takes one core."""
