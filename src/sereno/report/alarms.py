"""How often the alarms fired, and which of them fired for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sereno.language import names
from sereno.language.model import HOUR, Severity, System
from sereno.report.incidents import Firing, firings
from sereno.report.ledger import Book
from sereno.report.model import AlarmCount, Period
from sereno.vendors.backend import Event
from sereno.vendors.subjects import speakers

Books = Mapping[str, Sequence[Book]]  # by service


@dataclass(frozen=True, slots=True)
class _Alarm:
    """One that notifies somebody. That of silence is no noise for that no budget was seen to go."""

    severity: Severity
    service: str
    of_loss: bool


def alarm_names(system: System) -> dict[str, Severity]:
    """The live names of all alarms that notify somebody."""
    return {name: alarm.severity for name, alarm in _alarms(system).items()}


def _alarms(system: System) -> dict[str, _Alarm]:
    silences = {names.silence(slo.name) for slo in system.slos}
    return {
        names.live(system, s.address): _Alarm(
            "page" if s.labels["severity"] == "page" else "ticket",
            s.labels["service"],
            s.address not in silences,
        )
        for s in speakers(system)
    }


def alarms(system: System, books: Books, events: Sequence[Event], period: Period) -> tuple[AlarmCount, ...]:
    """Every alarm that fired in the period, most often first."""
    known = _alarms(system) if events else {}
    by_name: dict[str, list[Firing]] = {}
    for one in firings(events, {name: alarm.severity for name, alarm in known.items()}):
        if period.start <= one.start < period.end:
            by_name.setdefault(one.name, []).append(one)
    counts = (_count(fired, known[name], books, period) for name, fired in by_name.items())
    return tuple(sorted(counts, key=lambda c: (-c.fired, c.name)))


def _count(fired: Sequence[Firing], alarm: _Alarm, books: Books, period: Period) -> AlarmCount:
    lost = [any(_lost(f, b, period) for b in books.get(alarm.service, ())) for f in fired]
    noise = lost.count(False) if alarm.of_loss else 0
    return AlarmCount(name=fired[0].name, severity=alarm.severity, fired=len(fired), without_loss=noise)


def _lost(fired: Firing, book: Book, period: Period) -> bool:
    """Whether budget went while it fired or in the hour before, in which its cause lies."""
    end = fired.end if fired.end is not None else period.end
    return book.tally(fired.start - HOUR, end).bad > 0


def fired(counts: Iterable[AlarmCount], severity: Severity) -> int:
    return sum(c.fired for c in counts if c.severity == severity)
