"""Burn-rate monitors, and the composite that speaks for an SLO and a severity.

One SLO monitor a pair watches both windows itself. Where a severity has several pairs, or a faster
severity holds it back, the pairs notify nobody and a composite of them does: it fires while one
of its pairs does and none of a faster severity. One pair alone speaks for itself.
https://docs.datadoghq.com/service_management/service_level_objectives/burn_rate/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from sereno.language import names, routes
from sereno.language.model import DAY, HOUR, BurnPair, Objective, Severity, Slo, System
from sereno.language.problem import Problem
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults, metrics, parts, slos
from sereno.vendors.subjects import FASTEST_FIRST, pairs, severities

LONG = (HOUR, 2 * DAY)  # the shortest and the longest long window


def compile_burn(system: System, slo: Slo) -> parts.Compiled:
    """The monitors of an SLO that `slos` compiled."""
    problems = [p for objective, pair, _ in pairs(slo) for p in _refusals(slo, objective, pair)]
    if problems:
        return (), tuple(problems)
    resources: list[Resource] = []
    for severity in severities(slo):
        found, more = _severity(system, slo, severity)
        resources += found
        problems += more
    return tuple(resources), tuple(problems)


def _refusals(slo: Slo, objective: Objective, pair: BurnPair) -> Iterable[Problem]:
    if not LONG[0] <= pair.long <= LONG[1]:
        yield faults.long_window(pair)
    if Fraction(pair.burn) * objective.budget > 1:
        yield faults.never(slo, pair)


def alone(slo: Slo, severity: Severity) -> bool:
    """Whether its one pair speaks for itself."""
    return len(_of(slo, severity)) == 1 and not _faster(slo, severity)


def _of(slo: Slo, *wanted: Severity) -> list[tuple[Objective, BurnPair, str]]:
    return [each for each in pairs(slo) if each[1].severity in wanted]


def _faster(slo: Slo, severity: Severity) -> tuple[Severity, ...]:
    faster = FASTEST_FIRST[: FASTEST_FIRST.index(severity)]
    return tuple(each for each in severities(slo) if each in faster)


def addresses(slo: Slo, severity: Severity) -> tuple[str, ...]:
    """The monitors that burn for a severity: its pairs, or the one that speaks for itself."""
    if alone(slo, severity):
        return (names.burn(slo.name, severity),)
    return tuple(address for _, _, address in _of(slo, severity))


def monitor_of(system: System, address: str) -> str:
    """Where the monitor of an alert is: a pair that speaks for itself is at its severity's address."""
    for slo in system.slos:
        for _, pair, mine in pairs(slo):
            if mine == address and alone(slo, pair.severity):
                return names.burn(slo.name, pair.severity)
    return address


def _severity(system: System, slo: Slo, severity: Severity) -> parts.Compiled:
    mine = [pair for pair in slo.policies if pair.severity == severity]
    who = _told(system, slo, severity, mine)
    handles = parts.handles(who.handles, when_resolved=any(pair.when_resolved for pair in mine))
    problems = (*who.problems, *_differing(slo, mine))
    if alone(slo, severity):
        objective, pair, _ = _of(slo, severity)[0]
        text = parts.message(_lead(slo, mine), parts.slo_facts(system, slo, severity), handles)
        speaker = _pair(system, slo, objective, pair, names.burn(slo.name, severity), text, severity)
        return (speaker,), problems
    quiet = [
        _pair(system, slo, o, pair, a, _quiet(system, slo, pair), None) for o, pair, a in _of(slo, severity)
    ]
    return (*quiet, _any(system, slo, severity, mine, handles)), problems


def _told(system: System, slo: Slo, severity: Severity, mine: Sequence[BurnPair]) -> parts.Told:
    named = tuple(dict.fromkeys(name for pair in mine for name in pair.receivers))
    labels = routes.slo_labels(system, slo, severity)
    return parts.told(system, labels, named, any(pair.routed for pair in mine), slo.where)


def _differing(slo: Slo, mine: Sequence[BurnPair]) -> Iterable[Problem]:
    if len({(pair.receivers, pair.routed) for pair in mine}) > 1:
        yield faults.receivers_united(slo, mine[0].severity)


def _tags(system: System, slo: Slo, address: str, severity: Severity) -> list[str]:
    labels = parts.labels_of(slo.labels, owner=slo.owner, service=slo.service, severity=severity)
    return parts.tags(system, address, {**labels, "slo": slo.name})


def _pair(
    system: System,
    slo: Slo,
    objective: Objective,
    pair: BurnPair,
    address: str,
    text: str,
    speaks: Severity | None,
) -> Resource:
    burns = metrics.number(pair.burn)
    over = slos.timeframe(slo)
    windows = f'long_window("{_hours(pair.long)}").short_window("{_hours(pair.short)}")'
    rate = f'burn_rate("{parts.reference(slos.address(slo, objective))}").over("{over}").{windows}'
    title = slo.display_name or slo.name
    name = f"{title}: {pair.severity}" if speaks else f"{title}: {burns}x over {_hours(pair.long)}"
    of = parts.Monitor(
        address=address,
        name=name,
        query=f"{rate} {'>=' if pair.inclusive else '>'} {burns}",
        text=text,
        tags=_tags(system, slo, address, pair.severity),
        options={"thresholds": {"critical": float(pair.burn)}},
        assets=parts.runbook(system, slo.runbook),
        severity=speaks,
    )
    return parts.monitor("slo-monitor", "slo alert", of, slo.where)


def _hours(seconds: int) -> str:
    """A window as Datadog writes it: in hours where it is whole ones."""
    return f"{seconds // HOUR}h" if seconds % HOUR == 0 else f"{seconds // 60}m"


def _quiet(system: System, slo: Slo, pair: BurnPair) -> str:
    windows = f"{names.window(pair.long)} and {names.window(pair.short)}"
    lead = (
        f"The error budget of {slo.display_name or slo.name} burns faster than {pair.burn} times"
        f" over {windows} ({pair.name}). It notifies nobody: {names.burn(slo.name, pair.severity)} does."
    )
    return parts.message(lead, parts.slo_facts(system, slo, pair.severity))


def _lead(slo: Slo, mine: Sequence[BurnPair]) -> str:
    rates = ", ".join(f"{p.burn}x over {names.window(p.long)} and {names.window(p.short)}" for p in mine)
    targets = ", ".join(metrics.number(objective.target * 100) for objective in slo.objectives)
    return (
        f"{slo.display_name or slo.name} ({targets} % over {slo.window.text}) burns its error budget"
        f" too fast: one of {rates}. {slo.description}"
    )


def _any(system: System, slo: Slo, severity: Severity, mine: Sequence[BurnPair], handles: str) -> Resource:
    """Fires while one of the pairs does, and none of a faster severity."""
    address = names.burn(slo.name, severity)
    held = [each for faster in _faster(slo, severity) for each in addresses(slo, faster)]
    query = either([address for _, _, address in _of(slo, severity)])
    of = parts.Monitor(
        address=address,
        name=f"{slo.display_name or slo.name}: {severity}",
        query=f"{bracketed(query)} && !{bracketed(either(held))}" if held else query,
        text=parts.message(_lead(slo, mine), parts.slo_facts(system, slo, severity), handles),
        tags=_tags(system, slo, address, severity),
        options={"notify_no_data": False},
        assets=parts.runbook(system, slo.runbook),
        severity=severity,
    )
    return parts.monitor("composite-monitor", "composite", of, slo.where)


def either(addresses: Iterable[str]) -> str:
    """True while one of these monitors alerts."""
    return " || ".join(parts.reference(address) for address in addresses)


def bracketed(query: str) -> str:
    """In brackets where it is more than one monitor."""
    return f"({query})" if " " in query else query
