"""The two wires between the stack's parts: metrics and log lines. Both may be called from any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Put(Protocol):
    """`MetricStore.put`: values observed at a wall time (now, if not said), as PutMetricData takes them."""

    def __call__(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        *,
        at: float | None = None,
        unit: str = "None",
    ) -> None: ...


class LogSink(Protocol):
    """Takes one line that a function wrote to stdout or stderr, without its newline, at a wall time."""

    def __call__(self, function: str, line: str, wall: float) -> None: ...


def no_metrics(
    namespace: str,
    metric: str,
    dimensions: Mapping[str, str],
    values: Sequence[float],
    *,
    at: float | None = None,
    unit: str = "None",
) -> None:
    """A `Put` that keeps nothing."""


def no_logs(function: str, line: str, wall: float) -> None:
    """A `LogSink` that keeps nothing."""
