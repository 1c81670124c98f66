"""Threshold alerts as metric monitors, with a composite before them where others inhibit or guard them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sereno.language import names, routes
from sereno.language.expr import Binary, Name, Number
from sereno.language.model import MINUTE, Alert, System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import burn, faults, metrics, parts, slos
from sereno.vendors.datadog.evaluation import LONGEST, Evaluation, evaluation, kind_of, last, over_a_period
from sereno.vendors.readings import leaves, plain
from sereno.vendors.subjects import runbook_url, severities

POLLED = 900  # seconds that Datadog advises to wait for metrics it polls from AWS
SILENCE = ("is_no_data",)
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
    return int(said) if said.isdecimal() and int(said) <= 86_400 else POLLED


def compile_alert(system: System, alert: Alert) -> parts.Compiled:
    """The monitor of an alert; with a composite that speaks when it is guarded or inhibited."""
    wanted = (alert.signal, *(alert.guard[:1] if alert.guard else ()))
    refused = metrics.unreadable(system, wanted, alert.where)
    if refused:
        return (), refused
    if alert.anomaly:
        return (), (faults.anomaly(alert),)
    if alert.period % MINUTE or alert.period * alert.evaluation_periods > LONGEST:
        return (), (faults.period(alert),)
    who = parts.told(system, routes.alert_labels(system, alert), (), True, alert.where)
    asked = evaluation(system, alert)
    text = _text(system, alert, _handles(system, alert, who.handles))
    if not joined(alert):
        return (_monitor(system, alert, asked, names.alert(alert.name), text, speaks=True),), who.problems
    found = [_monitor(system, alert, asked, names.threshold(alert.name), _text(system, alert, ""), False)]
    if alert.guard:
        found.append(_guard(system, alert, asked))
    held = list(_held(system, alert))
    composite = _composite(system, alert, [query for query, _ in held], text)
    return (*found, composite), (*who.problems, *(p for _, problems in held for p in problems))


def _handles(system: System, alert: Alert, told: tuple[str, ...]) -> str:
    """Of who is told of the alert, and of its silence where the monitor tells of that."""
    silence = () if joined(alert) or read_as_zero(system, alert) or alert.missing != "breaching" else SILENCE
    return parts.handles(told, when_resolved=alert.when_resolved, states=("is_alert", *silence))


def joined(alert: Alert) -> bool:
    """Whether a composite speaks for it."""
    return bool(alert.guard or alert.inhibited_by)


def _monitor(
    system: System, alert: Alert, asked: Evaluation, address: str, text: str, speaks: bool
) -> Resource:
    way = metrics.Way(asked.rollup, read_as_zero(system, alert), asked.apart)
    value = metrics.in_place(system, Name(alert.signal), way)
    of = parts.Monitor(
        address=address,
        name=alert.name if speaks else f"{alert.name}: threshold",
        query=_query(asked, value),
        text=text,
        tags=_tags(system, alert, address),
        options=_options(system, alert, asked),
        assets=parts.runbook(system, alert.runbook),
        severity=alert.severity if speaks else None,
    )
    return parts.monitor("monitor", "query alert", of, alert.where)


def _query(asked: Evaluation, value: str) -> str:
    compared = f"{asked.op} {metrics.number(asked.threshold)}"
    return f"{asked.aggregator}({last(asked.window)}):{value} {compared}"


def read_as_zero(system: System, alert: Alert) -> bool:
    """Whether 0 says what silence shall say, so that a gap in a window counts as it does on CloudWatch.

    A count that must not be low and must not be silent; and anything of which several periods must be
    high, where a gap is not: Datadog would look at the others alone.
    """
    if alert.missing == "breaching":
        return _is_low_count(system, alert) and _zero_breaches(alert)
    each = kind_of(system, alert) in ("every", "row")
    return alert.missing == "notBreaching" and each and _scaled(system, alert) and not _zero_breaches(alert)


def _is_low_count(system: System, alert: Alert) -> bool:
    """Whether it is one count, that must not be low."""
    metric = [metrics.parsed(system, leaf) for leaf in leaves(system.signals, [alert.signal])]
    counts = all(metrics.is_count(each) for each in metric) and system.signals[alert.signal].expr is None
    return counts and alert.op in ("lt", "lte")


def _zero_breaches(alert: Alert) -> bool:
    zero, threshold = Decimal(0), alert.threshold
    compared = {"gt": zero > threshold, "gte": zero >= threshold, "lt": zero < threshold}
    return compared.get(alert.op, zero <= threshold)


def _scaled(system: System, alert: Alert) -> bool:
    """Whether it is one metric, or that multiplied or divided by a number: 0 where the metric is."""
    match plain(system.signals, Name(alert.signal)):
        case Name() | Binary("*" | "/", Name(), Number()):
            return True
        case _:
            return False


def _options(system: System, alert: Alert, asked: Evaluation) -> dict[str, Any]:
    zero = read_as_zero(system, alert)
    late = delay(system, [alert.signal])
    return {
        "thresholds": {"critical": float(asked.threshold)},
        "on_missing_data": "default" if zero else MISSING[alert.missing],
        "require_full_window": asked.kind in ("every", "row")
        and alert.missing == "notBreaching"
        and not zero,
        **({"evaluation_delay": late} if late else {}),
    }


def _tags(system: System, alert: Alert, address: str) -> list[str]:
    labels = parts.labels_of(alert.labels, owner=alert.owner, service=alert.service, severity=alert.severity)
    return parts.tags(system, address, {**labels, "alert": alert.name})


def _text(system: System, alert: Alert, handles: str) -> str:
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


def _guard(system: System, alert: Alert, asked: Evaluation) -> Resource:
    """Alerts, silently, while there is enough traffic."""
    name, least = alert.guard or ("", Decimal(0))
    address = names.guard(alert.name)
    aggregator = {"statistic": over_a_period(system, name), "any": "max", "sum": "sum"}.get(asked.kind, "min")
    needed = least * (alert.datapoints if asked.kind == "sum" else 1)
    value = metrics.in_place(system, Name(name), metrics.Way(asked.rollup, apart=aggregator != "sum"))
    late = delay(system, [name])
    of = parts.Monitor(
        address=address,
        name=f"{alert.name}: enough traffic",
        query=f"{aggregator}({last(asked.window)}):{value} >= {metrics.number(needed)}",
        text=parts.message(f"While this is OK, {alert.name} is not notified. It notifies nobody itself.", ()),
        tags=_tags(system, alert, address),
        options={
            "thresholds": {"critical": float(needed)},
            "on_missing_data": "resolve",
            "require_full_window": False,
            **({"evaluation_delay": late} if late else {}),
        },
        assets=[],
    )
    return parts.monitor("monitor", "query alert", of, alert.where)


def _composite(system: System, alert: Alert, held: list[str], text: str) -> Resource:
    """Fires while the threshold is crossed, there is traffic, and none of what inhibits it fires."""
    address = names.alert(alert.name)
    of = parts.Monitor(
        address=address,
        name=alert.name,
        query=" && ".join([condition(alert), *(f"!{burn.bracketed(each)}" for each in held if each)]),
        text=text,
        tags=_tags(system, alert, address),
        options={"notify_no_data": alert.missing == "breaching"},
        assets=parts.runbook(system, alert.runbook),
        severity=alert.severity,
    )
    return parts.monitor("composite-monitor", "composite", of, alert.where)


def condition(alert: Alert) -> str:
    """An alert's own condition over monitors that are not composites, which alone a composite may name."""
    if not joined(alert):
        return parts.reference(names.alert(alert.name))
    guard = [parts.reference(names.guard(alert.name))] if alert.guard else []
    return " && ".join([parts.reference(names.threshold(alert.name)), *guard])


def _held(system: System, alert: Alert) -> Iterable[tuple[str, tuple[Problem, ...]]]:
    """The condition of each inhibitor, and what is wrong with it."""
    every_slo = {slo.name: slo for slo in system.slos}
    every_alert = {other.name: other for other in system.alerts}
    for name in alert.inhibited_by:
        if name in every_slo:
            slo = every_slo[name]
            fine = bool(burn.compile_burn(system, slo)[0]) and bool(slos.compile_slo(system, slo)[0])
            found = burn.either(a for s in severities(slo) for a in burn.addresses(slo, s)) if fine else ""
        else:
            other = every_alert[name]
            found = condition(other) if not metrics.unreadable(system, [other.signal], other.where) else ""
        yield found, () if found else (faults.inhibitor_missing(alert, name),)
