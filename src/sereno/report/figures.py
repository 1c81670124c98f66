"""Observations + System -> Report. Pure; exact; every figure of every renderer is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from sereno.language.model import DAY, HOUR, Objective, Slo, System, Window
from sereno.report.alarms import alarms, fired
from sereno.report.bins import bins, drawn, misses, rank, worst
from sereno.report.book import Book, book
from sereno.report.gate import decide, windows
from sereno.report.history import Events, about, changes, since, unknown
from sereno.report.incidents import composites, computed, firings, incidents
from sereno.report.ledger import Ledger
from sereno.report.maintenance import adjustments, spared
from sereno.report.model import AT_RISK, Burn, Incident, Period, Report, SloReport, State, Tally
from sereno.report.notices import about_composite, dark, notices
from sereno.report.observed import Observed, metrics, read
from sereno.report.outlook import exhausts, shares, to_come
from sereno.report.periods import days, hours, periods
from sereno.report.series import Readings
from sereno.report.shared import together
from sereno.report.words import plain, shown
from sereno.vendors.backend import Metric, Unavailable

BURN_WINDOWS: Final = (HOUR, 6 * HOUR, 3 * DAY)


def needs(system: System, at: int, window: Window | None = None) -> tuple[tuple[Metric, ...], int, int]:
    """What to ask a back end for: metrics, and the time [start, end) they are needed over."""
    starts = [periods(window or slo.window, at)[1].start for slo in system.slos]
    burns = (*BURN_WINDOWS, *windows(system.budget_policies))
    return metrics(system), min([at - max(burns), *starts]), at


def report(
    system: System,
    observed: Observed,
    events: Events,
    *,
    at: int,
    window: Window | None = None,
    warnings: Sequence[str] = (),
) -> Report:
    """The report at a moment, from a vendor's points; `window` replaces every SLO's own."""
    return report_series(system, read(system, observed), events, at=at, window=window, warnings=warnings)


def report_series(
    system: System,
    readings: Readings,
    events: Events,
    *,
    at: int,
    window: Window | None = None,
    warnings: Sequence[str] = (),
) -> Report:
    """The report at a moment, from each objective's own series."""
    made = lines(system, system.slos, readings, events, at=at, window=window)
    return assemble(system, made, events, at=at, window=window, warnings=warnings)


def lines(
    system: System,
    slos: Iterable[Slo],
    readings: Readings,
    events: Events,
    *,
    at: int,
    window: Window | None = None,
    curves: bool = True,
) -> list[tuple[SloReport, Book | None]]:
    """The line of each objective or composite, and the books that its alarms are judged by, if any are.

    `curves` are for pictures; who draws none saves their time.
    """

    def of(slo: Slo) -> Sequence[tuple[SloReport, Book]]:
        found = [_line(slo, some, system, readings, events, at, window) for some in _lines(slo)]
        return together(slo, system, found, events)

    made = (line for slo in slos for line in of(slo))
    # Without alarms to judge, a thousand SLOs' books need not stay in memory.
    keep = bool(changes(events))
    return [
        (replace(line, curve=drawn(books, line.period)) if curves else line, books if keep else None)
        for line, books in made
    ]


def assemble(
    system: System,
    made: Sequence[tuple[SloReport, Book | None]],
    events: Events,
    *,
    at: int,
    window: Window | None = None,
    warnings: Sequence[str] = (),
) -> Report:
    """The whole, from its lines."""
    widest = max((line.period for line, _ in made), key=lambda p: p.seconds, default=Period(at, at, ""))
    seen = replace(widest, start=max(widest.start, min(since(events), at)))
    counts = alarms(system, _by_service(made), changes(events), seen)
    known = not unknown(events)
    slos = tuple(sorted((line for line, _ in made), key=_risk))
    return Report(
        project=system.project,
        environment=system.environment.name,
        at=at,
        zone=(window.zone if window and window.zone else "UTC"),
        slos=slos,
        alarms=counts,
        pages=fired(counts, "page") if known else None,
        tickets=fired(counts, "ticket") if known else None,
        watched=_watched(seen, [line for line, _ in made]),
        gate=decide(slos, system.budget_policies, at),
        warnings=tuple(map(plain, (*warnings, *about(events, widest)))),
    )


def _watched(seen: Period, made: Sequence[SloReport]) -> int:
    """Seconds of the time whose alarms are known that have data: those of the best covered SLO."""
    return min(seen.seconds, int(max((x.coverage * x.period.seconds for x in made), default=Fraction(0))))


def _by_service(made: Sequence[tuple[SloReport, Book | None]]) -> dict[str, list[Book]]:
    books: dict[str, list[Book]] = {}
    for line, one in made:
        if one is not None:
            books.setdefault(line.slo.service, []).append(one)
    return books


def _lines(slo: Slo) -> list[tuple[Objective, ...]]:
    """A composite is one line; otherwise each objective is."""
    return [slo.objectives] if slo.composite else [(o,) for o in slo.objectives]


def _risk(line: SloReport) -> tuple[int, Fraction, str]:
    """Breached and nearly spent first; then what cannot be seen; names break ties."""
    if line.budget_left_ratio is None:
        return 1, Fraction(0), line.label
    return (0 if line.state in ("breached", "at_risk") else 2), line.budget_left_ratio, line.label


def _line(
    slo: Slo,
    objectives: tuple[Objective, ...],
    system: System,
    readings: Readings,
    events: Events,
    at: int,
    window: Window | None,
) -> tuple[SloReport, Book]:
    current, before = periods(window or slo.window, at)
    slo = shown(slo)
    found = [(o, readings.get((slo.name, o.name), Unavailable("it was not asked for"))) for o in objectives]
    away = plain("; ".join(s.reason for _, s in found if isinstance(s, Unavailable)))
    real = [(o, s) for o, s in found if not isinstance(s, Unavailable)]
    if away or not real:
        return _nothing(slo, objectives, system, current, away)
    declared = adjustments(slo, system.budget_policies)
    edges = (before.start, before.end, current.start, min(current.end, at))
    cleared = [(o, *spared(o, slo, s, edges, declared)) for o, s in real]
    ledgers = [(o, one) for o, one, _ in cleared]
    said = (*(n for _, s in real for n in s.notes), *(n for _, _, found in cleared for n in found))
    notes = tuple(dict.fromkeys((*said, *about_composite(slo, ledgers, current))))
    books = book(slo, ledgers, least=bool(dark(ledgers, current)))
    line = _judged(slo, objectives, system, books, current, before, events, notes)
    if books.least and len(ledgers) > 1 and line.state != "breached":
        # What is dark may have spent all: nothing is known of the whole.
        empty, _ = _nothing(slo, objectives, system, current, "")
        return replace(empty, warnings=(*notes, *empty.warnings)), books
    return line, books


def _nothing(
    slo: Slo, objectives: tuple[Objective, ...], system: System, period: Period, reason: str
) -> tuple[SloReport, Book]:
    """The line of an SLO whose data could not be asked for."""
    empty = np.empty(0, dtype=np.int64)
    unit = "minutes" if slo.budgeting != "Occurrences" else "share" if len(objectives) > 1 else "events"
    none = Ledger(empty, empty, empty, empty, 1, "minutes" if unit == "minutes" else "events")
    books = book(slo, [(o, none) for o in objectives])
    return _judged(slo, objectives, system, books, period, period, (), (), unavailable=reason), books


def _judged(
    slo: Slo,
    objectives: tuple[Objective, ...],
    system: System,
    books: Book,
    period: Period,
    before: Period,
    events: Events,
    notes: tuple[str, ...],
    *,
    unavailable: str = "",
) -> SloReport:
    tally, total, spent = _budget(system, books, period)
    left = 1 - spent / total if total and spent is not None else None
    burns = _burns(system, books, period.end)
    coverage = _coverage(books, period)
    found = _incidents(slo, system, books, period, total, events)
    scale = shares(books, period)
    by_day, by_hour = (rank(books, edges, scale) for edges in (days(period), hours(period)))
    return SloReport(
        slo=slo,
        objective="" if slo.composite or len(slo.objectives) == 1 else objectives[0].name,
        target=books.target,
        budgeting=slo.budgeting,
        period=period,
        unit=books.unit,
        tally=tally,
        attainment=tally.attainment,
        budget_total=total,
        budget_spent=spent,
        budget_left_ratio=left,
        state=_state(left),
        coverage=coverage,
        burns=burns,
        exhausts_in=exhausts(left, burns[1].rate, books.unit, period, coverage),
        previous=books.tally(before.start, before.end).attainment,
        days=bins(books, days(period), scale),
        worst_days=worst(books, days(period), scale, by_day),
        worst_hours=worst(books, hours(period), scale, by_hour),
        incidents=found,
        background=None if spent is None else spent - sum((i.spent for i in found), Fraction(0)),
        misses=misses(books, hours(period), scale, by_hour, found),
        curve=None,
        warnings=() if unavailable else (*notes, *notices(books, period, tally, total, coverage)),
        unavailable=unavailable,
        runbook_url=plain(system.runbooks[slo.runbook].url) if slo.runbook in system.runbooks else "",
    )


def _budget(system: System, books: Book, period: Period) -> tuple[Tally, Fraction | None, Fraction | None]:
    """What was counted, the whole window's budget, and what of it is spent: None and None without data."""
    tally, ahead = books.tally(period.start, period.end), to_come(books.unit, period)
    if not tally.total:
        return tally, None, None
    # The rates so far at which the whole window's budget is at a limit.
    near = [limit * (1 + ahead / tally.total) for limit in _limits(system)]
    tally = books.measured(period.start, period.end, near)[1]
    return tally, (tally.total + ahead) * books.budget, max(tally.bad, Fraction(0))


def _burns(system: System, books: Book, end: int) -> tuple[Burn, ...]:
    """Of the windows that every report has, and of those that the budget policies ask for."""
    asked = dict.fromkeys((*BURN_WINDOWS, *windows(system.budget_policies)))
    limits = _limits(system)
    return tuple(Burn(seconds, *books.measured(end - seconds, end, limits)) for seconds in asked)


def _state(left: Fraction | None) -> State:
    """Breached only when attainment is below the target; with exactly nothing left it is at risk."""
    if left is None:
        return "no_data"
    if left < 0:
        return "breached"
    return "at_risk" if left <= AT_RISK else "met"


def _limits(system: System) -> frozenset[Fraction]:
    """The rates at which a state or a rule of a policy turns."""
    rules = [rule for policy in system.budget_policies for rule in policy.rules]
    left = (1 - Fraction(rule.left) for rule in rules if rule.left is not None)
    burn = (Fraction(rule.burn) for rule in rules if rule.burn is not None)
    return frozenset((Fraction(1), 1 - AT_RISK, *left, *burn))


def _coverage(books: Book, period: Period) -> Fraction:
    """The share of the window that has data: the least covered objective's."""
    return min(_covered(one, period) for one in books.sources)


def _covered(one: Ledger, period: Period) -> Fraction:
    low, high = one.index(period.start), one.index(period.end)
    if high == low or not period.seconds:
        return Fraction(0)
    over = max(int(one.times[high - 1] + one.seconds[high - 1]) - period.end, 0)
    return min(Fraction(int(one.seconds[low:high].sum()) - over, period.seconds), Fraction(1))


def _incidents(
    slo: Slo, system: System, books: Book, period: Period, total: Fraction | None, events: Events
) -> tuple[Incident, ...]:
    known = [] if unknown(events) else firings(changes(events), composites(slo, system))
    begins = None if unknown(events) else since(events)
    if begins is None or period.start < begins:
        known += [f for f in computed(slo, system, books) if begins is None or f.start < begins]
    return incidents(known, slo, books, period, total or Fraction(0))
