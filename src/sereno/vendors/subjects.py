"""What a System alerts on, the same for every vendor: pairs by SLO and severity, and who speaks for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sereno.errors import Unable
from sereno.language import covering, names, routes
from sereno.language.model import (
    Alert,
    BurnPair,
    Dashboard,
    Objective,
    Severity,
    Slo,
    System,
)
from sereno.language.problem import Span, did_you_mean

FASTEST_FIRST: tuple[Severity, ...] = ("page", "ticket")


def pairs(slo: Slo) -> list[tuple[Objective, BurnPair, str]]:
    """Every policy for every objective, with its address."""
    many = len(slo.objectives) > 1
    return [
        (objective, pair, names.pair(slo.name, objective.name if many else "", pair))
        for pair in slo.policies
        for objective in slo.objectives
    ]


def of_severity(slo: Slo, severity: str) -> tuple[str, ...]:
    """The addresses of its pairs of one severity."""
    return tuple(address for _, pair, address in pairs(slo) if pair.severity == severity)


def severities(slo: Slo) -> tuple[Severity, ...]:
    """Those its policies have, the fastest first."""
    return tuple(s for s in FASTEST_FIRST if any(pair.severity == s for pair in slo.policies))


def tells_of_data_again(slo: Slo) -> bool:
    """Whether the end of its no-data alert (a ticket) is told: as its tickets ask (`alertWhenResolved`)."""
    return any(pair.when_resolved for pair in slo.policies if pair.severity == "ticket")


@dataclass(frozen=True, slots=True)
class Speaker:
    """An alarm with actions: the labels that routed it, and whether others are named beside the tree."""

    address: str
    labels: routes.Labels
    named: bool
    where: Span


def speakers(system: System) -> Iterator[Speaker]:
    """Every alarm that may notify, whether or not it could be compiled."""
    for slo in system.slos:
        for severity in severities(slo):
            mine = [pair for pair in slo.policies if pair.severity == severity]
            labels = routes.slo_labels(system, slo, severity)
            named = any(pair.receivers for pair in mine)
            yield Speaker(names.burn(slo.name, severity), labels, named, slo.where)
        labels = routes.slo_labels(system, slo, "ticket")
        yield Speaker(names.silence(slo.name), labels, False, slo.where)
        yield from _of_budgets(system, slo)
    for alert in system.alerts:
        labels = routes.alert_labels(system, alert)
        yield Speaker(names.alert(alert.name), labels, False, alert.where)
    for test in system.environment.synthetics if system.environment.backend == "datadog" else ():
        labels = routes.synthetic_labels(system, test)
        yield Speaker(names.synthetic(test.name), labels, False, test.where)


def _of_budgets(system: System, slo: Slo) -> Iterator[Speaker]:
    """Those that tell what is left of a budget: Datadog alone has an alarm over an SLO's whole window."""
    if system.environment.backend == "datadog":
        for telling, address, _ in budgets(system, slo):
            labels = routes.slo_labels(system, slo, telling.severity)
            yield Speaker(address, labels, False, slo.where)


def budgets(system: System, slo: Slo) -> Iterator[tuple[covering.Telling, str, Objective]]:
    """Every share left of which somebody is told, for every objective, with its address."""
    many = len(slo.objectives) > 1
    for telling in covering.told(system.budget_policies, slo):
        for objective in slo.objectives:
            yield telling, names.budget(slo.name, objective.name if many else "", telling.left), objective


def spoken_for(system: System, reference: str) -> tuple[str, ...]:
    """The alarms an alert as a person names it speaks through: `NAME`, `SLO/page`, or all of an `SLO`.

    Unable where there is none.
    """
    slos = {slo.name for slo in system.slos}
    addresses = [speaker.address for speaker in speakers(system)]
    whole = f"slo/{reference}/" if reference in slos else None
    found = tuple(
        each for each in addresses if _said(each) == reference or (whole and each.startswith(whole))
    )
    if not found:
        known = [*map(_said, addresses), *slos]
        way_out = did_you_mean(reference, known) or "write NAME, SLO, SLO/page, SLO/ticket or SLO/no-data"
        raise Unable(f"no alert is named `{reference}`; {way_out}")
    return found


def as_paged(system: System, said: str) -> str:
    """An alert named as its page names it, with the environment's prefix or without, as YAML names it."""
    paged = {names.live(system, speaker.address): _said(speaker.address) for speaker in speakers(system)}
    return paged.get(said) or paged.get(names.prefix(system) + said) or said


def _said(address: str) -> str:
    """An alert as a person names it: `names.referred` and `names.synthetic` the other way."""
    return address.partition("/")[2]


def circular(system: System) -> Iterator[Alert]:
    """Alerts that inhibit each other: none of them could be made first."""
    by = {alert.name: alert.inhibited_by for alert in system.alerts}
    for alert in system.alerts:
        reached: set[str] = set()
        waiting = list(alert.inhibited_by)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += by.get(name, ())
        if alert.name in reached:
            yield alert


def shown_on(system: System, *, slo: str = "", alert: str = "") -> str:
    """The first dashboard that shows it, else the first; empty when there is none."""
    slos, alerts = _first_shown(_Same(system.dashboards))
    first = system.dashboards[0].name if system.dashboards else ""
    return slos.get(slo, first) if slo else alerts.get(alert, first)


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A value known by what it is, not by what it holds: hashing every panel once an alarm is slow."""

    dashboards: tuple[Dashboard, ...]

    def __hash__(self) -> int:
        return id(self.dashboards)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.dashboards is self.dashboards


@lru_cache(maxsize=4)
def _first_shown(of: _Same) -> tuple[dict[str, str], dict[str, str]]:
    """SLO -> the first dashboard that shows it; and alert -> the same."""
    slos: dict[str, str] = {}
    alerts: dict[str, str] = {}
    for dashboard in of.dashboards:
        for panel in (panel for row in dashboard.rows for panel in row):
            for name in panel.slos:
                slos.setdefault(name, dashboard.name)
            for name in panel.alerts:
                shown = slos if "/" in name else alerts
                shown.setdefault(name.partition("/")[0], dashboard.name)
    return slos, alerts


def runbook_url(system: System, name: str) -> str:
    """Where a person opens it; nothing when there is no such runbook."""
    return system.runbooks[name].url if name in system.runbooks else ""


def shortened(text: str, room: int) -> str:
    """Cut at a word, with an ellipsis, where it is longer than `room`."""
    if len(text) <= room:
        return text
    whole, _, _ = text[: max(room, 0)].rpartition(" ")
    return f"{whole} …" if len(whole) + 2 <= room else whole.rpartition(" ")[0] + " …"
