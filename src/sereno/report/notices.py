"""What a reader must know before believing an SLO's figures: gaps, young data, low traffic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from sereno.language.model import HOUR, MINUTE, Objective, Slo
from sereno.report.book import Book
from sereno.report.ledger import Ledger
from sereno.report.model import Period, Tally
from sereno.report.show import moment, percent

# Fewer failures than this in a window's budget: single ones decide.
FEW_FAILURES: Final = 10


def notices(
    books: Book, period: Period, tally: Tally, total: Fraction | None, coverage: Fraction
) -> list[str]:
    """What a reader must know before believing the figures."""
    found = [_data_times(p.ledger, period) for p in books.parts]
    times = [t for t in found if t is not None]
    if not times:
        return ["no data in the window"]
    result = [] if tally.total else ["data, but no traffic: nothing was counted"]
    first, last, step = min(t[0] for t in times), max(t[1] for t in times), max(t[2] for t in times)
    if first - period.start > max(step, HOUR):
        result.append(f"the data begin at {moment(first, period.zone)}, inside the window")
    if period.end - last > max(2 * step, HOUR):
        result.append(f"the data stop at {moment(last, period.zone)}, before the end of the window")
    if coverage < 1:
        result.append(f"{percent(coverage)} of the window has data; the rest counts neither good nor bad")
    if books.unit == "events" and total is not None and total < FEW_FAILURES:
        result.append(_low_traffic(total))
    return result


def dark(ledgers: Sequence[tuple[Objective, Ledger]], period: Period) -> list[str]:
    """The objectives that have no data in the window."""
    return [o.name for o, one in ledgers if one.index(period.start) == one.index(period.end)]


def about_composite(slo: Slo, ledgers: Sequence[tuple[Objective, Ledger]], period: Period) -> list[str]:
    """Which of its objectives have no data, and whose target it is judged by."""
    if len(ledgers) == 1:
        return []
    names = ", ".join(dark(ledgers, period))
    result = [f"no data of {names}, which this composite needs: it may have spent more"] if names else []
    targets = {o.target for o, _ in ledgers}
    if slo.budgeting != "Occurrences" and len(targets) > 1:
        strict = percent(Fraction(max(targets)))
        result.append(f"its objectives have several targets: judged by the strictest, {strict}")
    return result


def ahead(at: int) -> str:
    """Of a report whose end is still to come, as after a slip in `--at`."""
    return f"the report's end, {moment(at)}, is still to come: nothing is known up to it"


def later(newest: int) -> tuple[str, ...]:
    """Of files with data that are still to come, the newest at this time: they are left out."""
    end = datetime.fromtimestamp(newest - newest % MINUTE + MINUTE, UTC)
    return (
        f"data up to {moment(newest)} are still to come, and left out; if they are a warped local stack's,"
        f" `--at {end:%Y-%m-%dT%H:%M:%SZ}` reports on all of them",
    )


def _low_traffic(total: Fraction) -> str:
    if total < 1:
        return "low traffic: a single failure breaches the target"
    return f"low traffic: {int(total) + 1} failures breach the target; each one weighs much"


def _data_times(one: Ledger, period: Period) -> tuple[int, int, int] | None:
    """Start of the first and end of the last interval in the window, and the longest interval."""
    low, high = one.index(period.start), one.index(period.end)
    if low == high:
        return None
    seconds = one.seconds[low:high]
    return int(one.times[low]), int(one.times[high - 1] + one.seconds[high - 1]), int(seconds.max())
