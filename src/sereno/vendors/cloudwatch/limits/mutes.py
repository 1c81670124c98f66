"""Alarm mute rules: the schedule, its duration and its zone.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.vendors.cloudwatch.limits.alarms import known_zone
from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.mutes import lasting

Body = Mapping[str, Any]
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
_RANGES = ((0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, _MONTHS), (0, 7, _DAYS))
MINUTE, LONGEST = 60, 15 * 86_400


def _schedule(body: Body) -> Body:
    found: Body = body.get("Rule", {}).get("Schedule", {})
    return found


def mute_schedule(body: Body) -> Iterator[Fault]:
    """A mute begins once, `at(yyyy-MM-ddThh:mm)`, or recurs, `cron(minute hour day month weekday)`.

    Breaks: `cron(0 25 * * *)`, `rate(1 hour)`, `at(2026-13-01T00:00)`
    Keeps: `cron(0 2 * * SUN)`, `at(2026-05-10T14:00)`
    """
    said = _schedule(body).get("Expression")
    if said is None:
        return
    if match := re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)", said):
        try:
            datetime.fromisoformat(match[1])
        except ValueError:
            yield Fault(f"{said} is no time", "write at(yyyy-MM-ddThh:mm)")
    elif match := re.fullmatch(r"cron\(([^()]*)\)", said):
        if not _cron(match[1].split()):
            yield Fault(f"{said} is no schedule of five fields", "write cron(minute hour day month weekday)")
    else:
        yield Fault(f"{said!r} is no schedule", "write cron(0 2 * * SUN) or at(2026-05-10T14:00)")


def _cron(fields: list[str]) -> bool:
    return len(fields) == 5 and all(
        all(_part(part, *bounds) for part in field.split(","))
        for field, bounds in zip(fields, _RANGES, strict=True)
    )


def _part(part: str, least: int, most: int, names: str) -> bool:
    """`*`, a number, a name, or a span of two."""
    if part == "*":
        return True
    ends = part.split("-")
    return len(ends) <= 2 and all(
        (end.isdigit() and least <= int(end) <= most)
        or (bool(names) and re.fullmatch(names, end.upper()) is not None)
        for end in ends
    )


def mute_duration(body: Body) -> Iterator[Fault]:
    """A mute lasts from a minute (`PT1M`) to 15 days (`P15D`).

    Breaks: `2h`, `PT0M`, `P16D`
    Keeps: `PT2H`, `P2DT12H`
    """
    said = _schedule(body).get("Duration")
    if said is None:
        return
    lasts = lasting(said)
    if lasts is None:
        yield Fault(f"{said!r} is no duration", "write PT2H, or P2DT12H")
    elif not MINUTE <= lasts <= LONGEST:
        yield Fault(f"a mute of {said} is not possible", "write PT1M to P15D")


def mute_zone(body: Body) -> Iterator[Fault]:
    """The zone of a schedule is an IANA name.

    Breaks: `"Timezone": "CEST"`
    Keeps: `"Timezone": "Europe/Berlin"`
    """
    zone = _schedule(body).get("Timezone")
    if zone is not None and not known_zone(zone):
        yield Fault(f"`{zone}` is no time zone", "write an IANA name such as Europe/Berlin")


def mute_dates(body: Body) -> Iterator[Fault]:
    """What comes once, `at(...)`, begins and ends by itself: only what recurs has a first and a last date.

    CloudWatch says: "Can not set start or expire dates for At expressions"
    (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_alarm_mute_rule).

    Breaks: `at(2026-05-10T14:00)` with `ExpireDate`; an `ExpireDate` before the `StartDate`
    Keeps: `at(2026-05-10T14:00)` alone; `cron(0 2 * * SUN)` with both
    """
    dates = [name for name in ("StartDate", "ExpireDate") if body.get(name)]
    if dates and str(_schedule(body).get("Expression", "")).startswith("at("):
        said = " and ".join(f"`{name}`" for name in dates)
        yield Fault(f"a mute that comes once has no {said}", "leave it out, or write cron(...)", at=dates[0])
    elif len(dates) == 2 and not _moment(body["StartDate"]) < _moment(body["ExpireDate"]):
        yield Fault("`ExpireDate` is not after `StartDate`", "write a later one", at="ExpireDate")


def _moment(value: Any) -> float:
    """Epoch seconds, of a time that has the right shape; in UTC where it says no offset."""
    if isinstance(value, int | float):
        return float(value)
    said = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()


def mute_nothing(body: Body) -> Iterator[Fault]:
    """A rule without targets mutes nothing.

    Breaks: no `MuteTargets`
    Keeps: `"MuteTargets": {"AlarmNames": ["orders-failing"]}`
    """
    if not body.get("MuteTargets", {}).get("AlarmNames"):
        yield Fault("the rule names no alarm, so it mutes none", "name them in `MuteTargets`", "warning")


RULES = (mute_schedule, mute_duration, mute_zone, mute_dates, mute_nothing)


def mute_target(bodies: Sequence[Body], alarms: Iterable[str]) -> Iterator[tuple[str, Fault]]:
    """A target is an alarm's name as it is written, in capitals and small letters too.

    Breaks: `"AlarmNames": ["Orders-failing"]` beside the alarm `orders-failing`
    Keeps: `"AlarmNames": ["orders-failing"]`
    """
    there = set(alarms)
    folded = {name.strip().casefold(): name for name in sorted(there)}
    for body in bodies:
        for target in body.get("MuteTargets", {}).get("AlarmNames", ()):
            meant = folded.get(target.strip().casefold())
            if target not in there and meant:
                said = f"the rule names `{target}`, and the alarm here is `{meant}`"
                yield str(body.get("Name")), Fault(said, f"write `{meant}`", "warning")
