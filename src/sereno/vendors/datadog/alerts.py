"""An alert's threshold as a metric monitor; `joined.py` says where a composite speaks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sereno.language import names
from sereno.language.model import Alert, System
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import gaps, metrics, parts
from sereno.vendors.datadog.evaluation import Evaluation, last, unfinished
from sereno.vendors.subjects import runbook_url

LONGEST_DELAY = 86_400  # seconds that Datadog waits at most
POLLED = 900  # seconds that Datadog advises to wait for metrics it polls from AWS
DELAY = "datadog_aws_delay"  # a variable of the environment: seconds, for who uses a metric stream
# What each treatment of missing data is called. https://docs.datadoghq.com/monitors/configuration/
MISSING = {
    "missing": "show_no_data",
    "ignore": "default",
    "breaching": "show_and_notify_no_data",
    "notBreaching": "resolve",
}


def delay(system: System, wanted: Iterable[str]) -> int:
    """Seconds an evaluation waits for the latest of these signals."""
    if not metrics.from_aws(system, wanted):
        return 0
    said = system.environment.variables.get(DELAY, "")
    return int(said) if said.isdecimal() and int(said) <= LONGEST_DELAY else POLLED


def waits(late: int, unfinished: int = 0) -> dict[str, int]:
    """The option of a monitor whose data come so late, and whose newest point is over so much later."""
    seconds = min(late + unfinished, LONGEST_DELAY)
    return {"evaluation_delay": seconds} if seconds else {}


def monitor(
    system: System, alert: Alert, asked: Evaluation, address: str, text: str, *, speaks: bool
) -> Resource:
    """Of an alert's threshold. One that speaks for nobody is asked by composites, so is never No Data."""
    value = asked.value(system, alert.signal, zero=gaps.read_as_zero(system, alert))
    missing = "resolve" if gaps.shows_silence(system, alert) and not speaks else _missing(system, alert)
    of = parts.Monitor(
        address=address,
        name=alert.name if speaks else f"{alert.name}: threshold",
        query=query(asked, value),
        text=text,
        tags=tags(system, alert, address),
        options=_options(system, alert, asked, value, missing),
        assets=parts.runbook(system, alert.runbook),
        severity=alert.severity if speaks else None,
    )
    return parts.monitor("monitor", "query alert", of, alert.where)


def query(asked: Evaluation, value: str) -> str:
    compared = f"{asked.op} {metrics.number(asked.threshold)}"
    return f"{asked.aggregator}({last(asked.window)}):{value} {compared}"


def _missing(system: System, alert: Alert) -> str:
    return "default" if gaps.read_as_zero(system, alert) else MISSING[alert.missing]


def _options(system: System, alert: Alert, asked: Evaluation, value: str, missing: str) -> dict[str, Any]:
    late = delay(system, [alert.signal, *([asked.busy[0]] if asked.busy else [])])
    return {
        "thresholds": {"critical": float(asked.threshold)},
        "on_missing_data": missing,
        "require_full_window": False,
        **waits(late, unfinished(asked.aggregator, asked.window, value)),
    }


def tags(system: System, alert: Alert, address: str) -> list[str]:
    """Of a monitor of the alert."""
    labels = parts.labels_of(alert.labels, owner=alert.owner, service=alert.service, severity=alert.severity)
    return parts.tags(system, address, {**labels, "alert": alert.name})


def text(system: System, alert: Alert, handles: str) -> str:
    """The message."""
    of = f"{alert.datapoints} of {alert.evaluation_periods}"
    sign = parts.OPERATORS[alert.op]
    facts = [
        (
            "Condition",
            f"{alert.signal} {sign} {alert.threshold} in {of} periods of {names.window(alert.period)}",
        ),
        ("Service", alert.service),
        ("Owner", alert.owner),
        ("Severity", alert.severity),
        ("Runbook", runbook_url(system, alert.runbook)),
    ]
    return parts.message(alert.description or alert.name, facts, handles)
