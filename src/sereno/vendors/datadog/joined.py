"""Threshold alerts: a monitor, or a composite where others guard or inhibit it.

A composite asks monitors that are never No Data, for that would hold it in its last state: where
silence breaches, a monitor of its own alerts in silence; where it says nothing, it is OK.
https://docs.datadoghq.com/monitors/types/composite/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sereno.language import names, routes
from sereno.language.model import MINUTE, Alert, System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import alerts, burn, faults, gaps, metrics, parts, slos
from sereno.vendors.datadog.evaluation import LONGEST, Evaluation, counts_guard, evaluation, last, unfinished
from sereno.vendors.subjects import severities

GUARD_SILENT = "guard-silent"


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
    text = alerts.text(system, alert, _handles(system, alert, who.handles))
    asked = evaluation(system, alert)
    asked_by_others = [] if _alone(system, alert) else list(_children(system, alert, asked))
    if not _joined(system, alert):
        speaker = alerts.monitor(system, alert, asked, names.alert(alert.name), text, speaks=True)
        return (speaker, *asked_by_others), who.problems
    held = list(_held(system, alert))
    composite = _composite(system, alert, [query for query, _ in held], text)
    problems = (*who.problems, *(p for _, problems in held for p in problems))
    return (*asked_by_others, composite), problems


def _joined(system: System, alert: Alert) -> bool:
    """Whether a composite speaks for it."""
    return bool(_guard_beside(system, alert) or alert.inhibited_by)


def _guard_beside(system: System, alert: Alert) -> tuple[str, Decimal] | None:
    """The guard that a monitor of its own asks, if any does."""
    return None if counts_guard(system, alert) else alert.guard


def _alone(system: System, alert: Alert) -> bool:
    """Whether the monitor that speaks is all there is: no composite asks it, or its No Data cannot be."""
    inhibits = any(alert.name in other.inhibited_by for other in system.alerts)
    return not _joined(system, alert) and not (inhibits and gaps.shows_silence(system, alert))


def _handles(system: System, alert: Alert, told: tuple[str, ...]) -> str:
    """Of who is told of the alert, and of its silence where the monitor tells of that."""
    silence = not _joined(system, alert) and gaps.silence_breaches(system, alert)
    states = ("is_alert", "is_no_data") if silence else ("is_alert",)
    return parts.handles(told, when_resolved=alert.when_resolved, states=states)


def _children(system: System, alert: Alert, asked: Evaluation) -> Iterable[Resource]:
    """What composites ask about an alert; none of these notifies anybody."""
    text = alerts.text(system, alert, "")
    yield alerts.monitor(system, alert, asked, names.threshold(alert.name), text, speaks=False)
    if gaps.silence_breaches(system, alert):
        yield _silent(system, alert, alert.signal, names.silent(alert.name))
    if guard := _guard_beside(system, alert):
        yield _guard(system, alert, *guard)
        if gaps.silence_breaches(system, alert):
            yield _silent(system, alert, guard[0], names.silent(alert.name, GUARD_SILENT))


def _silent(system: System, alert: Alert, signal: str, address: str) -> Resource:
    """Alerts, silently, while a signal has no data in as many periods as may not breach."""
    samples = f"default_zero({metrics.samples(system, [signal])})"
    of = parts.Monitor(
        address=address,
        name=f"{alert.name}: {signal} is silent",
        query=f"max({last(alert.period * alert.datapoints)}):{samples} < 1",
        text=parts.message(f"No data of {signal}. It notifies nobody: {alert.name} does.", ()),
        tags=alerts.tags(system, alert, address),
        options={
            "thresholds": {"critical": 1.0},
            "on_missing_data": "default",
            "require_full_window": False,
            **alerts.waits(alerts.delay(system, [signal])),
        },
        assets=[],
    )
    return parts.monitor("monitor", "query alert", of, alert.where)


def _guard(system: System, alert: Alert, name: str, least: Decimal) -> Resource:
    """Alerts, silently, while there is enough traffic in as many periods as must breach."""
    address = names.guard(alert.name)
    busy = replace(alert, signal=name, op="gte", threshold=least, missing="missing", guard=None)
    enough = evaluation(system, busy)
    value = enough.value(system, name)
    of = parts.Monitor(
        address=address,
        name=f"{alert.name}: enough traffic",
        query=alerts.query(enough, value),
        text=parts.message(f"While this is OK, {alert.name} is not notified. It notifies nobody itself.", ()),
        tags=alerts.tags(system, alert, address),
        options={
            "thresholds": {"critical": float(enough.threshold)},
            "on_missing_data": "resolve",
            "require_full_window": False,
            **alerts.waits(alerts.delay(system, [name]), unfinished(enough.aggregator, enough.window, value)),
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
        query=_but(condition(system, alert), [each for each in held if each]),
        text=text,
        tags=alerts.tags(system, alert, address),
        options={"notify_no_data": False},
        assets=parts.runbook(system, alert.runbook),
        severity=alert.severity,
    )
    return parts.monitor("composite-monitor", "composite", of, alert.where)


def _but(fires: str, held: list[str]) -> str:
    if not held:
        return fires
    mine = burn.bracketed(fires) if "||" in fires else fires
    return " && ".join([mine, *(f"!{burn.bracketed(each)}" for each in held)])


def condition(system: System, alert: Alert) -> str:
    """An alert's own condition over monitors that are never No Data, and no composites."""
    if _joined(system, alert) or gaps.shows_silence(system, alert):
        return _guarded(system, alert, names.threshold(alert.name))
    return parts.reference(names.alert(alert.name))


def _guarded(system: System, alert: Alert, crossed: str) -> str:
    """Without traffic silence is no breach, without a word about traffic it is: as `IF` on CloudWatch."""
    breaches = gaps.silence_breaches(system, alert)
    query = burn.either([crossed, *([names.silent(alert.name)] if breaches else [])])
    if not _guard_beside(system, alert):
        return query
    query = f"{burn.bracketed(query)} && {parts.reference(names.guard(alert.name))}"
    return f"{query} || {parts.reference(names.silent(alert.name, GUARD_SILENT))}" if breaches else query


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
            found = (
                condition(system, other)
                if not metrics.unreadable(system, [other.signal], other.where)
                else ""
            )
        yield found, () if found else (faults.inhibitor_missing(alert, name),)
