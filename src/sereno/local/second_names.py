"""A metric here has two names: CloudWatch's, by which it is kept, and Datadog's, by which it is read too."""

from __future__ import annotations

from collections.abc import Iterable

from sereno.engine.datadog_windows import key
from sereno.engine.series import MetricKey
from sereno.language.model import Signal
from sereno.vendors.datadog import query
from sereno.vendors.datadog.metrics import AWS, tree


def second_names(signals: Iterable[Signal]) -> dict[MetricKey, MetricKey]:
    """Datadog's name -> CloudWatch's, as the signals say it.

    A percentile of the AWS integration has none: no distribution comes by it, so Datadog has no such data.
    """
    found: dict[MetricKey, MetricKey] = {}
    for signal in signals:
        metric = _metric(signal)
        if metric is not None and signal.cloudwatch is not None:
            ours = signal.cloudwatch
            found.setdefault(
                key(metric), MetricKey(ours.namespace, ours.metric, tuple(sorted(ours.dimensions)))
            )
    return found


def _metric(signal: Signal) -> query.Metric | None:
    """None where there is none, or none that `sereno check` lets pass."""
    if signal.datadog is None:
        return None
    try:
        found = tree(signal.datadog.query)
    except query.QueryFault:
        return None
    if not isinstance(found, query.Metric):
        return None
    empty = found.aggregator.startswith("p") and found.name.startswith(AWS)
    return None if empty else found
