"""A System as CloudWatch's resources: the parts put together, in one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sereno.language.model import System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import alarms, burn, composites, dashboards

KINDS = ("metric-alarm", "composite-alarm", "dashboard")


def compiled(system: System) -> burn.Compiled:
    """Sorted by kind and address; the problems each once."""
    parts = list(_parts(system))
    resources = [resource for part, _ in parts for resource in part]
    problems = [problem for _, found in parts for problem in found]
    problems += _twice(resources)
    resources.sort(key=lambda r: (KINDS.index(r.kind), r.address))
    return tuple(resources), tuple(sorted({(p, p.message): p for p in problems}.values()))


def _parts(system: System) -> Iterable[burn.Compiled]:
    for slo in system.slos:
        pairs = burn.compile_pairs(system, slo)
        yield pairs
        if pairs[0]:
            yield composites.compile_severities(system, slo)
        yield alarms.compile_silence(system, slo)
    for alert in system.alerts:
        yield alarms.compile_alert(system, alert)
    for dashboard in system.dashboards:
        yield dashboards.compile_dashboard(system, dashboard)


def _twice(resources: Iterable[Resource]) -> Iterable[Problem]:
    """Two things that would bear one live name: the second would overwrite the first."""
    every = list(resources)
    times = Counter(_name(r) for r in every)
    for resource in every:
        if times[_name(resource)] > 1:
            message = f"two things would bear the name `{_name(resource)}` ({resource.address})"
            yield Problem(resource.where, "cw-name-twice", message, "rename one of them")


def _name(resource: Resource) -> str:
    return str(resource.body.get("AlarmName") or resource.body.get("DashboardName"))
