"""What CloudWatch measured and which states its alarms took: the report's questions, as calls.

One-minute data is kept 15 days, five-minute data 63, hourly data 455: each part of a window is
asked for at the finest period still there.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sereno.language.model import DAY, HOUR, MINUTE, CloudWatchMetric
from sereno.vendors.backend import Event, Metric, Points, Unavailable
from sereno.vendors.cloudwatch.alarm_rule import STATES
from sereno.vendors.cloudwatch.client import Calls, Refused, Throttled
from sereno.vendors.cloudwatch.metrics import named

KEPT = ((MINUTE, 15 * DAY), (5 * MINUTE, 63 * DAY), (HOUR, 455 * DAY))  # (period, how long)
QUERIES = 500  # the most of one GetMetricData

Part = tuple[int, int, int]  # start, end, period: epoch seconds and seconds


def parts(start: int, end: int, now: int) -> list[Part]:
    """A window cut where retention makes the data coarser, oldest first; older than all of it is left out."""
    cuts: list[Part] = []
    upper = end
    for period, kept in KEPT:
        # At a full hour, so that no interval of two parts overlaps.
        lower = max(start, -(-(now - kept) // HOUR) * HOUR)
        if lower < upper:
            cuts.append((lower, upper, period))
            upper = lower
    return cuts[::-1]


@dataclass(slots=True)
class _Found:
    """What came of one metric so far."""

    at: list[float] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    refused: str = ""

    def points(self) -> Points | Unavailable:
        if self.refused:
            return Unavailable(self.refused)
        order = np.argsort(np.asarray(self.at, dtype=np.int64), kind="stable")
        return Points(
            np.asarray(self.at, dtype=np.int64)[order],
            np.asarray(self.seconds, dtype=np.int64)[order],
            np.asarray(self.values, dtype=np.float64)[order],
        )


def observe(
    calls: Calls, region: str, metrics: Sequence[Metric], start: int, end: int, now: int
) -> Mapping[Metric, Points | Unavailable]:
    """Each metric over [start, end). A refusal is never the same as no data."""
    ours = [metric for metric in dict.fromkeys(metrics) if isinstance(metric, CloudWatchMetric)]
    answers: dict[Metric, Points | Unavailable] = {
        metric: Unavailable("this is no CloudWatch metric") for metric in metrics if metric not in ours
    }
    for where in dict.fromkeys(metric.region or region for metric in ours):
        here = [metric for metric in ours if (metric.region or region) == where]
        for first in range(0, len(here), QUERIES):
            some = here[first : first + QUERIES]
            found = [_Found() for _ in some]
            for part in parts(start, end, now):
                _ask(calls, None if where == region else where, some, part, found)
            answers.update({metric: one.points() for metric, one in zip(some, found, strict=True)})
    return answers


def _ask(
    calls: Calls, region: str | None, some: Sequence[CloudWatchMetric], part: Part, found: Sequence[_Found]
) -> None:
    start, end, period = part
    try:
        pages = calls.pages(
            "get_metric_data",
            region=region,
            MetricDataQueries=[_query(n, metric, period) for n, metric in enumerate(some)],
            StartTime=_time(start),
            EndTime=_time(end),
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                _take(found[int(result["Id"][1:])], result, period)
    except (Refused, Throttled) as refused:
        for one in found:
            one.refused = str(refused)


def _take(one: _Found, result: Mapping[str, Any], period: int) -> None:
    if result.get("StatusCode") in ("InternalError", "Forbidden"):
        said = "; ".join(str(message.get("Value", "")) for message in result.get("Messages", ()))
        one.refused = said or str(result["StatusCode"])
    one.at += [stamp.timestamp() for stamp in result["Timestamps"]]
    one.values += list(result["Values"])
    one.seconds += [period] * len(result["Values"])


def _query(n: int, metric: CloudWatchMetric, period: int) -> dict[str, Any]:
    asked = {"Metric": named(metric), "Period": period, "Stat": metric.stat}
    account = {"AccountId": metric.account} if metric.account else {}
    return {"Id": f"m{n}", "MetricStat": asked, "ReturnData": True, **account}


def _time(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def events(calls: Calls, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
    """The state changes of these alarms in [start, end), oldest first. CloudWatch keeps 30 days of them."""
    try:
        found = [event for name in names for event in _history(calls, name, start, end)]
    except (Refused, Throttled) as refused:
        return Unavailable(str(refused))
    return sorted(found, key=lambda event: (event.at, event.name))


def _history(calls: Calls, name: str, start: int, end: int) -> Iterator[Event]:
    pages = calls.pages(
        "describe_alarm_history",
        AlarmName=name,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType="StateUpdate",
        StartDate=_time(start),
        EndDate=_time(end),
        MaxRecords=100,
        ScanBy="TimestampAscending",
    )
    for page in pages:
        yield from _events(name, page.get("AlarmHistoryItems", ()), start, end)


def _events(name: str, items: Iterable[Mapping[str, Any]], start: int, end: int) -> Iterator[Event]:
    for item in items:
        new = json.loads(item.get("HistoryData") or "{}").get("newState", {})
        at = item["Timestamp"].timestamp()
        state = next((state for state in STATES if state == new.get("stateValue")), None)
        if state and start <= at < end:
            yield Event(name, at, state, str(new.get("stateReason", "")))
