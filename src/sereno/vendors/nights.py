"""The nights in which clocks change, and what they make of a mute window. Pure.

Both vendors take a start by the clock of a zone and a length. So a window from 22:00 to 06:00 that begins
before clocks are put forward ends at 07:00, and the page of that hour is lost. Here such a window is two
that overlap: one that is shorter by that hour, and one that begins when the change is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sereno.language.model import DAY, HOUR, MINUTE, Mute

YEARS: Final = (2027, 2033)  # looked at, the last one not; the same for all, so that a build needs no clock
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Change:
    """The hours of the clock that are skipped (`forward`), or that come twice."""

    begins: datetime  # by the clock, without a zone
    ends: datetime
    forward: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A start by the clock, on these days, and a length in seconds."""

    days: tuple[int, ...]  # 0 = Monday
    start: int  # seconds of the day
    length: int


@dataclass(frozen=True, slots=True)
class Late:
    """Why no pieces say a window: it is over late on this day, or begins in an hour that is skipped."""

    day: date
    begins: str  # the hours of change
    ends: str
    free: str  # the earliest end after them
    inside: bool  # whether it begins in them


def pieces(mute: Mute) -> tuple[Piece, ...]:
    """What says the window on all nights: one piece, or two where it spans a change of clocks."""
    start, length = clock(mute.start), span(mute)
    whole = Piece(mute.days, start, length)
    touched = list(_touched(mute))
    skipped = max((change.ends - change.begins for _, change in touched if change.forward), default=None)
    if skipped is None or _late(touched, length):
        return (whole,)
    over = max(int((change.ends - begin).total_seconds()) for begin, change in touched)
    later, again = divmod(start + over, DAY)
    days = tuple(sorted({(day + later) % _WEEK for day in mute.days}))
    first = Piece(mute.days, start, length - int(skipped.total_seconds()))
    return first, Piece(days, again, length - over)


def late(mute: Mute) -> Late | None:
    """What of it cannot be said: that it begins in skipped hours, or ends less than those after them."""
    return _late(list(_touched(mute)), span(mute))


def told(mute: Mute, why: Late) -> tuple[str, str]:
    """It as a sentence, and the way out."""
    hours = f"the hours {why.begins} to {why.ends} that clocks skip in the night to {why.day} in {mute.zone}"
    said = (
        f"begins within {hours}, and when that is, nobody says"
        if why.inside
        else f"spans {hours}, and would hold an hour longer by the clock"
    )
    way_out = (
        f"begin it before {why.begins} or from {why.ends} on, and end it by {why.begins} or from"
        f" {why.free} on"
    )
    return f"the mute `{mute.name}` {said}", way_out


def _late(touched: list[tuple[datetime, Change]], length: int) -> Late | None:
    """The first night on which it is so. To begin or end within hours that come twice loses no page."""
    for begin, change in touched:
        skipped = change.ends - change.begins
        end = begin + timedelta(seconds=length)
        if change.forward and (begin >= change.begins or end < change.ends + skipped):
            first, last, free = (f"{at:%H:%M}" for at in (change.begins, change.ends, change.ends + skipped))
            return Late(change.ends.date(), first, last, free, begin >= change.begins)
    return None


def _touched(mute: Mute) -> Iterator[tuple[datetime, Change]]:
    """Each beginning of the window, by the clock, with the change that falls into it."""
    start, length = timedelta(seconds=clock(mute.start)), timedelta(seconds=span(mute))
    if mute.days == tuple(range(_WEEK)) and length == timedelta(days=1):
        return  # it never ends
    for change in changes(mute.zone):
        midnight = datetime.combine(change.begins, datetime.min.time())
        for begin in (midnight - timedelta(days=1) + start, midnight + start):
            if begin.weekday() in mute.days and begin < change.ends and begin + length > change.begins:
                yield begin, change


def clock(text: str) -> int:
    """Seconds of the day, of `HH:MM`."""
    return int(text[:2]) * HOUR + int(text[3:5]) * MINUTE


def span(mute: Mute) -> int:
    """Its length by the clock, in seconds; one that ends when it starts lasts a day."""
    return (clock(mute.end) - clock(mute.start)) % DAY or DAY


@lru_cache(maxsize=64)
def changes(zone: str) -> tuple[Change, ...]:
    """Of the years looked at, in order."""
    return tuple(_changes(ZoneInfo(zone)))


def _changes(zone: ZoneInfo) -> Iterator[Change]:
    day, last = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[1], 1, 1, tzinfo=UTC)
    offset = _offset(zone, day)
    while day < last:
        day += timedelta(days=1)
        was, offset = offset, _offset(zone, day)
        if was != offset:
            at = _moment(zone, day - timedelta(days=1), day, was).replace(tzinfo=None)
            yield Change(at + min(was, offset), at + max(was, offset), offset > was)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _moment(zone: ZoneInfo, before: datetime, after: datetime, was: timedelta) -> datetime:
    """The minute of the change."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // (2 * timedelta(minutes=1)) * timedelta(minutes=1)
        before, after = (middle, after) if _offset(zone, middle) == was else (before, middle)
    return after
