"""How often the alarms fired, and which of them fired for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sereno.language import names
from sereno.language.model import HOUR, Severity, System
from sereno.report.book import Book
from sereno.report.incidents import Firing, firings
from sereno.report.model import AlarmCount, Period
from sereno.vendors import held
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
    every = firings(events, {name: alarm.severity for name, alarm in known.items()})
    by_name = _by_name(one for one in every if period.start <= one.start < period.end)
    back = _held_back(system, every, period.end) if by_name else set()
    counts = (
        replace(_count(fired, known[name], books, period), held=sum(one in back for one in fired))
        for name, fired in by_name.items()
    )
    return tuple(sorted(counts, key=lambda c: (-c.fired, c.name)))


def _held_back(system: System, every: Sequence[Firing], end: int) -> set[Firing]:
    """Firings of which nobody was told. On Datadog an alarm that is held back does not fire."""
    if system.environment.backend != "cloudwatch":
        return set()
    by_name = _by_name(every)
    back: set[Firing] = set()
    for address, by in held.holders(system).items():
        found = by_name.get(names.live(system, address), ())
        holders = [one for each in by for one in by_name.get(names.live(system, each), ())]
        back |= {one for one in found if untold(one, sorted(holders, key=lambda h: h.start), end)}
    return back


def _by_name(every: Iterable[Firing]) -> dict[str, list[Firing]]:
    found: dict[str, list[Firing]] = {}
    for one in every:
        found.setdefault(one.name, []).append(one)
    return found


def untold(one: Firing, holders: Sequence[Firing], end: int) -> bool:
    """Whether a firing is over, or `end` is there, before CloudWatch tells of it.

    It does from `WAIT` after the start on, once no holder (by start) fires or did within `EXTENSION`.
    """
    moment = one.start + held.WAIT
    for holder in holders:
        until = (end if holder.end is None else holder.end) + held.EXTENSION
        if holder.start <= moment < until:
            moment = until
    return moment >= (end if one.end is None else one.end)


def _count(fired: Sequence[Firing], alarm: _Alarm, books: Books, period: Period) -> AlarmCount:
    lost = [any(_lost(f, b, period) for b in books.get(alarm.service, ())) for f in fired]
    noise = lost.count(False) if alarm.of_loss else 0
    return AlarmCount(name=fired[0].name, severity=alarm.severity, fired=len(fired), without_loss=noise)


def _lost(fired: Firing, book: Book, period: Period) -> bool:
    """Whether budget went while it fired or in the hour before, in which its cause lies."""
    end = fired.end if fired.end is not None else period.end
    return book.tally(fired.start - HOUR, end).bad > 0


def fired(counts: Iterable[AlarmCount], severity: Severity) -> int:
    """How often alarms of this severity told somebody."""
    return sum(c.fired - c.held for c in counts if c.severity == severity)
