"""The routing tree against everything that may be notified."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.language import routes
from sereno.language.checks.whole import Whole
from sereno.language.model import Route, System
from sereno.language.problem import Problem, Severity, Span


def _notifications(system: System) -> Iterator[tuple[str, Span, routes.Labels, tuple[str, ...]]]:
    """What may notify: a name, its place, the labels it is routed by, and the receivers it names itself."""
    for slo in system.slos:
        for severity in sorted({pair.severity for pair in slo.policies}):
            own = tuple(r for p in slo.policies if p.severity == severity for r in p.receivers)
            yield slo.name, slo.where, routes.slo_labels(system, slo, severity), own
        yield f"{slo.name}/no-data", slo.where, routes.slo_labels(system, slo, "ticket"), ()
    for alert in system.alerts:
        yield alert.name, alert.where, routes.alert_labels(system, alert), ()


def without_route(whole: Whole) -> Iterator[Problem]:
    """Whatever may fire is told to someone: by the routing tree, or by its policy's own targets.

    What a tree forgets is an error; where there is no tree at all, a warning.

    Breaks: alerts in a project without a document of `kind: Routes`
    Keeps: a root route with a receiver and without `match`
    """
    system = whole.system
    for name, where, labels, own in _notifications(system):
        if not own and not routes.chosen(system, labels):
            hint = "add a document of `kind: Routes`, or take `match` from its root"
            severity: Severity = "error" if system.routes else "warning"
            yield Problem(where, "without-route", f"nobody is told when `{name}` fires", hint, severity)


def unreachable_route(whole: Whole) -> Iterator[Problem]:
    """A route that nothing here can reach is a misspelt label, or a leftover.

    Every alert and SLO is asked with its labels: `severity`, `service`, `environment`, `project`, `alert` or
    `slo`, and its own.

    Breaks: `match: {severity: critical}`, since severities are `page` and `ticket`
    Keeps: `match: {severity: page}`
    """
    system = whole.system
    if system.routes is None:
        return
    reached: set[int] = set()
    for _, _, labels, _ in _notifications(system):
        reached |= {id(node) for path in routes.paths(system.routes, labels) for node in path}
    for node in _nodes(system.routes):
        if id(node) not in reached and node is not system.routes:
            matchers = ", ".join(f"{k}={v}" for k, v in node.match.items()) or "no matcher"
            words = f"no alert reaches the route with {matchers}"
            hint = "mend its `match`, or move it above the route that takes its alerts"
            yield Problem(node.where, "unreachable-route", words, hint, "warning")


def _nodes(route: Route) -> Iterator[Route]:
    yield route
    for child in route.routes:
        yield from _nodes(child)


def unused_receiver(whole: Whole) -> Iterator[Problem]:
    """A receiver that no route and no policy names is told nothing.

    Breaks: `receivers: {on-call: ..., old-team: ...}` where no route says `old-team`
    Keeps: receivers in use
    """
    system = whole.system
    used = {node.receiver for node in (_nodes(system.routes) if system.routes else ())}
    used |= {name for slo in system.slos for pair in slo.policies for name in pair.receivers}
    for receiver in system.receivers.values():
        if receiver.name not in used:
            words = f"receiver `{receiver.name}` is never told anything"
            yield Problem(receiver.where, "unused-receiver", words, "route to it, or remove it", "warning")
