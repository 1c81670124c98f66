"""Declared maintenance: what was bad in it spends no budget, and the report says how much that was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sereno.language.covering import applies
from sereno.language.model import BudgetAdjustment, BudgetPolicy, Objective, Slo
from sereno.report.ledger import Ledger, ledger
from sereno.report.series import Series
from sereno.report.show import amount, moment
from sereno.report.words import plain


def adjustments(slo: Slo, policies: Iterable[BudgetPolicy]) -> list[BudgetAdjustment]:
    """Those that name the SLO, of the policies that apply to it."""
    return [a for p in policies if applies(p, slo) for a in p.adjustments if slo.name in a.slos]


def spared(
    objective: Objective, slo: Slo, series: Series, edges: Sequence[int], declared: Sequence[BudgetAdjustment]
) -> tuple[Ledger, tuple[str, ...]]:
    """The books with nothing bad in those times, and what was left out of them.

    A value is excused for as long as it held in them. A count is excused only if its whole interval lies in
    one of them: of one that lies partly inside it is not known how much was bad there. Slices are judged
    after that.
    """
    one, notes = ledger(objective, slo, series, edges), []
    for i, each in enumerate(declared):
        spans = [(a.start, a.end) for a in declared[: i + 1]]
        known, one = one, ledger(objective, slo, series, edges, spans)
        bad = known.bad_in_all - one.bad_in_all
        if bad > 0:
            span = f"{moment(each.start)} to {moment(each.end)}"
            why, much = plain(each.reason), amount(bad, one.unit)
            notes.append(f"maintenance {span} ({why}): {much} not counted as bad")
    return one, tuple(notes)
