"""Whether CloudWatch's alarm mute rules silence an alarm at a moment. Pure.

`at(...)` rules are laid by a person, who reads the wall clock; `cron(...)` rules belong to the
alarms and go by the metric clock. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.local.vendor import Rule
from sereno.vendors.cloudwatch.mutes import ends, lasting

_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+)\)")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def silenced(rules: Iterable[Rule], alarm: str, *, metric: float, wall: float) -> bool:
    """Whether a rule mutes the alarm's actions now, on its clock (epoch seconds)."""
    return any(_targets(rule, alarm) and active(rule, metric=metric, wall=wall) for rule in rules)


def _targets(rule: Rule, alarm: str) -> bool:
    return alarm in rule.get("MuteTargets", {}).get("AlarmNames", ())


def active(rule: Rule, *, metric: float, wall: float) -> bool:
    """Whether it mutes now, on its clock (epoch seconds)."""
    schedule = rule["Rule"]["Schedule"]
    zone = ZoneInfo(schedule.get("Timezone") or "UTC")
    length = timedelta(seconds=lasting(schedule["Duration"]) or 0)
    over, again = ends(rule), _CRON.fullmatch(schedule["Expression"])
    if over:
        return over - length <= datetime.fromtimestamp(wall, UTC) < over
    now = datetime.fromtimestamp(metric, UTC)
    return again is not None and _within(rule, now) and _began(again.groups(), now.astimezone(zone), length)


def _within(rule: Rule, now: datetime) -> bool:
    start, expire = rule.get("StartDate"), rule.get("ExpireDate")
    return (start is None or start <= now) and (expire is None or now < expire)


def _began(fields: Iterable[str], now: datetime, length: timedelta) -> bool:
    """Whether the schedule came true less than `length` ago."""
    minute, hour, day, month, weekday = fields
    minutes, hours = _numbers(minute, 0, 59), _numbers(hour, 0, 23)
    days, months = _numbers(day, 1, 31), _numbers(month, 1, 12, _MONTHS)
    weekdays = {n % 7 for n in _numbers(weekday, 0, 7, _DAYS)}
    any_day, any_weekday = day in "*?", weekday in "*?"
    for back in range(length.days + 2):
        date = (now - timedelta(days=back)).date()
        on_day, on_weekday = date.day in days, date.isoweekday() % 7 in weekdays
        # As in cron: where both are restricted, either will do.
        fits = (on_day and on_weekday) if any_day or any_weekday else (on_day or on_weekday)
        if date.month not in months or not fits:
            continue
        starts = (
            datetime(date.year, date.month, date.day, h, m, tzinfo=now.tzinfo).astimezone(UTC)
            for h in hours
            for m in minutes
        )
        # In UTC, since a length is one: in a night of change it is over at another hour of the clock.
        if any(start <= now < start + length for start in starts):
            return True
    return False


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    """`*`, `5`, `1-5`, `*/15`, `MON-FRI`, and lists of them."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if span in "*?" else _number(first, low, names)
        end = high if span in "*?" or (step and not last) else _number(last or first, low, names)
        found.update(range(begin, end + 1, int(step or 1)))
    return {n for n in found if low <= n <= high}


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    return names.index(text.upper()) + low if text.upper() in names else int(text)
