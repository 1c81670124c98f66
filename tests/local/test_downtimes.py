"""When a Datadog downtime, or a monitor's own mute, silences a monitor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sereno.local.downtimes import by_itself, silenced

BODY = {"id": 7, "tags": ["env:local", "sereno_address:slo/get/page", "sereno_mute:night"]}


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


ELSEWHERE = _epoch("2020-02-02T02:02")


def _recurring(rule: str, length: str, start: str | None, zone: str) -> dict[str, Any]:
    recurrence = {"rrule": rule, "duration": length, "start": start}
    return {
        "monitor_identifier": {"monitor_tags": ["env:local"]},
        "scope": "*",
        "schedule": {"recurrences": [recurrence], "timezone": zone},
        "created": "2026-03-02T21:30:40+00:00",
    }


FIRST = "2026-03-02T22:00"  # a Monday
DAILY, SECOND = "FREQ=DAILY;INTERVAL=1", "FREQ=DAILY;INTERVAL=2"
WEEKENDS = "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU"
ENDS = "FREQ=DAILY;INTERVAL=1;UNTIL=20260303T235900Z"
YORK = "America/New_York"


@pytest.mark.parametrize(
    ("rule", "length", "start", "zone", "at", "active"),
    [
        (DAILY, "8h", FIRST, "UTC", "2026-03-02T21:59", False),
        (DAILY, "8h", FIRST, "UTC", "2026-03-02T22:00", True),
        (DAILY, "8h", FIRST, "UTC", "2026-03-05T05:59", True),
        (DAILY, "8h", FIRST, "UTC", "2026-03-05T06:00", False),
        (DAILY, "8h", FIRST, "UTC", "2026-03-02T05:59", False),
        (SECOND, "90m", FIRST, "UTC", "2026-03-03T22:30", False),
        (SECOND, "90m", FIRST, "UTC", "2026-03-04T23:29", True),
        (WEEKENDS, "1d", "2026-03-02T00:00", "UTC", "2026-03-07T12:00", True),
        (WEEKENDS, "1d", "2026-03-02T00:00", "UTC", "2026-03-06T12:00", False),
        (DAILY, "8h", FIRST, YORK, "2026-03-03T03:00", True),
        (DAILY, "8h", FIRST, YORK, "2026-03-02T22:00", False),
        (f"{DAILY};COUNT=2", "8h", FIRST, "UTC", "2026-03-04T23:00", False),
        (
            ENDS,
            "8h",
            "2026-03-02T22:00",
            "UTC",
            "2026-03-03T23:00",
            True,
        ),
        (
            ENDS,
            "8h",
            "2026-03-02T22:00",
            "UTC",
            "2026-03-04T23:00",
            False,
        ),
        (DAILY, "1h", None, "UTC", "2026-03-02T22:00", True),  # from when it was laid
        (DAILY, "1h", None, "UTC", "2026-03-02T22:30", False),
    ],
)
def test_what_recurs_goes_by_the_metric_clock(
    rule: str, length: str, start: str | None, zone: str, at: str, active: bool
) -> None:
    downtime = _recurring(rule, length, start, zone)
    assert silenced([downtime], BODY, metric=_epoch(at), wall=ELSEWHERE) is active


@pytest.mark.parametrize(
    ("schedule", "at", "active"),
    [
        ({"start": None, "end": "2026-03-04T10:30:00+00:00"}, "2026-03-04T10:29", True),
        ({"start": None, "end": "2026-03-04T10:30:00+00:00"}, "2026-03-04T10:30", False),
        ({"start": "2026-03-04T10:00:00+01:00", "end": None}, "2026-03-04T09:00", True),
        ({"start": "2026-03-04T10:00:00+01:00", "end": None}, "2026-03-04T08:59", False),
        (None, "2026-03-04T08:59", True),
    ],
)
def test_what_a_person_lays_goes_by_the_wall_clock(schedule: Any, at: str, active: bool) -> None:
    downtime = {"monitor_identifier": {"monitor_id": 7}, "scope": "*", "schedule": schedule}
    assert silenced([downtime], BODY, metric=ELSEWHERE, wall=_epoch(at)) is active


@pytest.mark.parametrize(
    ("identifier", "scope", "meant"),
    [
        pytest.param({"monitor_id": 7}, "*", True, id="its id"),
        pytest.param({"monitor_id": 8}, "*", False, id="the id of another"),
        pytest.param({"monitor_tags": ["sereno_mute:night"]}, "*", True, id="one of its tags"),
        pytest.param({"monitor_tags": ["sereno_mute:night", "env:prod"]}, "*", False, id="one not its own"),
        pytest.param({"monitor_tags": ["*"]}, "*", True, id="every monitor"),
        pytest.param({"monitor_tags": ["*"]}, "env:local", True, id="a scope it is in"),
        pytest.param({"monitor_tags": ["*"]}, "env:local AND env:prod", False, id="a scope it is not in"),
    ],
)
def test_which_monitor_is_meant(identifier: dict[str, Any], scope: str, meant: bool) -> None:
    downtime = {"monitor_identifier": identifier, "scope": scope, "schedule": None}
    assert silenced([downtime], BODY, metric=0.0, wall=0.0) is meant


def test_one_that_was_cancelled_silences_nothing() -> None:
    downtime = {"monitor_identifier": {"monitor_id": 7}, "schedule": None, "status": "canceled"}
    assert not silenced([downtime], BODY, metric=0.0, wall=0.0)


@pytest.mark.parametrize(
    ("option", "muted"),
    [
        pytest.param({"*": None}, True, id="until somebody ends it"),
        pytest.param({"*": 100}, True, id="until later"),
        pytest.param({"*": 99}, False, id="until now"),
        pytest.param({"host:a": None}, False, id="a group, of which it has none"),
        pytest.param({}, False, id="not at all"),
    ],
)
def test_a_monitors_own_mute(option: dict[str, Any], muted: bool) -> None:
    assert by_itself({"options": {"silenced": option}}, 99.0) is muted
