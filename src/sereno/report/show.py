"""Exact numbers made readable, each rounded once and never into a claim.

What is good is rounded down and what is bad up, so that 100 % means all, 0 % means none, and a
target that was missed never looks met (after coverage.py's `display_covered`).
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from sereno.language.model import DAY, HOUR, MINUTE
from sereno.language.runbooks import is_link as is_link
from sereno.report.model import AlarmCount, Fired, Period, Report, SloReport, State, Unit

NONE = "no data"
MISSES = 5  # hours that no alarm saw are shown, and how many more there are
LARGE = 10  # from ten times on, a tenth of a percent says nothing
WORDS: dict[State, str] = {"met": "met", "at_risk": "at risk", "breached": "breached", "no_data": "no data"}


def percent(share: Fraction | None, places: int = 1) -> str:
    """A good share, rounded down: 0.99999 is `99.9 %`, 0.00001 `< 0.1 %`, -0.00001 `-0.1 %`."""
    if share is None:
        return NONE
    places = 0 if abs(share) >= LARGE else places
    whole = floor(share * 100 * 10**places)
    if whole == 0 and share > 0:
        return f"< {_decimal(1, places)} %"
    return f"{_decimal(whole, places)} %"


def percent_spent(share: Fraction | None, places: int = 1) -> str:
    """A bad share, rounded up; just below all of it is `> 99.9 %`."""
    if share is None:
        return NONE
    places = 0 if abs(share) >= LARGE else places
    whole = ceil(share * 100 * 10**places)
    if whole == 100 * 10**places and share < 1:
        return f"> {_decimal(whole - 1, places)} %"
    return f"{_decimal(whole, places)} %"


def _decimal(n: int, places: int) -> str:
    """n / 10**places, without zeros that say nothing."""
    sign, n = ("-" if n < 0 else ""), abs(n)
    whole, part = divmod(n, 10**places)
    tail = f".{part:0{places}d}".rstrip("0").rstrip(".") if places else ""
    return f"{sign}{whole:,}{tail}"


def places(target: Fraction) -> int:
    """Decimals of a percentage that show this target exactly, and one more."""
    for n in range(6):
        if (target * 100 * 10**n).denominator == 1:
            return max(n + 1, 2)
    return 6


def attainment(line: SloReport) -> str:
    return percent(line.attainment, places(line.target))


def target(line: SloReport) -> str:
    return percent(line.target, places(line.target))


def trend(line: SloReport) -> str:
    """Percentage points against the window before, toward zero; `` when there is nothing to compare."""
    if line.trend is None:
        return ""
    if line.trend == 0:
        return "unchanged"
    n = int(abs(line.trend) * 100 * 10 ** places(line.target))
    size = _decimal(n, places(line.target)) if n else f"< {_decimal(1, places(line.target))}"
    return f"{'+' if line.trend > 0 else '-'}{size} points"


def compared(report: Report) -> bool:
    """Whether any SLO has a window before to be compared with."""
    return any(line.trend is not None for line in report.slos)


def rate(burn: Fraction | None) -> str:
    """A burn rate to two decimals, up, so that 14.4001 is more than 14.4; 0 only when nothing burnt."""
    if burn is None:
        return NONE
    if 0 < burn < Fraction(1, 100):
        return "< 0.01x"
    return f"{_decimal(ceil(burn * 100), 2)}x"


def count(value: Fraction) -> str:
    """`1,234`, `0.5`; to one decimal, up, where it is no whole number."""
    return _decimal(ceil(value * 10), 1)


def amount(value: Fraction | None, unit: Unit) -> str:
    """A budget, or what was spent of it, in the SLO's unit (rounded up)."""
    if value is None:
        return NONE
    if unit == "share":
        return percent_spent(value)
    if unit == "minutes":
        return duration(ceil(value * 60))
    return f"{count(value)} {'event' if value == 1 else 'events'}"


def left(line: SloReport) -> str:
    """What is left of the budget, in the SLO's unit (rounded down)."""
    if line.budget_total is None or line.budget_spent is None:
        return NONE
    value = line.budget_total - line.budget_spent
    if line.unit == "share":
        return percent(value)
    if line.unit == "minutes":
        return duration(floor(value * 60))
    tenths = floor(value * 10)
    return "< 0.1 events" if value > 0 == tenths else f"{_decimal(tenths, 1)} events"


def balance(line: SloReport) -> str:
    """`3 events left of 4 events`, or how much more was spent than the budget allows."""
    if line.budget_total is None or line.budget_spent is None:
        return NONE
    over = line.budget_spent - line.budget_total
    total = amount(line.budget_total, line.unit)
    if over <= 0:
        return f"{left(line)} left of {total}"
    more = count(over) if line.unit == "events" else amount(over, line.unit)
    return f"{more} more than the {total} allowed"


def full_window(line: SloReport) -> str:
    """The budget against the whole window, where only a part of it has data; else empty."""
    share = line.spent_of_full_window
    if share is None or line.budget_total is None:
        return ""
    has = f"only {percent(line.seen)} of it has data"
    spent = f"{percent_spent(share)} is spent"
    whole = f"the whole {window(line.period)} window"
    if line.unit == "share":
        return f"of the budget of {whole} {spent}; {has}"
    allowed = amount(line.budget_total / line.seen, line.unit)
    return f"at this traffic {whole} would allow {allowed}, of which {spent}; {has}"


def fired(one: Fired, zone: str = "UTC") -> str:
    """`page: 22:01 to 22:40 (39 min)`, `ticket: since 22:04 (still firing)`; its day is told beside."""
    begins = datetime.fromtimestamp(one.start, ZoneInfo(zone))
    if one.end is None:
        return f"{one.severity}: since {begins:%H:%M} (still firing)"
    ends = datetime.fromtimestamp(one.end, ZoneInfo(zone))
    form = "%H:%M" if ends.date() == begins.date() else "%Y-%m-%d %H:%M"
    return f"{one.severity}: {begins:%H:%M} to {ends:{form}} ({duration(one.end - one.start)})"


def told(report: Report) -> str:
    """Pages and tickets: a week's, where a week was watched, else how many in what time; or empty."""
    if report.pages is None or report.tickets is None:
        return ""
    weekly = report.per_week(report.pages), report.per_week(report.tickets)
    if weekly[0] is not None and weekly[1] is not None:
        both = f"{_counted(weekly[0], 'page')} and {_counted(weekly[1], 'ticket')} a week"
    else:
        some = _counted(Fraction(report.pages), "page"), _counted(Fraction(report.tickets), "ticket")
        both = " and ".join(some)
        both += f" in {duration(report.watched)} of data" if report.watched else ", and no data"
    back = sum(alarm.held for alarm in report.alarms)
    return both + (f"; {back} more {'was' if back == 1 else 'were'} held back" if back else "")


def firings(alarm: AlarmCount) -> str:
    """`3`, or `3 (1 held back)`."""
    return f"{alarm.fired} ({alarm.held} held back)" if alarm.held else str(alarm.fired)


def _counted(number: Fraction, noun: str) -> str:
    return f"{count(number)} {noun if number == 1 else noun + 's'}"


def duration(seconds: int) -> str:
    """The two largest units: `3 d 4 h`, `5 min`, `42 s`."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    parts: list[tuple[int, str]] = []
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")):
        whole, seconds = divmod(seconds, size)
        parts.append((whole, unit))
    first = next((i for i, (n, _) in enumerate(parts) if n), 3)
    shown = [f"{n} {unit}" for n, unit in parts[first : first + 2] if n]
    return " ".join(shown) or "0 s"


def budget(left: Fraction) -> str:
    """What is left of a budget, in words."""
    if left > 0:
        return f"{percent(left)} of the budget is left"
    return f"the budget is overspent by {percent_spent(-left)}" if left < 0 else "the budget is spent"


def exhaustion(line: SloReport) -> str:
    """When the budget ends at the rate of the last 6 hours."""
    if line.budget_left_ratio is None:
        return NONE
    if line.budget_left_ratio <= 0:
        return "spent"
    if line.exhausts_in is None:
        return "not at this rate" if line.period.closes is None else "not within this window"
    if line.exhausts_in > line.period.seconds:
        return f"not within {duration(line.period.seconds)}"
    return f"in {duration(line.exhausts_in)}"


def moment(seconds: int, zone: str = "UTC") -> str:
    """`2026-03-01 04:00 UTC`."""
    return f"{datetime.fromtimestamp(seconds, ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def window(period: Period) -> str:
    """`30d`, `quarter`."""
    return {"1w": "week", "1M": "month", "1Q": "quarter", "1Y": "year"}.get(period.text, period.text)


def day(seconds: int, zone: str = "UTC") -> str:
    return f"{datetime.fromtimestamp(seconds, ZoneInfo(zone)):%a %Y-%m-%d}"


def worst_days(line: SloReport) -> str:
    """`Tue 2026-11-24 (12.3 %), ...`: three at most; empty where nothing was bad."""
    days = (f"{day(b.start, line.period.zone)} ({percent_spent(b.spent_share)})" for b in line.worst_days[:3])
    return ", ".join(days)


def worst_hours(line: SloReport) -> str:
    """`2026-11-24 15:00 UTC (12.3 %), ...`: three at most."""
    zone = line.period.zone
    hours = (f"{moment(b.start, zone)} ({percent_spent(b.spent_share)})" for b in line.worst_hours[:3])
    return ", ".join(hours)


def verdict(line: SloReport) -> str:
    """One sentence about an SLO."""
    if line.unavailable:
        return f"could not be asked for: {line.unavailable}"
    if line.state == "no_data":
        return "no data: nothing can be said"
    words = budget(line.budget_left_ratio or Fraction(0))
    if line.by_whole_window:
        whole = f"over the whole {window(line.period)}"
        return (
            f"{WORDS[line.state]}: {attainment(line)} so far, of a target of {target(line)} {whole}; {words}"
        )
    return f"{WORDS[line.state]}: {attainment(line)} of a target of {target(line)}; {words}"
