"""What is never the same twice: times, rates, memory. Their names say so; this is the one place."""

from typing import Any


def is_time(name: str) -> bool:
    """Whether what metrics.json has under the key `name` is a time, a rate or a peak of memory."""
    return name in ("seconds", "peak_memory") or name.endswith(("_seconds", "_per_second"))


def without_times(content: Any) -> Any:
    """`content`, as JSON has it, less all times and rates: equal if a run is repeated."""
    if isinstance(content, dict):
        return {key: without_times(each) for key, each in content.items() if not is_time(key)}
    if isinstance(content, list):
        return [without_times(each) for each in content]
    return content
