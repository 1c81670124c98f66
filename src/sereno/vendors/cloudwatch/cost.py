"""What it costs a month of 30 days: alarms by the metrics they read, composites, dashboards, custom metrics.

The prices stand in one dated file, `packs/prices/cloudwatch.yaml`. Exact until shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sereno.language.model import CloudWatchMetric, System
from sereno.vendors.backend import Change, Resource
from sereno.vendors.cloudwatch.forms import TERMS

FAST: Final = 60  # seconds; a shorter period is dearer
_QUERY: Final = re.compile(r"\s*SELECT\s", re.IGNORECASE)
FREE: Final = (
    "10 alarm metrics, 3 dashboards, 10 custom metrics, 100 Synthetics runs, and of Lambda a million requests"
    " and 400,000 GB-seconds"
)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars: a month of each, or of each run, request or second."""

    date: str
    region: str
    alarm_metric: Decimal
    alarm_metric_fast: Decimal
    anomaly_metric: Decimal
    composite_alarm: Decimal
    dashboard: Decimal
    custom_metric: Decimal
    synthetics_run: Decimal
    lambda_request: Decimal
    lambda_second_arm64: Decimal
    lambda_second_x86_64: Decimal
    scheduler_invocation: Decimal
    http_api_request: Decimal


@cache
def prices() -> Prices:
    """Those of the package."""
    import yaml

    text = files("sereno.packs").joinpath("prices/cloudwatch.yaml").read_text(encoding="utf-8")
    said = {key.replace("-", "_"): value for key, value in yaml.safe_load(text).items()}
    date, region = said.pop("date"), said.pop("region")
    return Prices(date=date, region=region, **{key: Decimal(value) for key, value in said.items()})


def counted(resources: Iterable[Resource]) -> Mapping[str, int]:
    """How many of each thing that has a price, by the price's name; mute rules cost nothing."""
    count: Counter[str] = Counter()
    for resource in resources:
        if resource.kind in ("composite-alarm", "dashboard"):
            count[resource.kind.replace("-", "_")] += 1
        elif resource.kind == "metric-alarm":
            count[_rate(resource.body)] += _metrics_of(resource.body)
    return count


def _metrics_of(body: Mapping[str, Any]) -> int:
    """The metrics it reads; an alarm on a query counts as one, whatever the query finds."""
    return max(1, sum("MetricStat" in query for query in body.get("Metrics", ())))


def _rate(body: Mapping[str, Any]) -> str:
    if "ThresholdMetricId" in body:
        return "anomaly_metric"
    stats = [query["MetricStat"] for query in body.get("Metrics", ()) if "MetricStat" in query]
    periods = [body.get("Period", FAST), *(stat["Period"] for stat in stats)]
    return "alarm_metric_fast" if min(periods) < FAST else "alarm_metric"


def monthly(count: Mapping[str, int], at: Prices) -> Decimal:
    """What that many cost."""
    return sum((getattr(at, name) * number for name, number in count.items()), Decimal(0))


def custom_metrics(system: System) -> int:
    """The metrics that the signals read and AWS does not publish unasked."""
    read = {signal.cloudwatch for signal in system.signals.values() if signal.cloudwatch}
    return len({_identity(metric) for metric in read if _is_custom(metric)})


def _is_custom(metric: CloudWatchMetric) -> bool:
    """Also a route's own metrics at the gateway, which `detailed_metrics` asks for."""
    of_a_route = metric.namespace == "AWS/ApiGateway" and "Resource" in dict(metric.dimensions)
    return of_a_route or not metric.namespace.startswith("AWS/")


def _identity(metric: CloudWatchMetric) -> tuple[object, ...]:
    return metric.namespace, metric.metric, metric.dimensions


def after(live: Iterable[Resource], changes: Iterable[Change]) -> list[Resource]:
    """What is there when the changes are made."""
    there = {TERMS.name(resource): resource for resource in live}
    for change in changes:
        name = TERMS.name(change.resource)
        if change.verb == "delete":
            there.pop(name, None)
        else:
            there[name] = change.resource
    return list(there.values())


def summary(system: System, live: Sequence[Resource], changes: Sequence[Change]) -> str:
    """What is there, what the changes make of it, the custom metrics beside it, and what is not counted."""
    at, then = prices(), after(live, changes)
    before, later = monthly(counted(live), at), monthly(counted(then), at)
    custom = custom_metrics(system)
    read, price = _number(custom, "custom metric"), custom * at.custom_metric
    return "".join(
        (
            f"cost a month: ${before:.2f} now ({_said(counted(live), at)})\n",
            f"              ${later:.2f} after this, {later - before:+.2f} ({_said(counted(then), at)})\n",
            f"beside it: {read} that the signals read, ${price:.2f}\n",
            *(f"not counted: {what}\n" for what in _uncounted(then)),
            f"(list prices of {at.region}, {at.date}, for 30 days; the free tier is not taken off: {FREE})\n",
        )
    )


def _said(count: Mapping[str, int], at: Prices) -> str:
    parts = (
        f"{_number(count[name], words)} {getattr(at, name) * count[name]:.2f}"
        for name, words in _WORDS.items()
        if count.get(name)
    )
    return ", ".join(parts) or "nothing"


_WORDS: Final = {
    "alarm_metric": "alarm metric",
    "alarm_metric_fast": "fast alarm metric",
    "anomaly_metric": "metric with a band",
    "composite_alarm": "composite alarm",
    "dashboard": "dashboard",
}


def _number(count: int, words: str) -> str:
    if count != 1:
        words = words.replace("metric with", "metrics with") if "with" in words else f"{words}s"
    return f"{count} {words}"


def _uncounted(resources: Sequence[Resource]) -> Iterator[str]:
    alarms = [resource.body for resource in resources if resource.kind == "metric-alarm"]
    queries = sum(_asks(body) for body in alarms)
    if queries:
        yield f"{_number(queries, 'alarm')} on a query, which costs by each metric found; here it is one"
    slos = sum(resource.kind == "slo" for resource in resources)
    if slos:
        yield f"{_number(slos, 'native SLO')}, which Application Signals bills by its own use"


def _asks(body: Mapping[str, Any]) -> bool:
    """Whether it reads by a query, which may find any number of metrics."""
    selects = (_QUERY.match(query.get("Expression", "")) for query in body.get("Metrics", ()))
    return "EvaluationCriteria" in body or any(selects)
