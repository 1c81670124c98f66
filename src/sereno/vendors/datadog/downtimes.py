"""Downtimes: from the mute windows of routes, and those a person lays at 3 a.m. Pure.

A downtime silences the monitors that bear all of its tags; their states go on. So every monitor that a
mute window holds for bears `sereno_mute:NAME`, and one downtime finds them all. Datadog refuses a start in
the past, so a body says the time of day alone (`T22:00`), and `live.py` sends the next day on which it comes.
https://docs.datadoghq.com/api/latest/downtimes/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.language import names, routes
from sereno.language.model import DAY, HOUR, MINUTE, Mute, System
from sereno.language.problem import Problem, Span
from sereno.vendors import nights
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import faults, parts
from sereno.vendors.subjects import speakers

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def compile_mutes(system: System, resources: Sequence[Resource]) -> parts.Compiled:
    """The resources with the tags of the mutes that hold for them, then a downtime for each mute window."""
    compiled = {resource.address for resource in resources}
    muted: dict[Mute, dict[str, None]] = {}
    problems: list[Problem] = []
    for speaker in speakers(system):
        if speaker.address not in compiled:
            continue
        chosen = routes.chosen(system, speaker.labels)
        for mute in dict.fromkeys(mute for route in chosen for mute in route.mutes):
            if speaker.named or not all(mute in route.mutes for route in chosen):
                problems.append(faults.mute_partial(speaker.where, speaker.address, mute.name))
            else:
                muted.setdefault(mute, {})[speaker.address] = None
    where = system.routes.where if system.routes else Span("")
    problems += [faults.mute_clock_change(where, mute, why) for mute in muted if (why := nights.late(mute))]
    found = [_tagged(resource, muted) for resource in resources]
    return (*found, *(_downtime(system, mute, where) for mute in muted)), tuple(problems)


def _tagged(resource: Resource, muted: dict[Mute, dict[str, None]]) -> Resource:
    more = [_tag(mute) for mute, addresses in muted.items() if resource.address in addresses]
    if not more:
        return resource
    return replace(resource, body={**resource.body, "tags": sorted([*resource.body["tags"], *more])})


def _tag(mute: Mute) -> str:
    return parts.tag(parts.TAG_MUTE, mute.name)


def _ours(system: System) -> list[str]:
    return [
        parts.tag(parts.TAG_ENVIRONMENT, system.environment.name),
        parts.tag(parts.TAG_PROJECT, system.project),
    ]


def _downtime(system: System, mute: Mute, where: Span) -> Resource:
    address = names.mute(mute.name)
    said = (
        f"{mute.name}: {mute.start} to {mute.end}, {mute.zone}. Declared by the routes of {system.project}."
    )
    pieces = nights.pieces(mute)
    body = {
        "message": f"{said}\n{parts.mark(system, address)}",
        "monitor_identifier": {"monitor_tags": sorted([*_ours(system), _tag(mute)])},
        "scope": "*",
        "schedule": {"recurrences": [_recurrence(piece) for piece in pieces], "timezone": mute.zone},
        "display_timezone": mute.zone,
    }
    return Resource("downtime", address, body, where)


def _recurrence(piece: nights.Piece) -> dict[str, str]:
    hour, minute = divmod(piece.start // MINUTE, 60)
    return {
        "rrule": rule(piece.days),
        "duration": length(piece.length),
        "start": f"T{hour:02}:{minute:02}",
    }


def rule(days: Sequence[int]) -> str:
    """`FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU`; every day is daily."""
    if len(days) == len(_DAYS):
        return "FREQ=DAILY;INTERVAL=1"
    return f"FREQ=WEEKLY;INTERVAL=1;BYDAY={','.join(_DAYS[day] for day in sorted(days))}"


def length(seconds: int) -> str:
    """`9h`, `570m`, `1d`."""
    for size, unit in ((DAY, "d"), (HOUR, "h")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds // MINUTE}m"


def begun(schedule: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The schedule with the first moment from now on at which each recurrence may begin."""
    if "recurrences" not in schedule:
        return schedule
    local = now.astimezone(ZoneInfo(schedule["timezone"]))
    found = [{**each, "start": _next(each, local)} for each in schedule["recurrences"]]
    return {**schedule, "recurrences": found}


def _next(recurrence: dict[str, Any], local: datetime) -> str:
    time = recurrence["start"].partition("T")[2]
    days = [_DAYS.index(day) for day in recurrence["rrule"].partition("BYDAY=")[2].split(",") if day]
    first: date = local.date()
    for ahead in range(8):
        day = first + timedelta(days=ahead)
        later = ahead > 0 or time > f"{local:%H:%M}"
        if later and (not days or day.weekday() in days):
            return f"{day.isoformat()}T{time}"
    raise AssertionError("a week has every day of the week")


def by_hand(
    system: System, reference: str, address: str, seconds: int, reason: str, now: datetime
) -> dict[str, Any]:
    """The downtime a person lays on one alert: from now on, for so long, and gone by itself after it.

    Datadog tells whoever is named in its message, so the reason names nobody.
    """
    ends = now.replace(microsecond=0) + timedelta(seconds=seconds)
    return {
        "message": f"{parts.plain(reason)}\n{parts.mark(system, names.mute_by_hand(reference))}",
        "monitor_identifier": {
            "monitor_tags": sorted([*_ours(system), parts.tag(parts.TAG_ADDRESS, address)])
        },
        "scope": "*",
        "schedule": {"start": None, "end": ends.isoformat()},
    }
