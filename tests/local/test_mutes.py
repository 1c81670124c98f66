"""When an alarm mute rule is active."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sereno.local.mutes import silenced


def _rule(expression: str, length: str = "PT2H", zone: str | None = None, **other: Any) -> dict[str, Any]:
    schedule = {"Expression": expression, "Duration": length} | ({"Timezone": zone} if zone else {})
    return {"Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": ["a", "b"]}, **other}


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


ELSEWHERE = _epoch("2020-02-02T02:02")


@pytest.mark.parametrize(
    ("expression", "length", "zone", "at", "active"),
    [
        # 2026-03-04 is a Wednesday
        ("cron(0 22 * * *)", "PT8H", None, "2026-03-04T21:59", False),
        ("cron(0 22 * * *)", "PT8H", None, "2026-03-04T22:00", True),
        ("cron(0 22 * * *)", "PT8H", None, "2026-03-05T05:59", True),
        ("cron(0 22 * * *)", "PT8H", None, "2026-03-05T06:00", False),
        ("cron(0 22 * * *)", "PT8H", "America/New_York", "2026-03-05T03:00", True),
        ("cron(0 22 * * *)", "PT8H", "America/New_York", "2026-03-04T22:00", False),
        ("cron(0 18 * * FRI)", "P2DT12H", None, "2026-03-09T05:59", True),
        ("cron(0 18 * * FRI)", "P2DT12H", None, "2026-03-09T06:00", False),
        ("cron(0 18 * * FRI)", "P2DT12H", None, "2026-03-06T17:00", False),
        ("cron(30 8-10 * * MON-FRI)", "PT5M", None, "2026-03-04T10:34", True),
        ("cron(30 8-10 * * MON-FRI)", "PT5M", None, "2026-03-04T11:30", False),
        ("cron(30 8-10 * * MON-FRI)", "PT5M", None, "2026-03-08T09:30", False),
        ("cron(*/20 * * * ?)", "PT1M", None, "2026-03-04T13:40", True),
        ("cron(*/20 * * * ?)", "PT1M", None, "2026-03-04T13:41", False),
        ("cron(0 1 1 JAN,MAR *)", "PT1H", None, "2026-03-01T01:30", True),
        ("cron(0 1 1 JAN,MAR *)", "PT1H", None, "2026-04-01T01:30", False),
        ("cron(0 2 * * 7)", "PT1H", None, "2026-03-08T02:00", True),
        ("cron(0 2 13 * FRI)", "PT1H", None, "2026-03-06T02:00", True),
        ("cron(0 2 13 * FRI)", "PT1H", None, "2026-04-13T02:00", True),
        ("cron(0 2 13 * FRI)", "PT1H", None, "2026-04-14T02:00", False),
        # A length is one in a night of change too: it ends at 07:00 by the clock in March, at 05:00 in autumn
        ("cron(0 22 * * *)", "PT8H", "Europe/Berlin", "2027-03-28T04:59", True),
        ("cron(0 22 * * *)", "PT8H", "Europe/Berlin", "2027-03-28T05:00", False),
        ("cron(0 22 * * *)", "PT8H", "Europe/Berlin", "2027-10-31T03:59", True),
        ("cron(0 22 * * *)", "PT8H", "Europe/Berlin", "2027-10-31T04:00", False),
    ],
)
def test_a_recurring_rule_goes_by_the_metric_clock(
    expression: str, length: str, zone: str | None, at: str, active: bool
) -> None:
    rules = [_rule(expression, length, zone)]
    assert silenced(rules, "a", metric=_epoch(at), wall=ELSEWHERE) is active


@pytest.mark.parametrize(
    ("zone", "at", "active"),
    [
        (None, "2026-03-04T09:59", False),
        (None, "2026-03-04T10:00", True),
        (None, "2026-03-04T11:59", True),
        (None, "2026-03-04T12:00", False),
        ("Asia/Tokyo", "2026-03-04T01:30", True),
        ("Asia/Tokyo", "2026-03-04T10:30", False),
    ],
)
def test_a_rule_laid_once_goes_by_the_wall_clock(zone: str | None, at: str, active: bool) -> None:
    rules = [_rule("at(2026-03-04T10:00)", zone=zone)]
    assert silenced(rules, "a", metric=ELSEWHERE, wall=_epoch(at)) is active


@pytest.mark.parametrize(
    ("other", "active"),
    [
        ({"StartDate": datetime(2026, 3, 4, 11, tzinfo=UTC)}, False),
        ({"StartDate": datetime(2026, 3, 4, 10, tzinfo=UTC)}, True),
        ({"ExpireDate": datetime(2026, 3, 4, 10, 30, tzinfo=UTC)}, False),
        ({"ExpireDate": datetime(2026, 3, 4, 10, 31, tzinfo=UTC)}, True),
    ],
)
def test_a_rule_is_active_only_between_its_dates(other: dict[str, datetime], active: bool) -> None:
    rules = [_rule("cron(0 10 * * *)", **other)]
    assert silenced(rules, "a", metric=_epoch("2026-03-04T10:30"), wall=ELSEWHERE) is active


def test_it_mutes_the_alarms_it_names_and_no_other() -> None:
    rules = [_rule("cron(0 0 * * *)", "P1D")]
    assert [silenced(rules, name, metric=0, wall=0) for name in "abc"] == [True, True, False]
