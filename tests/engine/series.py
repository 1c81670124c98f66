"""A History made by hand: one value a minute and metric, from the epoch on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sereno.engine.series import MetricKey, Slots

Values = Sequence[float | None]


def slots(values: Values, *, start: int = 0, resolution: int = 60) -> Slots:
    """One sample a slot, None where there is none."""
    array = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    count = (~np.isnan(array)).astype(np.float64)
    return Slots(start, count, array, array, array, resolution)


class Minutes:
    """`Minutes(errors=[...], requests=[...])`; a metric's name is its key, before and after it is nothing."""

    def __init__(self, resolution: int = 60, **metrics: Values) -> None:
        self.metrics, self.resolution = metrics, resolution

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        known = self.metrics.get(key.metric, [])
        first, last = start // self.resolution, end // self.resolution
        values = [known[i] if 0 <= i < len(known) else None for i in range(first, last)]
        return slots(values, start=start, resolution=self.resolution)


def stat(
    id_: str, metric: str, *, period: int = 60, stat: str = "Sum", watched: bool = False
) -> dict[str, Any]:
    """An entry of `Metrics` that reads a metric."""
    named = {"Namespace": "Shop", "MetricName": metric, "Dimensions": []}
    return {"Id": id_, "MetricStat": {"Metric": named, "Period": period, "Stat": stat}, "ReturnData": watched}


def alarm(name: str = "alarm", **changed: Any) -> dict[str, Any]:
    """An alarm on the sum of `errors` over a minute, above 0, 1 of 1."""
    body = {
        "AlarmName": name,
        "Namespace": "Shop",
        "MetricName": "errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return {key: value for key, value in {**body, **changed}.items() if value is not None}


def burning(
    name: str, *, period: int, threshold: float, expression: str = "errors / requests"
) -> dict[str, Any]:
    """One window of a burn-rate pair."""
    return {
        "AlarmName": name,
        "Metrics": [
            {"Id": "share", "Expression": expression, "ReturnData": True},
            stat("errors", "errors", period=period),
            stat("requests", "requests", period=period),
        ],
        "EvaluationPeriods": 1,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }


def composite(name: str, rule: str, **changed: Any) -> dict[str, Any]:
    return {"AlarmName": name, "AlarmRule": rule, **changed}


def letters(states: Mapping[str, Any], name: str) -> str:
    """A timeline as text: `o` OK, `A` ALARM, `?` INSUFFICIENT_DATA."""
    return "".join("oA?"[code] for code in states[name].states)


class Once:
    """A metric that is 0 each minute, and 1 in the minute that begins at `at` (epoch seconds)."""

    def __init__(self, at: int) -> None:
        self.at = at

    def read(self, key: MetricKey, start: int, end: int) -> Slots:
        return slots([float(minute == self.at) for minute in range(start, end, 60)], start=start)
