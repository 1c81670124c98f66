"""Error-budget monitors: somebody is told when so much of an SLO's budget is left.

A rule of a BudgetPolicy with `budgetLeft` and `notify` becomes a monitor of each SLO it is about. Datadog
counts what is spent, in percent, so a quarter left is 75 spent, and at least so much, since a rule holds
at what it names.
https://docs.datadoghq.com/service_management/service_level_objectives/error_budget/
"""

from __future__ import annotations

from sereno.language import routes
from sereno.language.covering import Telling
from sereno.language.model import Objective, Slo, System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import metrics, parts, slos
from sereno.vendors.subjects import budgets


def compile_budgets(system: System, slo: Slo) -> parts.Compiled:
    """The monitors of an SLO that `slos` compiled."""
    made: list[Resource] = []
    problems: list[Problem] = []
    for telling, address, objective in budgets(system, slo):
        labels = routes.slo_labels(system, slo, telling.severity)
        who = parts.told(system, labels, (), True, telling.policy.where)
        text = _text(system, slo, telling, parts.handles(who.handles, when_resolved=False))
        made.append(_monitor(system, slo, objective, telling, address, text))
        problems += who.problems
    return tuple(made), tuple(problems)


def _monitor(
    system: System, slo: Slo, objective: Objective, telling: Telling, address: str, text: str
) -> Resource:
    spent = (1 - telling.left) * 100
    labels = parts.labels_of(slo.labels, owner=slo.owner, service=slo.service, severity=telling.severity)
    asked = f'error_budget("{parts.reference(slos.address(slo, objective))}").over("{slos.timeframe(slo)}")'
    title = f"{slo.display_name or slo.name}{_of(slo, objective)}"
    of = parts.Monitor(
        address=address,
        name=f"{title}: {_left(telling)} of the error budget left",
        query=f"{asked} >= {metrics.number(spent)}",
        text=text,
        tags=parts.tags(system, address, {**labels, "slo": slo.name}),
        options={"thresholds": {"critical": float(spent)}},
        assets=parts.runbook(system, slo.runbook),
        severity=telling.severity,
    )
    return parts.monitor("slo-monitor", "slo alert", of, telling.policy.where)


def _of(slo: Slo, objective: Objective) -> str:
    return f" ({objective.name})" if len(slo.objectives) > 1 else ""


def _left(telling: Telling) -> str:
    return f"{metrics.number(telling.left * 100)} %"


def _text(system: System, slo: Slo, telling: Telling, handles: str) -> str:
    lead = (
        f"{_left(telling)} or less of the error budget of {slo.display_name or slo.name} is left over"
        f" {slo.window.text}: {telling.action}, says {telling.policy.name}. {telling.policy.description}"
    )
    return parts.message(lead, parts.slo_facts(system, slo, telling.severity), handles)
