"""What it costs a month: alarms by the metrics they read, composites, dashboards, custom metrics.

The prices stand in one dated file, `packs/prices/cloudwatch.yaml`. Exact until shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from sereno.language.model import CloudWatchMetric, System
from sereno.vendors.backend import Change, Resource
from sereno.vendors.cloudwatch.forms import TERMS

FAST = 60  # seconds; a shorter period is dearer


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a month, each."""

    date: str
    region: str
    alarm_metric: Decimal
    alarm_metric_fast: Decimal
    anomaly_metric: Decimal
    composite_alarm: Decimal
    dashboard: Decimal
    custom_metric: Decimal


@cache
def prices() -> Prices:
    """Those of the package."""
    import yaml

    text = files("sereno.packs").joinpath("prices/cloudwatch.yaml").read_text(encoding="utf-8")
    said = {key.replace("-", "_"): value for key, value in yaml.safe_load(text).items()}
    date, region = said.pop("date"), said.pop("region")
    return Prices(date=date, region=region, **{key: Decimal(value) for key, value in said.items()})


def monthly(resource: Resource, at: Prices) -> Decimal:
    """One resource; mute rules cost nothing."""
    if resource.kind == "composite-alarm":
        return at.composite_alarm
    if resource.kind == "dashboard":
        return at.dashboard
    return _alarm(resource, at) if resource.kind == "metric-alarm" else Decimal(0)


def _alarm(resource: Resource, at: Prices) -> Decimal:
    stats = [query["MetricStat"] for query in resource.body.get("Metrics", ()) if "MetricStat" in query]
    periods = [resource.body.get("Period", FAST), *(stat["Period"] for stat in stats)]
    count = max(1, len(stats))
    if "ThresholdMetricId" in resource.body:
        return at.anomaly_metric * count
    return (at.alarm_metric_fast if min(periods) < FAST else at.alarm_metric) * count


def custom_metrics(system: System) -> int:
    """The metrics that the signals read and AWS does not publish by itself."""
    read = {signal.cloudwatch for signal in system.signals.values() if signal.cloudwatch}
    return len({_identity(metric) for metric in read if not metric.namespace.startswith("AWS/")})


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
    """Two lines: what is there and what the changes make of it; and the custom metrics beside it."""
    at = prices()
    now = sum((monthly(resource, at) for resource in live), Decimal(0))
    then = sum((monthly(resource, at) for resource in after(live, changes)), Decimal(0))
    count = custom_metrics(system)
    return (
        f"${now:.2f} a month now, ${then:.2f} after this ({then - now:+.2f});"
        f" beside it {count} custom metrics, ${count * at.custom_metric:.2f}\n"
        f"(list prices of {at.region}, {at.date}, without the free tier)\n"
    )
