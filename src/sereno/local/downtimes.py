"""Whether Datadog's downtimes, or a monitor's own mute, silence a monitor at a moment. Pure.

A downtime that recurs goes by the metric clock, as the monitors do; one with an end was laid by a person,
who reads the wall clock. https://docs.datadoghq.com/api/latest/downtimes/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # the SDKs bring it

from sereno.engine.payload import Body
from sereno.vendors.datadog.reading import OVER

Downtime = Mapping[str, Any]  # the attributes that the API answers
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def by_itself(body: Body, wall: float) -> bool:
    """Whether the monitor's own option mutes it: `*` until a time, or until somebody ends it."""
    silenced = (body.get("options") or {}).get("silenced") or {}
    return "*" in silenced and (silenced["*"] is None or wall < float(silenced["*"]))


def silenced(downtimes: Iterable[Downtime], body: Body, *, metric: float, wall: float) -> bool:
    """Whether a downtime holds for the monitor now, on its clock (epoch seconds). `body` has the `id`."""
    return any(_meant(each, body) and _active(each, metric, wall) for each in downtimes)


def _meant(downtime: Downtime, body: Body) -> bool:
    """Its identifier and its scope: all of the tags they name must be the monitor's."""
    which, tags = downtime["monitor_identifier"], {"*", *body.get("tags", ())}
    if "monitor_id" in which and str(which["monitor_id"]) != str(body.get("id")):
        return False
    scope = str(downtime.get("scope") or "*").replace(",", " ").replace(" AND ", " ").split()
    return {*which.get("monitor_tags", ()), *scope} <= tags


def _active(downtime: Downtime, metric: float, wall: float) -> bool:
    if downtime.get("status") in OVER:
        return False
    schedule = downtime.get("schedule") or {}
    if "recurrences" in schedule:
        zone = ZoneInfo(schedule.get("timezone") or "UTC")
        now = datetime.fromtimestamp(metric, zone)
        made = _time(downtime.get("created")) or datetime.fromtimestamp(wall, UTC)
        laid = f"{made.astimezone(zone):%Y-%m-%dT%H:%M}"
        return any(_recurs(each, each.get("start") or laid, now) for each in schedule["recurrences"])
    now = datetime.fromtimestamp(wall, UTC)
    start, end = (_time(schedule.get(name)) for name in ("start", "end"))
    return (start is None or start <= now) and (end is None or now < end)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _recurs(recurrence: Mapping[str, str], first: str, now: datetime) -> bool:
    """Whether it last began, by the clock of its zone, less than its duration ago."""
    rule = rrulestr(recurrence["rrule"], dtstart=datetime.fromisoformat(first), ignoretz=True)
    last: datetime | None = rule.before(now.replace(tzinfo=None), inc=True)
    if last is None:
        return False
    return now < last.replace(tzinfo=now.tzinfo).astimezone(UTC) + _length(recurrence["duration"])


def _length(text: str) -> timedelta:
    """`90m`, `9h`, `1d`, `2w`."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
