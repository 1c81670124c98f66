"""Metric minutes as this repository's pipeline would fill them: calm, bad, or with something missing."""

from __future__ import annotations

from collections.abc import Callable

from sereno.language.model import CloudWatchMetric, System
from sereno.local.metrics import MetricStore, key


def fill(
    system: System,
    store: MetricStore,
    minute: int,
    *,
    bad: bool = False,
    silent: Callable[[CloudWatchMetric], bool] = lambda _: False,
) -> None:
    """Ten of each metric a minute; of the gateway's GETs nine fail in a bad one."""
    metrics = {s.cloudwatch: s.unit for s in system.signals.values() if s.cloudwatch}
    for metric in {(m.namespace, m.metric, m.dimensions): m for m in metrics}.values():
        failing = metric.metric == "5xx" and any("GET" in value for _, value in metric.dimensions)
        value = 9.0 if failing and bad else 0.0 if _stays_zero(metric) else 10.0
        name = key(metric.namespace, metric.metric, dict(metric.dimensions))
        if not silent(metric):
            store.put_slot(name, minute, [value], metrics[metric])


def _stays_zero(metric: CloudWatchMetric) -> bool:
    words = ("5xx", "Errors", "Throttles", "Rejected", "Failed", "Unavailable")
    dead = any(value.endswith("-dlq") for _, value in metric.dimensions)
    return dead or metric.metric.endswith(words)
