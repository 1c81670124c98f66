"""Incidents: when the burn alarms of an SLO fired, and how much budget went with each.

From the alarm history where there is one, else computed from the data by the SLO's own burn
policies. An incident's budget counts from its onset: the moment, within the alarm's longest window,
from which the burning that led to it rose (CUSUM, Page 1954). Incidents never overlap, so that
their budget and the background add up to what was spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sereno.engine.burn import Pair, pairs_firing
from sereno.language import names
from sereno.language.model import HOUR, MINUTE, BurnPair, Severity, Slo, System
from sereno.report.book import Book
from sereno.report.exact import Ints, scaled
from sereno.report.ledger import Ledger
from sereno.report.model import Fired, Incident, Period, Source
from sereno.report.outlook import shares
from sereno.vendors.backend import Event

_COMPUTED: Final[Source] = "computed from the data"
_SEVERITIES: Final[tuple[Severity, ...]] = ("page", "ticket")


@dataclass(frozen=True, slots=True)
class Firing:
    """An alarm in ALARM over [start, end); `end` None while it still is."""

    name: str
    severity: Severity
    start: int
    end: int | None
    source: Source = "alarm history"


def firings(events: Iterable[Event], severities: Mapping[str, Severity]) -> list[Firing]:
    """The times each of these alarms was in ALARM."""
    opened: dict[str, int] = {}
    found: list[Firing] = []
    for event in sorted(events, key=lambda e: e.at):
        if event.state == "ALARM":
            opened.setdefault(event.name, int(event.at))
        elif event.name in opened:
            severity = severities.get(event.name, "ticket")
            found.append(Firing(event.name, severity, opened.pop(event.name), int(event.at)))
    found += [Firing(name, severities.get(name, "ticket"), at, None) for name, at in opened.items()]
    return sorted((f for f in found if f.name in severities), key=lambda f: (f.start, f.name))


def composites(slo: Slo, system: System) -> dict[str, Severity]:
    """The live names of the SLO's alarms that notify somebody, with their severities."""
    return {names.live(system, names.burn(slo.name, p.severity)): p.severity for p in slo.policies}


def computed(slo: Slo, system: System, book: Book) -> list[Firing]:
    """When each severity's pairs would have fired on this data, judged at the end of every interval."""
    one = book.parts[0].ledger
    if len(book.parts) != 1 or not slo.policies or not _burns(slo, one, book.budget):
        return []
    return merged(_pairs(slo, system, one, book.target))


def _burns(slo: Slo, one: Ledger, budget: Fraction) -> bool:
    """Whether any interval burns as fast as the slowest pair asks: else no sum of them does, as no window
    has a larger share of bad than the worst of its intervals."""
    p, q = (Fraction(min(pair.burn for pair in slo.policies)) * budget).as_integer_ratio()
    return bool(np.any((one.bad > 0) & (scaled(one.bad, q) >= scaled(one.total, p))))


def _pairs(slo: Slo, system: System, one: Ledger, target: Fraction) -> list[Firing]:
    step = one.step or _usual(one)
    bad, total = _grid(one, step)
    pairs = [_steps(pair, step) for pair in slo.policies]
    fires = pairs_firing(bad, total, target=target, pairs=pairs)
    start = int(one.times[0])
    return [
        Firing(names.live(system, names.burn(slo.name, pair.severity)), pair.severity, a, b, _COMPUTED)
        for pair, row in zip(slo.policies, fires, strict=True)
        for a, b in _runs(row, start, step)
    ]


def _usual(one: Ledger) -> int:
    """The length of the shorter intervals, but for a few that an end of the window cuts."""
    return max(int(np.percentile(one.seconds, 1, method="lower")), MINUTE)


def _steps(pair: BurnPair, step: int) -> Pair:
    long, short = (max(window // step, 1) for window in (pair.long, pair.short))
    return Pair(long, short, Fraction(pair.burn), pair.inclusive)


def _grid(one: Ledger, step: int) -> tuple[Ints, Ints]:
    """Bad and total of each step from the first interval on; gaps, and a count below 0, are 0."""
    if one.step:
        return np.maximum(one.bad, 0), one.total
    at = (one.times - one.times[0]) // step
    bad, total = (np.zeros(int(at[-1]) + 1, dtype=v.dtype) for v in (one.bad, one.total))
    np.add.at(bad, at, np.maximum(one.bad, 0))
    np.add.at(total, at, one.total)
    return bad, total


def _runs(firing: NDArray[np.bool_], start: int, step: int) -> list[tuple[int, int | None]]:
    """Unbroken stretches: from the end of the first step that fires to the end of the first quiet one."""
    if not firing.any():
        return []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], firing, [False]))))
    ends = [start + (int(edge) + 1) * step if edge < len(firing) else None for edge in edges]
    return [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True) if a is not None]


def merged(found: list[Firing]) -> list[Firing]:
    """Overlapping firings of one alarm as one (its pairs are ORed)."""
    result: list[Firing] = []
    for one in sorted(found, key=lambda f: (f.name, f.start)):
        last = result[-1] if result else None
        if last and last.name == one.name and _overlap(last, one):
            result[-1] = replace(last, end=_later(last.end, one.end))
        else:
            result.append(one)
    return sorted(result, key=lambda f: (f.start, f.name))


def _overlap(earlier: Firing, later: Firing) -> bool:
    return earlier.end is None or later.start <= earlier.end


def _later(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else max(a, b)


def incidents(
    fired: Sequence[Firing], slo: Slo, book: Book, period: Period, total: Fraction
) -> tuple[Incident, ...]:
    """Firings of any severity that overlap are one incident; `total` is the window's budget."""
    lookback = max((p.long for p in slo.policies), default=HOUR)
    scale = shares(book, period)
    result: list[Incident] = []
    floor = period.start
    for group in _groups(fired, period):
        onset = _onset(book, group[0].start, max(floor, group[0].start - lookback))
        end = max((f.end or period.end for f in group), default=period.end)
        floor = min(end, period.end)
        share = _spent(book, scale, onset, floor)
        result.append(_incident(group, onset, share, total))
    return tuple(result)


def _groups(fired: Sequence[Firing], period: Period) -> list[list[Firing]]:
    groups: list[list[Firing]] = []
    until = -1
    for one in sorted(fired, key=lambda f: f.start):
        if one.start >= period.end or (one.end is not None and one.end <= period.start):
            continue
        if groups and one.start <= until:
            groups[-1].append(one)
        else:
            groups.append([one])
        until = max(until, one.end if one.end is not None else period.end)
    return groups


def _incident(group: Sequence[Firing], onset: int, share: Fraction, total: Fraction) -> Incident:
    ends = [f.end for f in group]
    return Incident(
        onset=onset,
        start=group[0].start,
        end=None if None in ends else max(e for e in ends if e is not None),
        severity="page" if any(f.severity == "page" for f in group) else "ticket",
        fired=tuple(_fired(severity, group) for severity in _SEVERITIES if _of(severity, group)),
        alarms=tuple(dict.fromkeys(f.name for f in group)),
        spent=share * total,
        spent_share=share,
        source=group[0].source,
    )


def _fired(severity: Severity, group: Sequence[Firing]) -> Fired:
    mine = _of(severity, group)
    ends = [f.end for f in mine if f.end is not None]
    return Fired(severity, mine[0].start, max(ends) if len(ends) == len(mine) else None)


def _of(severity: Severity, group: Sequence[Firing]) -> list[Firing]:
    return [f for f in group if f.severity == severity]


def _spent(book: Book, shares: tuple[Fraction, ...], start: int, end: int) -> Fraction:
    """The share of the window's budget that [start, end) spent."""
    if end <= start:
        return Fraction(0)
    bads = (part.ledger.bad_units(start, end) for part in book.parts)
    return sum((share * bad for share, bad in zip(shares, bads, strict=True)), Fraction(0))


def _onset(book: Book, start: int, floor: int) -> int:
    """The earliest of the parts' onsets, in [floor, start]."""
    return min(_rise(part.ledger, part.budget, start, floor) for part in book.parts)


def _rise(ledger: Ledger, budget: Fraction, start: int, floor: int) -> int:
    """Where the sum of q * bad - p * total, which falls in quiet and climbs in burning, was lowest."""
    p, q = budget.as_integer_ratio()
    low, high = ledger.index(floor), ledger.index(start)
    bad, total = ledger.running_bad[low : high + 1], ledger.running_total[low : high + 1]
    first = low + int(np.argmin(scaled(bad, q) - scaled(total, p)))
    return int(ledger.times[first]) if first < high else max(start, floor)
