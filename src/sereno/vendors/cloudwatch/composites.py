"""What has the actions: one composite an SLO and severity, and alerts that others inhibit.

A slower severity is suppressed while the faster one fires (ActionsSuppressor, `vendors/held.py`):
the state still shows, the notification waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sereno.language import names, routes
from sereno.language.model import Alert, BurnPair, Severity, Slo, System
from sereno.language.problem import Problem
from sereno.vendors import held
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import burn, faults, kept, parts
from sereno.vendors.cloudwatch.alarm_rule import quote
from sereno.vendors.subjects import of_severity, severities


def compile_severities(system: System, slo: Slo) -> burn.Compiled:
    """The composite of each severity, the slower suppressed by the next faster one."""
    resources: list[Resource] = []
    problems: list[Problem] = []
    faster = ""
    for severity in severities(slo):
        resource, found = _severity(system, slo, severity, faster)
        resources.append(resource)
        problems += found
        faster = names.burn(slo.name, severity)
    return tuple(resources), tuple(problems)


def _severity(
    system: System, slo: Slo, severity: Severity, faster: str
) -> tuple[Resource, tuple[Problem, ...]]:
    address = names.burn(slo.name, severity)
    mine = [pair for pair in slo.policies if pair.severity == severity]
    who = _told(system, slo, severity, mine)
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": _description(system, slo, severity, mine),
        "AlarmRule": any_of(system, of_severity(slo, severity)),
        **actions(who.arns, _when_resolved(mine)),
        **(suppressed(system, faster) if faster else {}),
        "Tags": parts.tags(system, address, slo.labels),
    }
    return Resource("composite-alarm", address, body, slo.where), (*who.problems, *_differing(slo, mine))


def _told(system: System, slo: Slo, severity: Severity, mine: Sequence[BurnPair]) -> parts.Told:
    named = tuple(dict.fromkeys(name for pair in mine for name in pair.receivers))
    labels = routes.slo_labels(system, slo, severity)
    return parts.told(system, labels, named, any(pair.routed for pair in mine), slo.where)


def _differing(slo: Slo, mine: Sequence[BurnPair]) -> Iterable[Problem]:
    if len({(pair.receivers, pair.routed) for pair in mine}) > 1:
        yield faults.receivers_united(slo, mine[0].severity)


def _description(system: System, slo: Slo, severity: Severity, mine: Sequence[BurnPair]) -> str:
    rates = ", ".join(f"{p.burn}x over {names.window(p.long)} and {names.window(p.short)}" for p in mine)
    targets = ", ".join(f"{(objective.target * 100).normalize():f}" for objective in slo.objectives)
    lead = (
        f"{slo.display_name or slo.name} ({targets} % over {slo.window.text}) burns its error budget"
        f" too fast: one of {rates}. {slo.description}"
    )
    lead = parts.meant(lead, when_resolved=_when_resolved(mine))
    return parts.description(lead, burn.facts(system, slo, severity))


def _when_resolved(mine: Sequence[BurnPair]) -> bool:
    return any(pair.when_resolved for pair in mine)


def any_of(system: System, addresses: Sequence[str]) -> str:
    """ALARM while one of them is; each by its live name, quoted."""
    return " OR ".join(f"ALARM({quote(names.live(system, address))})" for address in addresses)


def actions(arns: Sequence[str], when_resolved: bool) -> dict[str, Any]:
    """AlarmActions, and the same as OKActions where the end is told too."""
    return {
        "ActionsEnabled": True,
        **({"AlarmActions": list(arns)} if arns else {}),
        **({"OKActions": list(arns)} if arns and when_resolved else {}),
    }


def suppressed(system: System, by: str) -> dict[str, Any]:
    """No action while that alarm fires."""
    return {
        "ActionsSuppressor": names.live(system, by),
        "ActionsSuppressorWaitPeriod": held.WAIT,
        "ActionsSuppressorExtensionPeriod": held.EXTENSION,
    }


def compile_inhibited(
    system: System, alert: Alert, description: str, acts: dict[str, Any]
) -> tuple[Resource, ...]:
    """The composite that speaks for an inhibited alert, and the OR of its inhibitors if there are many."""
    inhibitors = held.inhibitors(system, alert)
    many = len(inhibitors) > 1
    address = names.alert(alert.name)
    suppressor = names.inhibitors(alert.name) if many else inhibitors[0]
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": description,
        "AlarmRule": any_of(system, [names.threshold(alert.name)]),
        **acts,
        **suppressed(system, suppressor),
        "Tags": kept.tags(system, alert, address),
    }
    top = Resource("composite-alarm", address, body, alert.where)
    return (_either(system, alert, inhibitors), top) if many else (top,)


def _either(system: System, alert: Alert, inhibitors: Sequence[str]) -> Resource:
    address = names.inhibitors(alert.name)
    lead = f"While this fires, {alert.name} is not notified. It notifies nobody itself."
    body = {
        "AlarmName": names.live(system, address),
        "AlarmDescription": parts.description(lead, [("Service", alert.service), ("Owner", alert.owner)]),
        "AlarmRule": any_of(system, inhibitors),
        "Tags": parts.tags(system, address, alert.labels),
    }
    return Resource("composite-alarm", address, body, alert.where)
