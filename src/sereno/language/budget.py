"""Error budgets in exact arithmetic: Fractions and integers in, Fractions out.

SRE workbook, chapter 5 (https://sre.google/workbook/alerting-on-slos/): a burn rate of 1 spends
exactly the budget in exactly the window; the highest possible one is 1 / (1 - target).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def budget(target: Decimal) -> Fraction:
    """The share that may be bad: 0.999 -> 1/1000."""
    return 1 - Fraction(target)


def allowed_bad(target: Decimal, total: int) -> Fraction:
    """How many of `total` events may be bad."""
    return budget(target) * total


def spent(bad: int, total: int, target: Decimal) -> Fraction | None:
    """The share of the budget that is spent, above 1 when it is overdrawn; None where nothing happened."""
    return Fraction(bad, 1) / allowed_bad(target, total) if total else None


def burn(bad: int, total: int, target: Decimal) -> Fraction | None:
    """How many times faster than allowed the budget is spent; None where nothing happened."""
    return Fraction(bad, total) / budget(target) if total else None


def highest_burn(target: Decimal) -> Fraction:
    """The burn rate of a total outage, which nothing can exceed."""
    return 1 / budget(target)


def spent_at_alert(burn: Decimal, lookback: int, window: int) -> Fraction:
    """The share of the budget spent when a burn rate over `lookback` has just been reached (seconds both)."""
    return Fraction(burn) * lookback / window


def exhaustion(left: Fraction, burn: Fraction, window: int) -> Fraction | None:
    """Seconds until the share `left` of the budget is spent at this burn rate; None: never."""
    if left <= 0:
        return Fraction(0)
    return left * window / burn if burn > 0 else None


def detection(burn: Decimal, lookback: int, error_ratio: Fraction, target: Decimal) -> Fraction | None:
    """Seconds of a constant error ratio until `lookback` burns faster than `burn`; None: never.

    Workbook: (1 - SLO) / error ratio x lookback x burn, valid while it is not longer than the lookback.
    """
    if error_ratio <= 0:
        return None
    found = budget(target) / error_ratio * lookback * Fraction(burn)
    return found if found < lookback else None


def least_traffic(burn: Decimal, lookback: int, target: Decimal) -> Fraction:
    """Events an hour below which one failure alone makes `lookback` burn faster than `burn`."""
    return Fraction(3_600, lookback) / (Fraction(burn) * budget(target))
