"""Metrics as they are sent: PutMetricData, and the embedded metric format of a log line.

Each rule is a function of the body; its name is its code, its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import inf
from typing import Any, Final

from sereno.vendors.cloudwatch.limits.alarms import dimension_twice
from sereno.vendors.cloudwatch.limits.shape import Fault

Body = Mapping[str, Any]
POST, EVENT = 1_048_576, 1_048_576  # bytes
LARGEST: Final = 2.0**360
BACK, AHEAD = 14 * 86_400, 2 * 3_600  # seconds


def _data(body: Body) -> list[Body]:
    entities = (each.get("MetricData", ()) for each in body.get("EntityMetricData", ()))
    return [*body.get("MetricData", ()), *(datum for data in entities for datum in data)]


def data_there(body: Body) -> Iterator[Fault]:
    """PutMetricData sends `MetricData` or `EntityMetricData`, 1,000 metrics of the two at most.

    Breaks: a namespace alone; 1,001 metrics
    Keeps: one metric and its value
    """
    count = len(_data(body))
    if not count:
        yield Fault("there is no metric in it", "write `MetricData`")
    if count > 1_000:
        yield Fault(f"there are {count:,} metrics, and may be 1,000", "send them in two calls")


def data_value(body: Body) -> Iterator[Fault]:
    """A metric has exactly one of `Value`, `Values` and `StatisticValues`; a number is within 2^360.

    Breaks: `Value` beside `Values`; neither; `"Value": 1e200`
    Keeps: `"Value": 5`
    """
    for datum in _data(body):
        name = datum.get("MetricName", "")
        said = [key for key in ("Value", "Values", "StatisticValues") if key in datum]
        if len(said) != 1:
            yield Fault(f"`{name}` has {' and '.join(said) or 'no value'}", "write one of Value and Values")
        numbers = [
            datum.get("Value", 0),
            *datum.get("Values", ()),
            *datum.get("StatisticValues", {}).values(),
        ]
        if any(abs(number) > LARGEST for number in numbers):
            yield Fault(f"`{name}` has a number beyond 2^360", "use another unit")


def data_counts(body: Body) -> Iterator[Fault]:
    """`Counts` says how often each of `Values` occurred: as many, and not without them.

    Breaks: `"Values": [1, 2], "Counts": [5]`
    Keeps: `"Values": [1, 2], "Counts": [5, 7]`
    """
    for datum in _data(body):
        if "Counts" in datum and len(datum["Counts"]) != len(datum.get("Values", ())):
            yield Fault(
                f"`{datum.get('MetricName', '')}` has not as many counts as values", "count each value"
            )


def data_statistics(body: Body) -> Iterator[Fault]:
    """A statistic set is of samples: at least one, and no minimum above its maximum.

    Breaks: `"Minimum": 5, "Maximum": 3`
    Keeps: `"SampleCount": 2, "Sum": 8, "Minimum": 3, "Maximum": 5`
    """
    for datum in _data(body):
        said = {"SampleCount": 1, "Minimum": -inf, "Maximum": inf, **datum.get("StatisticValues", {})}
        if said["Minimum"] > said["Maximum"] or said["SampleCount"] <= 0:
            yield Fault(f"the statistics of `{datum.get('MetricName', '')}` are of no samples", "mend them")


def data_resolution(body: Body) -> Iterator[Fault]:
    """A metric is stored by the second (1) or by the minute (60).

    Breaks: `"StorageResolution": 30`
    Keeps: `"StorageResolution": 1`
    """
    for datum in _data(body):
        if datum.get("StorageResolution", 60) not in (1, 60):
            yield Fault(f"`{datum.get('MetricName', '')}`: a storage resolution is 1 or 60", "write 1 or 60")


def data_namespace(body: Body) -> Iterator[Fault]:
    """A namespace that begins with `AWS/` is AWS's own.

    Breaks: `"Namespace": "AWS/Shop"`
    Keeps: `"Namespace": "Shop"`
    """
    if str(body.get("Namespace", "")).startswith("AWS/"):
        yield Fault(f"the namespace `{body['Namespace']}` is AWS's own", "leave `AWS/` out")


def data_time(body: Body) -> Iterator[Fault]:
    """A timestamp is at most two weeks old and two hours ahead of when it is sent, so all lie that close.

    Breaks: a metric of 1 May beside one of 20 May
    Keeps: metrics of one day
    """
    times = [stamp for datum in _data(body) if (stamp := epoch(datum.get("Timestamp"))) is not None]
    if times and max(times) - min(times) > BACK + AHEAD:
        yield Fault("its timestamps are more than two weeks and two hours apart", "send them in two calls")


def epoch(said: Any) -> float | None:
    """Seconds since 1970 of a sound timestamp."""
    if isinstance(said, str):
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(said, datetime):
        return said.timestamp()
    return float(said) if isinstance(said, int | float) else None


def data_size(body: Body) -> Iterator[Fault]:
    """A PutMetricData call has at most 1 MB.

    Breaks: 1,000 metrics of thirty long dimensions each
    Keeps: fewer in a call
    """
    size = len(json.dumps(body, default=str).encode())
    if size > POST:
        yield Fault(f"the call has {size:,} bytes, and may have {POST:,}", "send it in two")


def data_dimensions(body: Body) -> Iterator[Fault]:
    """A metric that is sent has each dimension once.

    Breaks: two dimensions `service`
    Keeps: one
    """
    for datum in _data(body):
        yield from dimension_twice({"Dimensions": datum.get("Dimensions", ())})


DATA_RULES = (
    data_there,
    data_value,
    data_counts,
    data_statistics,
    data_resolution,
    data_namespace,
    data_time,
    data_size,
    data_dimensions,
)


def _directives(body: Body) -> list[Body]:
    found: list[Body] = body.get("_aws", {}).get("CloudWatchMetrics", [])
    return found


def emf_members(body: Body) -> Iterator[Fault]:
    """What a line's `_aws` names stands beside it: dimensions as texts, metrics as numbers or lists of 100.

    Breaks: a metric `Failed` without a member `Failed`; a dimension that is a number; 101 values
    Keeps: `{"_aws": {...}, "service": "orders", "Failed": 3}`
    """
    for directive in _directives(body):
        for name in dict.fromkeys(name for names in directive.get("Dimensions", ()) for name in names):
            value = body.get(name)
            if not isinstance(value, str) or not 1 <= len(value) <= 1_024:
                yield Fault(
                    f"the dimension `{name}` is no text of 1 to 1,024 characters", "write it beside `_aws`"
                )
        for metric in directive.get("Metrics", ()):
            yield from _measured(str(metric.get("Name", "")), body)


def _measured(name: str, body: Body) -> Iterator[Fault]:
    value = body.get(name)
    values = value if isinstance(value, list) else [value]
    if not values or not all(_is_number(each) for each in values):
        yield Fault(f"the metric `{name}` has no number beside `_aws`", f'write `"{name}": 1`')
    elif len(values) > 100:
        yield Fault(f"the metric `{name}` has {len(values)} values, and may have 100", "write two lines")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def emf_resolution(body: Body) -> Iterator[Fault]:
    """A metric of a log line is stored by the second (1) or by the minute (60).

    Breaks: `{"Name": "Failed", "StorageResolution": 10}`
    Keeps: `{"Name": "Failed", "Unit": "Count"}`
    """
    for directive in _directives(body):
        for metric in directive.get("Metrics", ()):
            if metric.get("StorageResolution", 60) not in (1, 60):
                yield Fault(f"`{metric.get('Name', '')}`: a storage resolution is 1 or 60", "write 1 or 60")


def emf_size(body: Body) -> Iterator[Fault]:
    """A log line has at most 1 MB.

    Breaks: a line with 1,048,577 bytes
    Keeps: two lines
    """
    size = len(json.dumps(body, default=str).encode())
    if size > EVENT:
        yield Fault(f"the line has {size:,} bytes, and may have {EVENT:,}", "write two")


EMF_RULES = (emf_members, emf_resolution, emf_size)
