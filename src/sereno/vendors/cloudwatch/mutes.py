"""Alarm mute rules: from the mute windows of routes, and those a person lays at 3 a.m. Pure.

A mute rule silences an alarm's actions, all of them, while a schedule holds; the alarm's state
goes on. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from sereno.language import names, routes
from sereno.language.model import DAY, HOUR, MINUTE, Mute, System
from sereno.language.problem import Problem, Span
from sereno.vendors import nights
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import burn, faults, parts
from sereno.vendors.subjects import speakers

TARGETS = 100  # the most alarms of one rule
_ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)")
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?)?", re.ASCII)
_SIZES = (7 * DAY, DAY, HOUR, MINUTE)
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def compile_mutes(system: System, compiled: frozenset[str]) -> burn.Compiled:
    """A rule for each mute window and hundred alarms; one that would mute too much is a problem."""
    targets: dict[Mute, list[str]] = {}
    problems: list[Problem] = []
    for speaker in speakers(system):
        if speaker.address not in compiled:
            continue
        chosen = routes.chosen(system, speaker.labels)
        for mute in dict.fromkeys(mute for route in chosen for mute in route.mutes):
            if speaker.named or not all(mute in route.mutes for route in chosen):
                problems.append(faults.mute_partial(speaker.where, speaker.address, mute.name))
            else:
                targets.setdefault(mute, []).append(speaker.address)
    where = system.routes.where if system.routes else Span("")
    problems += [faults.mute_clock_change(where, mute, why) for mute in targets if (why := nights.late(mute))]
    rules = [rule for mute, addresses in targets.items() for rule in _rules(system, mute, addresses, where)]
    return tuple(rules), tuple(problems)


def _rules(system: System, mute: Mute, addresses: Sequence[str], where: Span) -> Iterator[Resource]:
    hundreds = [addresses[first : first + TARGETS] for first in range(0, len(addresses), TARGETS)]
    for n, (piece, some) in enumerate(product(nights.pieces(mute), hundreds), 1):
        address = names.mute(mute.name) if n == 1 else f"{names.mute(mute.name)}/{n}"
        schedule = {"Expression": cron(piece), "Duration": length(piece.length), "Timezone": mute.zone}
        said = f"{mute.start} to {mute.end}, {mute.zone}. Declared by the routes of {system.project}."
        body = {
            "Name": names.live(system, address),
            "Description": f"{mute.name}: {said}",
            "Rule": {"Schedule": schedule},
            "MuteTargets": {"AlarmNames": sorted(names.live(system, address) for address in some)},
            "Tags": parts.tags(system, address, {}),
        }
        yield Resource("mute-rule", address, body, where)


def cron(piece: nights.Piece) -> str:
    """`cron(minute hour day month weekday)`; every day is `*`."""
    hour, minute = divmod(piece.start // MINUTE, 60)
    every = len(piece.days) == len(_DAYS)
    days = "*" if every else ",".join(_DAYS[day] for day in sorted(piece.days))
    return f"cron({minute} {hour} * * {days})"


def length(seconds: int) -> str:
    """ISO 8601, in days, hours and minutes: `P1D`, `PT9H30M`."""
    days, rest = divmod(seconds, DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    day = f"{days}D" if days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return f"P{day}{'T' if time else ''}{time}"


def lasting(text: str) -> int | None:
    """Of an ISO 8601 duration in weeks, days, hours and minutes; None for what is none."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    return sum(int(group or 0) * size for group, size in zip(match.groups(), _SIZES, strict=True))


def by_hand(
    system: System, name: str, addresses: Sequence[str], seconds: int, reason: str, now: datetime
) -> Mapping[str, Any]:
    """The rule a person lays: from the next minute on (UTC), for so long. That it comes once ends it.

    An `at(...)` takes no `ExpireDate`: "Can not set start or expire dates for At expressions"
    (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_alarm_mute_rule).
    """
    begins = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    until = begins + timedelta(seconds=seconds)
    schedule = {"Expression": f"at({begins:%Y-%m-%dT%H:%M})", "Duration": length(seconds), "Timezone": "UTC"}
    return {
        "Name": names.live(system, names.mute_by_hand(name)),
        "Description": parts.description(
            reason, [("Alert", name.replace(".", "/")), ("Until", f"{until:%Y-%m-%dT%H:%MZ}")]
        ),
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": [names.live(system, address) for address in addresses]},
        "Tags": [
            {"Key": names.TAG_ENVIRONMENT, "Value": system.environment.name},
            {"Key": names.TAG_PROJECT, "Value": system.project},
        ],
    }


def ends(rule: Mapping[str, Any]) -> datetime | None:
    """When a rule that comes once is over, in UTC; None for one that comes again."""
    schedule = rule.get("Rule", {}).get("Schedule", {})
    once, lasts = _ONCE.fullmatch(schedule.get("Expression", "")), lasting(schedule.get("Duration", ""))
    if once is None or lasts is None:
        return None
    begins = datetime.fromisoformat(once[1]).replace(tzinfo=ZoneInfo(schedule.get("Timezone") or "UTC"))
    return begins.astimezone(UTC) + timedelta(seconds=lasts)
