"""Declared maintenance: what was bad in it spends no budget, and the report says how much that was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from sereno.language.covering import applies
from sereno.language.model import BudgetAdjustment, BudgetPolicy, Slo
from sereno.report.exact import fraction
from sereno.report.ledger import Ledger
from sereno.report.show import amount, moment
from sereno.report.words import plain


def adjustments(slo: Slo, policies: Iterable[BudgetPolicy]) -> list[BudgetAdjustment]:
    """Those that name the SLO, of the policies that apply to it."""
    return [a for p in policies if applies(p, slo) for a in p.adjustments if slo.name in a.slos]


def spared(one: Ledger, declared: Iterable[BudgetAdjustment]) -> tuple[Ledger, tuple[str, ...]]:
    """The books with nothing bad in those times, and what was left out of them."""
    notes: list[str] = []
    for each in declared:
        inside = (one.times >= each.start) & (one.times < each.end)
        bad = sum((fraction(b, one.scale) for b in one.bad[inside & (one.bad > 0)].tolist()), Fraction(0))
        if bad:
            span = f"{moment(each.start)} to {moment(each.end)}"
            why, much = plain(each.reason), amount(bad, one.unit)
            notes.append(f"maintenance {span} ({why}): {much} not counted as bad")
            one = replace(one, bad=np.where(inside, 0, one.bad))
    return one, tuple(notes)
