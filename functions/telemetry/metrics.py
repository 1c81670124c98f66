"""The metrics of one invocation: collected, then written to stdout once.

CloudWatch reads them as Embedded Metric Format. With `SERENO_METRICS=datadog` they are
written in the form Datadog's log forwarder takes instead: `users.get_answered` for
GetAnswered, as names are written there, tagged `service` and `env`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Protocol

from aws_lambda_powertools.metrics import EphemeralMetrics

from telemetry.signals import Signal


class Metrics(Protocol):
    """Collects values, then writes them."""

    def add(self, signal: Signal, value: float) -> None: ...

    def flush(self) -> None: ...


class Emf:
    """Embedded Metric Format by Powertools; the namespace is POWERTOOLS_METRICS_NAMESPACE.

    Not `Metrics`, whose instances share one set: a value left by a failed invocation
    would be written by the next.
    """

    def __init__(self, service: str) -> None:
        self._provider = EphemeralMetrics(service=service)

    def add(self, signal: Signal, value: float) -> None:
        self._provider.add_metric(name=signal.name, unit=signal.unit, value=value)

    def flush(self) -> None:
        self._provider.flush_metrics()


class Datadog:
    """One line a value, for Datadog's log forwarder; `env` is that of the namespace `Sereno/ENV`."""

    def __init__(self, service: str) -> None:
        from aws_lambda_powertools.metrics.provider.datadog.datadog import DatadogProvider

        environment = os.environ["POWERTOOLS_METRICS_NAMESPACE"].rpartition("/")[2]
        tags = {"service": service, "env": environment}
        self._provider = DatadogProvider(namespace="users", flush_to_log=True, default_tags=tags)

    def add(self, signal: Signal, value: float) -> None:
        self._provider.add_metric(name=snake_case(signal.name), value=value)

    def flush(self) -> None:
        self._provider.flush_metrics()


def snake_case(name: str) -> str:
    """`GetAnswered` as `get_answered`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def collector(service: str) -> Metrics:
    """A new, empty one."""
    return Datadog(service) if os.environ.get("SERENO_METRICS") == "datadog" else Emf(service)


def add_each(metrics: Metrics, signal: Signal, values: Iterable[float]) -> None:
    """Each value by itself, so that percentiles stay exact."""
    for value in values:
        metrics.add(signal, value)
