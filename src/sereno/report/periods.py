"""Which time a report is about: an SLO's window at a moment, and the one before it.

A rolling window is [at - W, at). A calendar window is the period the last second before `at` lies
in, up to `at`: a report at midnight on the first is about the month that just ended.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from sereno.language.durations import OPENSLO_UNITS as UNITS
from sereno.language.durations import shorthand
from sereno.language.model import HOUR, Window
from sereno.report.model import Period
from sereno.report.series import Times

_MONTHS: Final = {"M": 1, "Q": 3, "Y": 12}
_NAMED: Final = {"week": "1w", "month": "1M", "quarter": "1Q", "year": "1Y"}
# A Monday that opens a week, a month, a quarter and a year.
_ANCHOR: Final = "2024-01-01 00:00:00"


def parse_window(text: str, zone: str = "UTC") -> Window | None:
    """`30d`, `12h`, `4w` roll; `week`, `month`, `quarter`, `year` follow the calendar. None: neither."""
    if text in _NAMED:
        unit = _NAMED[text][-1]
        return Window(seconds=UNITS[unit], text=_NAMED[text], rolling=False, start=_ANCHOR, zone=zone)
    seconds = shorthand(text)
    return Window(seconds=seconds, text=text) if seconds and text[-1] in "mhdw" else None


def periods(window: Window, at: int) -> tuple[Period, Period]:
    """The window at that moment and the one before it, to compare with."""
    if window.rolling:
        size = window.seconds
        return Period(at - size, at, window.text), Period(at - 2 * size, at - size, window.text)
    zone = window.zone or "UTC"
    last, start, closes = _calendar(window, zone, at - 1)
    return Period(start, at, window.text, zone, closes), Period(last, start, window.text, zone, start)


def _calendar(window: Window, zone: str, moment: int) -> tuple[int, int, int]:
    """Starts of the period before, of the one the moment lies in, and of the next."""
    number, unit = int(window.text[:-1]), window.text[-1]
    first = datetime.fromisoformat(window.start or _ANCHOR)
    local = datetime.fromtimestamp(moment, ZoneInfo(zone)).replace(tzinfo=None)
    index = _index(first, local, number, unit)
    while _instant(_step(first, index * number, unit), zone) > moment:
        index -= 1
    before, start, closes = (
        _instant(_step(first, n * number, unit), zone) for n in (index - 1, index, index + 1)
    )
    return before, start, closes


def _index(first: datetime, local: datetime, number: int, unit: str) -> int:
    """Which period a local time lies in, never too small."""
    if unit in _MONTHS:
        months = (local.year - first.year) * 12 + local.month - first.month
        return months // (_MONTHS[unit] * number)
    return int((local - first).total_seconds() // (UNITS[unit] * number)) + 1


def _step(first: datetime, count: int, unit: str) -> datetime:
    """The local start, `count` units on; a day the month lacks is its last one."""
    if unit not in _MONTHS:
        return first + timedelta(seconds=count * UNITS[unit])
    month = first.month - 1 + count * _MONTHS[unit]
    year, month = first.year + month // 12, month % 12 + 1
    return first.replace(year=year, month=month, day=min(first.day, _days(year, month)))


def _days(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return (following - timedelta(days=1)).day


def _instant(local: datetime, zone: str) -> int:
    return int(local.replace(tzinfo=ZoneInfo(zone)).timestamp())


@cache
def days(period: Period) -> Times:
    """Edges of the local days of a period, its own ends included."""
    zone = ZoneInfo(period.zone)
    edges, day = [period.start], datetime.fromtimestamp(period.start, zone)
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    while (edge := _instant(midnight + timedelta(days=1), period.zone)) < period.end:
        midnight += timedelta(days=1)
        edges.append(edge)
    return np.array([*edges, period.end] if period.end > period.start else edges, dtype=np.int64)


@cache
def hours(period: Period) -> Times:
    """Edges of the full hours of a period, its own ends included."""
    inner = np.arange(period.start - period.start % HOUR + HOUR, period.end, HOUR)
    return np.concatenate(([period.start], inner, [period.end]))
