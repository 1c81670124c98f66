"""What Datadog measured: the report's and the backtest's questions, as calls.

Datadog keeps a metric's full resolution for 15 months, and gives at most about 1,500 points a query, so a
window is asked for in parts. Counts and gauges are rolled up to the interval by their own statistic.
https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sereno.language.model import DAY, HOUR, MINUTE, DatadogMetric
from sereno.vendors.backend import Metric, Points, Unavailable
from sereno.vendors.datadog import query
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.client import Calls
from sereno.vendors.datadog.metrics import rollup

POINTS = 1_440  # of one query
STEPS = ((MINUTE, 2 * DAY), (5 * MINUTE, 45 * DAY), (HOUR, 16 * 31 * DAY))  # (interval, up to this window)


def interval(start: int, end: int) -> int:
    """Seconds of a point: a minute for up to two days, five for up to 45, an hour beyond."""
    return next((step for step, longest in STEPS if end - start <= longest), HOUR)


def parts(start: int, end: int, step: int) -> Iterator[tuple[int, int]]:
    """[start, end) in pieces of at most 1,440 points."""
    for first in range(start, end, POINTS * step):
        yield first, min(end, first + POINTS * step)


def observe(
    calls: Calls, metrics: Sequence[Metric], start: int, end: int
) -> Mapping[Metric, Points | Unavailable]:
    """Each metric over [start, end). A refusal is never the same as no data."""
    return {metric: _one(calls, metric, start, end) for metric in dict.fromkeys(metrics)}


def _one(calls: Calls, metric: Metric, start: int, end: int) -> Points | Unavailable:
    if not isinstance(metric, DatadogMetric):
        return Unavailable("this is no Datadog metric")
    step = interval(start, end)
    try:
        text = asked(metric.query, step)
        pairs = [pair for part in parts(start, end, step) for pair in _points(calls, text, *part)]
    except (Refused, query.QueryFault) as refused:
        return Unavailable(str(refused))
    return Points(
        np.array([at for at, _ in pairs], dtype=np.int64),
        np.full(len(pairs), step, dtype=np.int64),
        np.array([value for _, value in pairs], dtype=np.float64),
    )


def asked(text: str, step: int) -> str:
    """The query rolled up to a step; a percentile is asked for as it is."""
    tree = query.parse_metrics(text)
    if not isinstance(tree, query.Metric) or tree.aggregator.startswith("p"):
        return text
    return text if "rollup" in dict(tree.functions) else f"{text}.rollup({rollup(tree)}, {step})"


def _points(calls: Calls, text: str, start: int, end: int) -> Iterator[tuple[int, float]]:
    answer = calls.call("GET", "/api/v1/query", query={"from": start, "to": end, "query": text})
    if answer.get("status") == "error":
        raise Refused(400, str(answer.get("error", "Datadog refused the query")))
    for at, value in _pairs(answer.get("series")):
        if start <= at // 1_000 < end:
            yield int(at // 1_000), value


def _pairs(series: Any) -> Iterator[tuple[float, float]]:
    """(milliseconds, value) of the first series that has a value there. Raises `Refused` for another form."""
    try:
        for at, value in (pair for each in series[:1] for pair in each["pointlist"]):
            if value is not None and math.isfinite(value):
                yield float(at), float(value)
    except (TypeError, KeyError, ValueError) as wrong:
        raise Refused(200, "Datadog's answer holds no series of points") from wrong
