"""Alerts that nobody owns, that nothing proves, or that hold each other back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sereno.language import names
from sereno.language.checks.whole import Whole
from sereno.language.model import System
from sereno.language.problem import Problem, Span


def without_owner(whole: Whole) -> Iterator[Problem]:
    """Every alert and SLO has an owner: who is asked tomorrow why it fired.

    An alert says `owner`, an SLO has the annotation `sereno.dev/owner`; a Service with that annotation
    gives it to everything of the service.

    Breaks: an alert without `owner`, of a service without the annotation
    Keeps: `annotations: {sereno.dev/owner: users-team}` on the Service
    """
    hint = "write `owner:`, or give the service the annotation `sereno.dev/owner`"
    for alert in whole.system.alerts:
        if not alert.owner:
            yield Problem(alert.where, "without-owner", f"alert `{alert.name}` has no owner", hint, "warning")
    for slo in whole.system.slos:
        if not slo.owner:
            yield Problem(slo.where, "without-owner", f"SLO `{slo.name}` has no owner", hint, "warning")


def slo_without_alert(whole: Whole) -> Iterator[Problem]:
    """An SLO that alerts nobody is a number in a report. That may be meant; then say so.

    Breaks: an SLO without `alertPolicies`
    Keeps: `alertPolicies: [{alertPolicyRef: page-14-4x-1h}]`, or
    `# sereno: allow slo-without-alert because it is only reported`
    """
    hint = "refer to a burn-rate policy, such as `alertPolicyRef: page-14-4x-1h`"
    for slo in whole.system.slos:
        if not slo.policies:
            yield Problem(slo.where, "slo-without-alert", f"SLO `{slo.name}` alerts nobody", hint, "warning")


def inhibition_cycle(whole: Whole) -> Iterator[Problem]:
    """Alerts that hold each other back in a circle can all stay silent in the same outage.

    Breaks: `a` with `inhibitedBy: [b]` and `b` with `inhibitedBy: [a]`
    Keeps: the effect held back by its cause, and not the other way
    """
    below = {alert.name: alert.inhibited_by for alert in whole.system.alerts}
    where = {alert.name: alert.where for alert in whole.system.alerts}
    reported: set[str] = set()
    for name in below:
        cycle = _cycle(name, below)
        if cycle and not reported & set(cycle):
            reported |= set(cycle)
            words = "alerts hold each other back: " + " <- ".join((*cycle, cycle[0]))
            yield Problem(where[name], "inhibition-cycle", words, "remove one `inhibitedBy`")


def _cycle(start: str, below: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A way from `start` back to it; empty if there is none."""
    seen: set[str] = set()
    stack: list[tuple[str, ...]] = [(start,)]
    while stack:
        path = stack.pop()
        for name in below.get(path[-1], ()):
            if name == start:
                return path
            if name not in seen:
                seen.add(name)
                stack.append((*path, name))
    return ()


def untested_alert(whole: Whole) -> Iterator[Problem]:
    """Every alert has been seen to fire: in an `AlertTest`, or in a `Drill`.

    An alert that never fired in a test is a guess about the worst night of the year. It counts when a
    test expects it in state ALARM, or a drill expects it to fire.

    Breaks: an alert that no test or drill names
    Keeps: `alert_rule_test: [{eval_time: 10m, alert: dlq-not-empty, state: ALARM}]`
    """
    seen = {e.alert for drill in whole.system.drills for e in drill.expect}
    seen |= {s.alert for test in whole.system.tests for s in test.expected if s.state == "ALARM"}
    for address, where in addresses(whole.system):
        if address not in seen:
            name = address.removeprefix("alert/").removeprefix("slo/")
            hint = f"write an `AlertTest` in which `{name}` is in state ALARM"
            words = f"no test and no drill makes `{name}` fire"
            yield Problem(where, "untested-alert", words, hint, "warning")


def addresses(system: System) -> Iterator[tuple[str, Span]]:
    """Every alert that notifies someone, but for no-data alerts: their form is the same for all."""
    for slo in system.slos:
        for severity in sorted({pair.severity for pair in slo.policies}):
            yield names.burn(slo.name, severity), slo.where
    for alert in system.alerts:
        yield names.alert(alert.name), alert.where
