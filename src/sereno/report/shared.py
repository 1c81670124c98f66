"""One alarm for all objectives of an SLO: what it saw of each, and what nobody can know.

The burn alarms of an SLO bear its name, and ring for any of its objectives. Without a history, those of a
composite counted by Occurrences are not computed from the data: no hour is then said to be without an alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sereno.language.model import Slo, System
from sereno.report.bins import misses, rank
from sereno.report.book import Book
from sereno.report.history import Events, changes, since, unknown
from sereno.report.incidents import Firing, composites, computed, firings, incidents, merged
from sereno.report.model import SloReport
from sereno.report.outlook import shares
from sereno.report.periods import hours

Line = tuple[SloReport, Book]


def together(slo: Slo, system: System, made: Sequence[Line], events: Events) -> Sequence[Line]:
    """The lines of an SLO, each with the incidents of all; and without claims that nothing supports."""
    begins = None if unknown(events) else since(events)
    if not slo.policies or not made or (begins is not None and begins <= made[0][0].period.start):
        return made
    if len(made) > 1:
        fired = _fired(slo, system, [books for _, books in made], events, begins)
        return [(_seen(line, books, fired), books) for line, books in made]
    return [(line if len(books.parts) == 1 else _unclaimed(line, begins), books) for line, books in made]


def _fired(
    slo: Slo, system: System, books: Sequence[Book], events: Events, begins: int | None
) -> list[Firing]:
    known = [] if begins is None else firings(changes(events), composites(slo, system))
    found = [f for one in books for f in computed(slo, system, one) if begins is None or f.start < begins]
    return known + merged(found)


def _seen(line: SloReport, books: Book, fired: Sequence[Firing]) -> SloReport:
    if line.budget_total is None or line.budget_spent is None:
        return line
    found = incidents(fired, line.slo, books, line.period, line.budget_total)
    edges, scale = hours(line.period), shares(books, line.period)
    return replace(
        line,
        incidents=found,
        background=line.budget_spent - sum((i.spent for i in found), Fraction(0)),
        misses=misses(books, edges, scale, rank(books, edges, scale), found),
    )


def _unclaimed(line: SloReport, begins: int | None) -> SloReport:
    """Of a composite: only of hours in its alarms' history it is known that no alarm saw them."""
    known = tuple(h for h in line.misses if begins is not None and h.start >= begins)
    if len(known) == len(line.misses):
        return line
    said = "without an alarm history it is not known which hours of this composite an alarm saw"
    return replace(line, misses=known, warnings=(*line.warnings, said))
