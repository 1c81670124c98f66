"""Threshold alerts, from documents and packs alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sereno.language import names
from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import Alert, Anomaly, Signal
from sereno.language.problem import Span
from sereno.language.resolve import signals
from sereno.language.resolve.context import Context
from sereno.language.resolve.proofs import leaves
from sereno.language.rules.ours import DATAPOINTS
from sereno.language.spec import ours


def resolve(context: Context) -> list[Alert]:
    """Every `Alert` document."""
    found = []
    for document, spec in context.of("Alert"):
        change = context.overrides.alerts.get(document.name)
        alert = build(context, document, spec.spec, change, dict(spec.metadata.labels or {}))
        found += [alert] if alert else []
        context.doubtful |= set() if alert else {document.name}
    return found


def changed(spec: ours.AlertSpec, change: ours.AlertChange | None) -> ours.AlertSpec:
    """The alert with what a change sets; of two that exclude each other (`signal`, `expr`), the new one."""
    if change is None:
        return spec
    every = {name: getattr(change, name) for name in change.model_fields_set}
    new: dict[str, Any] = {name: value for name, value in every.items() if value is not None}
    for one, other in (("signal", "expr"), ("threshold", "anomaly")):
        if one in new:
            new.setdefault(other, None)
        elif other in new:
            new[one] = None
    return spec.model_copy(update=new)


def build(
    context: Context,
    document: Document,
    written: ours.AlertSpec,
    change: ours.AlertChange | None,
    labels: dict[str, str],
    name: str = "",
) -> Alert | None:
    """The alert, or None and its problems. Of a pack, every place is that of the document that uses it."""
    spec = changed(written, change)
    own = not name
    name = name or document.name
    where = document.span("metadata", "name") if own else document.span("spec", "use")

    def at(*path: str) -> Span:
        return document.span("spec", *path) if own else where

    context.service(spec.service, at("service"))
    signal = _watched(context, name, spec, at("expr") if spec.expr else at("signal"))
    runbook = spec.runbook or name
    context.runbook(runbook, at("runbook") if spec.runbook else where, named=bool(spec.runbook))
    guard = (spec.guard.signal, spec.guard.at_least) if spec.guard else None
    if guard and not context.signal(guard[0], at("guard", "signal")):
        guard = None
    band = spec.anomaly
    said = _said(spec)
    compares = not ({"AlarmRule", "EvaluationCriteria"} & said.keys())
    if compares and ((spec.threshold is None) == (band is None) or (band and guard)):
        context.report(fault.threshold_or_anomaly(where))
        return None
    counted = DATAPOINTS.fullmatch(spec.datapoints)
    if counted is None or int(counted[1]) > int(counted[2]):
        context.report(fault.bad_datapoints(at("datapoints"), spec.datapoints))
        return None
    if not signal:
        return None
    if _says_nothing_of_silence(context, spec, signal):
        context.report(fault.silent_outage(at("op"), name))
    return Alert(
        name=name,
        service=spec.service,
        description=spec.description,
        signal=signal,
        op=spec.op,
        threshold=spec.threshold if spec.threshold is not None else Decimal(0),
        anomaly=Anomaly(deviations=band.deviations, direction=band.direction) if band else None,
        period=spec.period,
        datapoints=int(counted[1]),
        evaluation_periods=int(counted[2]),
        missing=spec.missing,
        severity=spec.severity,
        owner=spec.owner or context.owner_of(spec.service),
        runbook=runbook,
        guard=guard,
        inhibited_by=tuple(spec.inhibited_by),
        when_resolved=spec.when_resolved,
        labels=labels,
        cloudwatch=said,
        where=where,
    )


def _says_nothing_of_silence(context: Context, spec: ours.AlertSpec, signal: str) -> bool:
    """Whether it fires on low values, nothing guarantees that there are any, and `missing` is left out."""
    if spec.op not in ("lt", "lte") or spec.anomaly or "missing" in spec.model_fields_set:
        return False
    return not all(context.signals[leaf].always for leaf in leaves(context, signal))


def _said(spec: ours.AlertSpec) -> dict[str, Any]:
    """What it says in CloudWatch's own words."""
    kept = spec.cloudwatch
    return kept.model_dump(by_alias=True, exclude_none=True) if kept else {}


def _watched(context: Context, name: str, spec: ours.AlertSpec, at: Span) -> str:
    """The signal that is watched, minted for an expression; empty if there is none."""
    if spec.expr is not None:
        minted = names.alert_signal(name)
        made = signals.inline(context, minted, spec.expr, at, description=spec.description)
        return minted if made else ""
    if spec.signal is not None:
        return spec.signal if context.signal(spec.signal, at) else ""
    if spec.cloudwatch is None:
        return ""
    minted = names.alert_signal(name)  # no signal: CloudWatch alone knows what it watches
    context.signals[minted] = Signal(
        name=minted, unit="", description=spec.description, emitted_by="", where=at
    )
    return minted


def check_inhibitors(context: Context, alerts: list[Alert], slos: list[str]) -> None:
    """`inhibitedBy` names alerts or SLOs."""
    known = {alert.name for alert in alerts} | set(slos)
    for alert in alerts:
        for name in alert.inhibited_by:
            context.alert(name, alert.where, known)
