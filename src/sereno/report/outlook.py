"""What is still to come of a calendar window: budget that is known in advance, and when it runs out."""

from __future__ import annotations

from fractions import Fraction

from sereno.language.model import MINUTE
from sereno.report.book import Book
from sereno.report.model import Period, Unit


def to_come(unit: Unit, period: Period) -> Fraction:
    """Minutes of the calendar window that are still to come, whose budget is there already; else 0.

    How many events will come is not known, and a window that rolls ends now.
    """
    return Fraction(period.remaining, MINUTE) if unit == "minutes" else Fraction(0)


def shares(books: Book, period: Period) -> tuple[Fraction, ...]:
    """For each part, the share of the window's whole budget that one scaled bad unit spends."""
    found = books.unit_share(period.start, period.end)
    more = to_come(books.unit, period)
    if not more:
        return found
    total = books.tally(period.start, period.end).total
    return tuple(share * total / (total + more) for share in found)


def exhausts(
    left: Fraction | None, rate: Fraction | None, unit: Unit, period: Period, coverage: Fraction
) -> int | None:
    """Seconds until the budget is spent at this burn rate; None: never, already, or not in this window.

    At a burn of 1 a window's whole budget lasts the whole window. In a calendar window of events the
    budget grows with the traffic, as fast as a burn of 1 spends it: only what burns faster than that ever
    reaches its end. https://sre.google/workbook/alerting-on-slos/ (burn rate)
    """
    if left is None or left <= 0 or not rate or rate < 0:
        return None
    if period.closes is None:
        return int(left * period.seconds / rate)
    if unit == "minutes":
        found = left * (period.seconds * coverage + period.remaining) / rate
    elif rate > 1:
        found = left * period.seconds * coverage / (rate - 1)
    else:
        return None
    return int(found) if found < period.remaining else None
