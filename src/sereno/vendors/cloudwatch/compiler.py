"""A System as CloudWatch's resources: the parts put together, in one order."""

from __future__ import annotations

from collections.abc import Iterable

from sereno.language.model import System
from sereno.vendors import subjects
from sereno.vendors.cloudwatch import alarms, burn, composites, dashboards, faults, limits, mutes, native

KINDS = ("metric-alarm", "composite-alarm", "dashboard", "mute-rule", "slo")


def compiled(system: System) -> burn.Compiled:
    """Sorted by kind and address; the problems each once."""
    parts = list(_parts(system))
    resources = [resource for part, _ in parts for resource in part]
    parts.append(mutes.compile_mutes(system, frozenset(resource.address for resource in resources)))
    resources += parts[-1][0]
    problems = [problem for _, found in parts for problem in found]
    problems += [faults.suppressor_cycle(alert.where, alert.name) for alert in subjects.circular(system)]
    telling = [p for p in system.budget_policies if any(rule.notify for rule in p.rules)]
    problems += [faults.no_budget_alarm(policy) for policy in telling]
    problems += limits.check(resources)
    resources.sort(key=lambda r: (KINDS.index(r.kind), r.address))
    each_once = {(problem, problem.message): problem for problem in problems}
    return tuple(resources), tuple(each_once[key] for key in sorted(each_once))


def _parts(system: System) -> Iterable[burn.Compiled]:
    for slo in system.slos:
        pairs = burn.compile_pairs(system, slo)
        yield pairs
        if pairs[0]:
            yield composites.compile_severities(system, slo)
        yield alarms.compile_silence(system, slo)
        yield native.compile_native(system, slo)
    for alert in system.alerts:
        yield alarms.compile_alert(system, alert)
    for dashboard in system.dashboards:
        yield dashboards.compile_dashboard(system, dashboard)
