"""The order of resolving: what others refer to comes first."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.language import names
from sereno.language.faults import documents as fault
from sereno.language.model import Alert, Dashboard, System
from sereno.language.problem import Span
from sereno.language.resolve import (
    alerts,
    budgets,
    dashboards,
    packs,
    proofs,
    routing,
    signals,
    slos,
)
from sereno.language.resolve.context import Context


def resolve(context: Context) -> System:
    """The System, and its problems in `context.problems`; it is whole only if none of them is an error."""
    if _needs_policies(context):
        own = {(document.kind, document.name) for document in context.documents}
        shipped = (d for d in packs.policies() if (d.kind, d.name) not in own)
        context.documents = [*context.documents, *shipped]
    context.build_index()
    used = list(packs.opened(context))
    signals.resolve(context)
    packs.declare_signals(context, used)
    routing.receivers(context)
    found_slos = slos.resolve(context)
    found_alerts = _unique(context, [*alerts.resolve(context), *packs.resolve(context, used)])
    route = routing.resolve(context)
    slo_names = [slo.name for slo in found_slos] + context.names("SLO")
    policies = tuple(budgets.resolve(context, slo_names))
    known = proofs.references(context, found_slos, found_alerts, policies)
    alerts.check_inhibitors(context, found_alerts, slo_names)
    _check_overrides(context, found_alerts, slo_names)
    called = [a.name for a in found_alerts] + context.names("Alert")
    shown = tuple(dashboards.resolve(context, slo_names, [*called, *known], used))
    return System(
        project=context.project,
        environment=context.environment,
        slos=tuple(found_slos),
        alerts=tuple(found_alerts),
        dashboards=shown,
        drills=tuple(proofs.drills(context, known)),
        tests=tuple(proofs.tests(context, known)),
        budget_policies=policies,
        signals=context.signals,
        receivers=context.receivers,
        routes=route,
        runbooks=context.runbooks,
        adopted=_adopted(found_alerts, shown),
        services={document.name: _description(spec) for document, spec in context.of("Service")},
    )


def _adopted(alerts_: Sequence[Alert], shown: Sequence[Dashboard]) -> dict[str, str]:
    """The live names that are kept, by address."""
    kept = {names.alert(alert.name): alert.cloudwatch.get("AlarmName", "") for alert in alerts_}
    kept |= {names.dashboard(each.name): each.cloudwatch.get("DashboardName", "") for each in shown}
    return {address: name for address, name in kept.items() if name}


def _description(service: object) -> str:
    spec = getattr(service, "spec", None)
    return (spec.description if spec else "") or ""


def _needs_policies(context: Context) -> bool:
    """Whether some SLO refers to a policy that the project does not have: then those that ship are read."""
    own = {d.name for d in context.documents if d.kind == "AlertPolicy"}
    wanted = {
        policy.alert_policy_ref
        for document in context.documents
        if document.kind == "SLO" and document.spec is not None
        for policy in document.spec.spec.alert_policies or ()
    }
    changed = {name for change in context.overrides.slos.values() for name in change.alert_policies or ()}
    return bool((wanted | changed) - own - {None})


def _unique(context: Context, found: list[Alert]) -> list[Alert]:
    """Alerts of documents and packs together, each name once."""
    first: dict[str, Span] = {}
    kept = []
    for alert in found:
        if alert.name in first:
            context.report(fault.two_of_a_name(alert.where, "alert", alert.name, first[alert.name]))
        else:
            first[alert.name] = alert.where
            kept.append(alert)
    return kept


def _check_overrides(context: Context, found: list[Alert], slo_names: list[str]) -> None:
    spans = context.override_spans
    known = [alert.name for alert in found]
    for name in context.overrides.alerts.keys() - set(known) - set(context.names("Alert")):
        context.report(fault.override_unknown(spans[f"alerts/{name}"], "alert", name, known))
    for name in context.overrides.slos.keys() - set(slo_names):
        context.report(fault.override_unknown(spans[f"slos/{name}"], "SLO", name, slo_names))
