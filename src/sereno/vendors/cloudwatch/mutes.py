"""Alarm mute rules: from the mute windows of routes, and those a person lays at 3 a.m. Pure.

A mute rule silences an alarm's actions, all of them, while a schedule holds; the alarm's state
goes on. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.language import names, routes
from sereno.language.model import DAY, HOUR, MINUTE, Mute, System
from sereno.language.problem import Problem, Span
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import burn, faults, parts
from sereno.vendors.subjects import speakers

TARGETS = 100  # the most alarms of one rule
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
    rules = [rule for mute, addresses in targets.items() for rule in _rules(system, mute, addresses, where)]
    return tuple(rules), tuple(problems)


def _rules(system: System, mute: Mute, addresses: Sequence[str], where: Span) -> Iterator[Resource]:
    for n, first in enumerate(range(0, len(addresses), TARGETS), 1):
        address = names.mute(mute.name) if n == 1 else f"{names.mute(mute.name)}/{n}"
        muted = sorted(names.live(system, a) for a in addresses[first : first + TARGETS])
        schedule = {"Expression": cron(mute), "Duration": length(_seconds(mute)), "Timezone": mute.zone}
        said = f"{mute.start} to {mute.end}, {mute.zone}. Declared by the routes of {system.project}."
        body = {
            "Name": names.live(system, address),
            "Description": f"{mute.name}: {said}",
            "Rule": {"Schedule": schedule},
            "MuteTargets": {"AlarmNames": muted},
            "Tags": parts.tags(system, address, {}),
        }
        yield Resource("mute-rule", address, body, where)


def cron(mute: Mute) -> str:
    """`cron(minute hour day month weekday)`; every day is `*`."""
    hour, minute = (int(part) for part in mute.start.split(":"))
    days = (
        "*" if len(set(mute.days)) == len(_DAYS) else ",".join(_DAYS[day] for day in sorted(set(mute.days)))
    )
    return f"cron({minute} {hour} * * {days})"


def _seconds(mute: Mute) -> int:
    """Its length; one that ends when it starts lasts a day."""
    start, end = (int(text[:2]) * HOUR + int(text[3:5]) * MINUTE for text in (mute.start, mute.end))
    return (end - start) % DAY or DAY


def length(seconds: int) -> str:
    """ISO 8601, in days, hours and minutes: `P1D`, `PT9H30M`."""
    days, rest = divmod(seconds, DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    day = f"{days}D" if days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return f"P{day}{'T' if time else ''}{time}"


def by_hand(
    system: System, name: str, addresses: Sequence[str], seconds: int, reason: str, now: datetime
) -> Mapping[str, Any]:
    """The rule a person lays: from the next minute on (UTC), for so long, and gone by itself after it."""
    begins = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    ends = begins + timedelta(seconds=seconds)
    schedule = {"Expression": f"at({begins:%Y-%m-%dT%H:%M})", "Duration": length(seconds), "Timezone": "UTC"}
    return {
        "Name": names.live(system, names.mute_by_hand(name)),
        "Description": parts.description(
            reason, [("Alert", name.replace(".", "/")), ("Until", f"{ends:%Y-%m-%dT%H:%MZ}")]
        ),
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": [names.live(system, address) for address in addresses]},
        "ExpireDate": ends,
        "Tags": [
            {"Key": names.TAG_ENVIRONMENT, "Value": system.environment.name},
            {"Key": names.TAG_PROJECT, "Value": system.project},
        ],
    }
