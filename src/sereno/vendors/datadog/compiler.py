"""A System as Datadog's resources: the parts put together, in one order."""

from __future__ import annotations

from collections.abc import Iterable

from sereno.language.model import System
from sereno.vendors import subjects
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import (
    budgets,
    burn,
    dashboards,
    differences,
    downtimes,
    faults,
    joined,
    limits,
    parts,
    silence,
    slos,
    synthetics,
)

KINDS = (
    "metric-slo",
    "time-slice-slo",
    "monitor",
    "slo-monitor",
    "composite-monitor",
    "synthetics-test",
    "dashboard",
    "downtime",
)


def compiled(system: System) -> parts.Compiled:
    """Sorted by kind and address; the problems each once."""
    found = list(_parts(system))
    made = [resource for part, _ in found for resource in part]
    resources, problems = downtimes.compile_mutes(system, made)
    every = [*(problem for _, part in found for problem in part), *problems]
    every += [faults.inhibited_in_a_circle(alert) for alert in subjects.circular(system)]
    every += [*limits.check(resources), *differences.of(system, resources)]
    ordered = sorted(resources, key=_order)
    each_once = {(problem, problem.message): problem for problem in every}
    return tuple(ordered), tuple(each_once[key] for key in sorted(each_once))


def _order(resource: Resource) -> tuple[int, str]:
    return KINDS.index(resource.kind), resource.address


def _parts(system: System) -> Iterable[parts.Compiled]:
    for slo in system.slos:
        objectives = slos.compile_slo(system, slo)
        yield objectives
        if objectives[0]:
            yield burn.compile_burn(system, slo)
            yield budgets.compile_budgets(system, slo)
        yield silence.compile_silence(system, slo)
    for alert in system.alerts:
        yield joined.compile_alert(system, alert)
    for test in system.environment.synthetics:
        yield synthetics.compile_synthetic(system, test)
    for dashboard in system.dashboards:
        yield dashboards.compile_dashboard(system, dashboard)
