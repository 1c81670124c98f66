"""How often the alarms fired, and which of them fired for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sereno.language import names
from sereno.language.model import HOUR, Severity, System
from sereno.report.incidents import Firing, composites, firings
from sereno.report.ledger import Book
from sereno.report.model import AlarmCount, Period
from sereno.vendors.backend import Event

SILENCE: Final[Severity] = "ticket"  # of an SLO's no-data alert, on either vendor
Books = Mapping[str, Sequence[Book]]  # by service


def alarm_names(system: System) -> dict[str, Severity]:
    """The live names of all alarms that notify somebody."""
    found = {names.live(system, names.alert(a.name)): a.severity for a in system.alerts}
    for slo in system.slos:
        found |= composites(slo, system)
    return found | dict.fromkeys(_silences(system), SILENCE)


def _silences(system: System) -> dict[str, str]:
    """The live names of the SLOs' no-data alerts, with their services."""
    return {names.live(system, names.silence(slo.name)): slo.service for slo in system.slos}


def alarms(system: System, books: Books, events: Iterable[Event], period: Period) -> tuple[AlarmCount, ...]:
    """Every alarm that fired in the period, most often first."""
    services, silences = _services(system), _silences(system)
    by_name: dict[str, list[Firing]] = {}
    for one in firings(events, alarm_names(system)):
        if period.start <= one.start < period.end:
            by_name.setdefault(one.name, []).append(one)
    counts = (
        _count(fired, books.get(services[name], ()), period, of_loss=name not in silences)
        for name, fired in by_name.items()
    )
    return tuple(sorted(counts, key=lambda c: (-c.fired, c.name)))


def _services(system: System) -> dict[str, str]:
    found = {names.live(system, names.alert(a.name)): a.service for a in system.alerts}
    burning = {name: slo.service for slo in system.slos for name in composites(slo, system)}
    return found | burning | _silences(system)


def _count(fired: Sequence[Firing], books: Sequence[Book], period: Period, *, of_loss: bool) -> AlarmCount:
    """An alarm that tells of silence is no noise for that no budget was seen to go."""
    return AlarmCount(
        name=fired[0].name,
        severity=fired[0].severity,
        fired=len(fired),
        without_loss=sum(of_loss and not any(_lost(f, b, period) for b in books) for f in fired),
    )


def _lost(fired: Firing, book: Book, period: Period) -> bool:
    """Whether budget went while it fired or in the hour before, in which its cause lies."""
    end = fired.end if fired.end is not None else period.end
    return book.tally(fired.start - HOUR, end).bad > 0


def fired(counts: Sequence[AlarmCount], severity: Severity) -> int:
    return sum(c.fired for c in counts if c.severity == severity)
