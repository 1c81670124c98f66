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
from sereno.report.model import Period, SloReport, State, Unit

NONE = "no data"
WORDS: dict[State, str] = {"met": "met", "at_risk": "at risk", "breached": "breached", "no_data": "no data"}


def percent(share: Fraction | None, places: int = 1) -> str:
    """A good share, rounded down: 0.99999 is `99.9 %`, 0.00001 `< 0.1 %`, -0.00001 `-0.1 %`."""
    if share is None:
        return NONE
    whole = floor(share * 100 * 10**places)
    if whole == 0 and share > 0:
        return f"< {_decimal(1, places)} %"
    return f"{_decimal(whole, places)} %"


def percent_spent(share: Fraction | None, places: int = 1) -> str:
    """A bad share, rounded up; just below all of it is `> 99.9 %`."""
    if share is None:
        return NONE
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


def rate(burn: Fraction | None) -> str:
    """A burn rate to two decimals; 0 only when nothing burnt."""
    if burn is None:
        return NONE
    if 0 < burn < Fraction(1, 100):
        return "< 0.01x"
    return f"{_decimal(round(burn * 100), 2)}x"


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
    return f"{_decimal(floor(value * 10), 1)} events"


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
        return "not at this rate"
    if line.exhausts_in > line.period.seconds:
        return f"> {duration(line.period.seconds)}"
    return f"in {duration(line.exhausts_in)}"


def moment(seconds: int, zone: str = "UTC") -> str:
    """`2026-03-01 04:00 UTC`."""
    return f"{datetime.fromtimestamp(seconds, ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def window(period: Period) -> str:
    """`30d`, `quarter`."""
    return {"1w": "week", "1M": "month", "1Q": "quarter", "1Y": "year"}.get(period.text, period.text)


def day(seconds: int, zone: str = "UTC") -> str:
    return f"{datetime.fromtimestamp(seconds, ZoneInfo(zone)):%a %Y-%m-%d}"


def verdict(line: SloReport) -> str:
    """One sentence about an SLO."""
    if line.unavailable:
        return f"could not be asked for: {line.unavailable}"
    if line.state == "no_data":
        return "no data: nothing can be said"
    words = budget(line.budget_left_ratio or Fraction(0))
    return f"{WORDS[line.state]}: {attainment(line)} of a target of {target(line)}; {words}"
