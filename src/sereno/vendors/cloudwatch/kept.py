"""What an alert or a dashboard says in CloudWatch's own words: what was live when it was imported, and stays.

The block `cloudwatch:` of a document takes the place of what would be written. So an alarm that others
made is adopted without a change to it; who deletes a line of the block hands that line's subject to the
language: the description and its links, the receivers of the routes, the minted name.
"""

from __future__ import annotations

from typing import Any, Final

from sereno.language import names, routes
from sereno.language.model import Alert, Dashboard, System
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import parts

ACTIONS: Final = ("ActionsEnabled", "AlarmActions", "OKActions", "InsufficientDataActions")
MEASURED: Final = (
    "Unit",
    "EvaluateLowSampleCountPercentile",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "Metrics",
    "ThresholdMetricId",
)
OF_A_RULE: Final = (
    "AlarmRule",
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)
OF_A_QUERY: Final = ("EvaluationCriteria", "EvaluationInterval", "WarmUpConfiguration")


def watches(alert: Alert) -> bool:
    """Whether it says what it watches, so that it reads no signal."""
    return any(name in alert.cloudwatch for name in ("Metrics", "AlarmRule", "EvaluationCriteria"))


def whole(alert: Alert) -> bool:
    """Whether it is a composite or a PromQL query, of which the language compares nothing."""
    return "AlarmRule" in alert.cloudwatch or "EvaluationCriteria" in alert.cloudwatch


def told(system: System, alert: Alert) -> parts.Told:
    """Who is told: the actions it says, else the receivers of its routes."""
    if "AlarmActions" in alert.cloudwatch:
        return parts.Told()
    return parts.told(system, routes.alert_labels(system, alert), (), True, alert.where)


def said(alert: Alert, fields: tuple[str, ...]) -> dict[str, Any]:
    """Those of these fields that it says."""
    return {name: alert.cloudwatch[name] for name in fields if name in alert.cloudwatch}


def tags(system: System, alert: Alert, address: str) -> list[dict[str, str]]:
    """Ours, the labels, and the tags that no label can be."""
    return parts.tags(system, address, {**alert.labels, **alert.cloudwatch.get("Tags", {})})


def alarm(system: System, alert: Alert, text: str, acts: dict[str, Any]) -> Resource:
    """A composite, or an alarm on a query, as it is said."""
    address = names.alert(alert.name)
    composite = "AlarmRule" in alert.cloudwatch
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": text,
        **said(alert, OF_A_RULE if composite else OF_A_QUERY),
        **acts,
        "Tags": tags(system, alert, address),
    }
    return Resource("composite-alarm" if composite else "metric-alarm", address, body, alert.where)


def dashboard(system: System, of: Dashboard) -> Resource:
    """A dashboard with the body it says."""
    address = names.dashboard(of.name)
    body = {
        "DashboardName": names.live(system, address),
        "DashboardBody": of.cloudwatch.get("DashboardBody"),
        "Tags": parts.tags(system, address, {}),
    }
    return Resource("dashboard", address, body, of.where)
