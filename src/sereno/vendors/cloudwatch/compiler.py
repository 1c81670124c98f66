"""A System as CloudWatch's resources: the parts put together, in one order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sereno.halves import dealt
from sereno.language.model import Alert, Dashboard, Slo, System
from sereno.language.problem import Problem, Span
from sereno.vendors import subjects
from sereno.vendors.backend import Body, Resource
from sereno.vendors.cloudwatch import alarms, burn, composites, dashboards, faults, limits, mutes, native

KINDS = ("metric-alarm", "composite-alarm", "dashboard", "mute-rule", "slo")


Subject = Slo | Alert | Dashboard
Plain = tuple[str, str, Body, Span]  # a resource, as it is soonest handed from one process to another


def compiled(system: System) -> burn.Compiled:
    """Sorted by kind and address; the problems each once."""
    made = dealt(partial(_made, system), [*system.slos, *system.alerts, *system.dashboards])
    resources = [Resource(*each) for part, _ in made for each in part]
    muted, wrong = mutes.compile_mutes(system, frozenset(each.address for each in resources))
    resources += muted
    problems = [*wrong, *(problem for _, found in made for problem in found)]
    problems += [faults.suppressor_cycle(alert.where, alert.name) for alert in subjects.circular(system)]
    telling = [p for p in system.budget_policies if any(rule.notify for rule in p.rules)]
    problems += [faults.no_budget_alarm(policy) for policy in telling]
    problems += (*limits.check_each(muted), *limits.check_together(resources))
    resources.sort(key=lambda r: (KINDS.index(r.kind), r.address))
    each_once = {(problem, problem.message): problem for problem in problems}
    return tuple(resources), tuple(each_once[key] for key in sorted(each_once))


def _made(system: System, some: Sequence[Subject]) -> tuple[list[Plain], list[Problem]]:
    """What these become, and what is wrong with each by itself. By two processes: a tenth less time."""
    parts = [part for subject in some for part in _parts(system, subject)]
    resources = [resource for part, _ in parts for resource in part]
    problems = [problem for _, found in parts for problem in found]
    problems += limits.check_each(resources)
    return [(r.kind, r.address, r.body, r.where) for r in resources], problems


def _parts(system: System, subject: Subject) -> Iterator[burn.Compiled]:
    match subject:
        case Alert():
            yield alarms.compile_alert(system, subject)
        case Dashboard():
            yield dashboards.compile_dashboard(system, subject)
        case Slo():
            pairs = burn.compile_pairs(system, subject)
            yield pairs
            if pairs[0]:
                yield composites.compile_severities(system, subject)
            yield alarms.compile_silence(system, subject)
            yield native.compile_native(system, subject)
