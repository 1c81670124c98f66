"""Who is told: the routing tree, asked with labels. Alertmanager's rules, without its grouping and timing.

Depth first. A route answers for a set of labels when all its matchers hold; the deepest
route that answers wins; among siblings the first wins, unless it says `continue`. A label
that is not there reads as the empty string. `mutes` belong to the route that won, and are
not handed down. https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sereno.language.model import Alert, Receiver, Route, Severity, Slo, Synthetic, System

Labels = Mapping[str, str]


def slo_labels(system: System, slo: Slo, severity: Severity) -> Labels:
    """What a matcher sees of an SLO's burn-rate alert; its own labels never hide ours."""
    return {**slo.labels, **_common(system, slo.service, severity), "slo": slo.name}


def alert_labels(system: System, alert: Alert) -> Labels:
    """What a matcher sees of a threshold alert."""
    return {**alert.labels, **_common(system, alert.service, alert.severity), "alert": alert.name}


def synthetic_labels(system: System, of: Synthetic) -> Labels:
    """What a matcher sees of a synthetic test."""
    return {**_common(system, of.service, of.severity), "synthetic": of.name}


def _common(system: System, service: str, severity: Severity) -> dict[str, str]:
    return {
        "project": system.project,
        "environment": system.environment.name,
        "service": service,
        "severity": severity,
    }


def matches(route: Route, labels: Labels) -> bool:
    """Whether every matcher of this node holds (its parents are not asked)."""
    return all(_holds(wanted, labels.get(label, "")) for label, wanted in route.match.items())


def _holds(wanted: str, value: str) -> bool:
    if wanted.startswith("~"):
        return re.fullmatch(wanted[1:], value) is not None
    return wanted == value


def paths(route: Route, labels: Labels) -> tuple[tuple[Route, ...], ...]:
    """From the root to each route that is chosen, in the tree's order."""
    if not matches(route, labels):
        return ()
    below: list[tuple[Route, ...]] = []
    for child in route.routes:
        found = paths(child, labels)
        below += [(route, *path) for path in found]
        if found and not child.proceed:
            break
    return tuple(below) or ((route,),)


def chosen(system: System, labels: Labels) -> tuple[Route, ...]:
    """The routes that notify; none where nothing is routed."""
    return tuple(path[-1] for path in paths(system.routes, labels)) if system.routes else ()


def receivers_for(system: System, labels: Labels) -> tuple[Receiver, ...]:
    """Who is told, each once, in the tree's order."""
    names = dict.fromkeys(route.receiver for route in chosen(system, labels))
    return tuple(system.receivers[name] for name in names)
