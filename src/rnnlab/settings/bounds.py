"""What numbers in params.yaml may be, and why: beyond these bounds a run could only fail, late."""

from typing import Annotated

from pydantic import AfterValidator


def _between(low: float, high: float, why: str) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"must be from {low:,} to {high:,}: {why}")
        return value

    return AfterValidator(check)


Seed = Annotated[int, _between(0, 2**32 - 1, "NumPy's and scikit-learn's generators take no other")]
Size = Annotated[int, _between(1, 4096, "the weights grow with its square, to gigabytes")]
"""Of a hidden state, or a vector."""
Layers = Annotated[int, _between(1, 20, "deeper nets of this kind don't train")]
Epochs = Annotated[int, _between(1, 10_000, "each is written down")]
Steps = Annotated[int, _between(1, 10**9, "more would take years")]
Batch = Annotated[int, _between(1, 100_000, "a step has all of them in memory")]
Elements = Annotated[
    int, _between(1000, 10**8, "fewer is less than one example, more does not fit in memory")
]
"""That go through a net at once."""
Rate = Annotated[float, _between(1e-12, 1e6, "beyond, nothing is learnt")]
"""A learning rate."""
Norm = Annotated[float, _between(1e-6, 1e6, "null is no clipping")]
"""Of a gradient, at most."""
Threads = Annotated[int, _between(1, 1024, "a net has no work for more")]
