"""Mute windows in the nights in which clocks change: never longer than said, and elsewhere just as said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings

from sereno.language.model import Mute, Route
from sereno.local.mutes import silenced
from sereno.vendors import datadog
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.nights import changes, late, pieces
from tests.vendors.datadog.systems import SHOP as ON_DATADOG
from tests.vendors.test_paging import NIGHT, routed

EVERY = tuple(range(7))
NIGHTS = replace(NIGHT, days=EVERY, start="22:00", end="06:00")
ALARM = "shop-test-slo-orders-availability-ticket"
Quiet = Callable[[datetime], bool]


def quiet(mute: Mute) -> Quiet:
    """Whether the rules that are built for it silence an alarm at a moment."""
    system = routed(Route(receiver="tickets", mutes=(mute,)))
    rules = [r.body for r in compiled(system)[0] if r.kind == "mute-rule"]

    def at(moment: datetime) -> bool:
        return silenced(rules, ALARM, metric=moment.timestamp(), wall=0)

    return at


def meant(mute: Mute, moment: datetime) -> bool:
    """Whether a person who reads the clock on the wall says that the window is on."""
    here = moment.astimezone(ZoneInfo(mute.zone))
    day, clock = here.weekday(), f"{here:%H:%M}"
    today, yesterday = day in mute.days, (day - 1) % 7 in mute.days
    if mute.start < mute.end:
        return today and mute.start <= clock < mute.end
    return (today and clock >= mute.start) or (yesterday and clock < mute.end)


def local(zone: str, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("at", "fold", "expected"),
    [
        ("2027-03-27T21:59", 0, False),
        ("2027-03-27T22:00", 0, True),
        ("2027-03-28T03:00", 0, True),
        ("2027-03-28T05:59", 0, True),
        ("2027-03-28T06:00", 0, False),
        ("2027-03-28T06:30", 0, False),
        ("2027-10-31T02:30", 0, True),
        ("2027-10-31T02:30", 1, True),
        ("2027-10-31T05:59", 0, True),
        ("2027-10-31T06:00", 0, False),
        ("2027-07-11T05:59", 0, True),
        ("2027-07-11T06:00", 0, False),
    ],
)
def test_a_window_from_ten_to_six_is_so_on_every_night(at: str, fold: int, expected: bool) -> None:
    assert quiet(NIGHTS)(local("Europe/Berlin", at, fold)) is expected


def test_a_window_that_no_change_falls_into_is_one_rule() -> None:
    assert len(pieces(NIGHT)) == 1
    assert len(pieces(replace(NIGHTS, start="20:00", end="02:00"))) == 1
    assert len(pieces(replace(NIGHTS, start="03:00", end="06:00"))) == 1
    assert len(pieces(replace(NIGHTS, zone="Asia/Tokyo"))) == 1
    assert len(pieces(replace(NIGHTS, start="00:00", end="00:00"))) == 1


def test_the_second_rule_of_a_window_begins_when_the_change_is_over() -> None:
    system = routed(Route(receiver="tickets", mutes=(replace(NIGHTS, days=(4, 5)),)))
    first, second = (r for r in compiled(system)[0] if r.kind == "mute-rule")

    assert (first.address, second.address) == ("mute/nights", "mute/nights/2")
    assert first.body["Rule"]["Schedule"] == {
        "Expression": "cron(0 22 * * FRI,SAT)",
        "Duration": "PT7H",
        "Timezone": "Europe/Berlin",
    }
    assert second.body["Rule"]["Schedule"] == {
        "Expression": "cron(0 3 * * SAT,SUN)",
        "Duration": "PT3H",
        "Timezone": "Europe/Berlin",
    }
    assert first.body["MuteTargets"] == second.body["MuteTargets"]


def test_on_datadog_it_is_one_downtime_that_recurs_in_two_parts() -> None:
    system = replace(ON_DATADOG, routes=Route(receiver="on-call", mutes=(replace(NIGHTS, days=(4, 5)),)))
    (downtime,) = (r for r in datadog.compile(system)[0] if r.kind == "downtime")

    assert downtime.body["schedule"]["recurrences"] == [
        {"rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=FR,SA", "duration": "7h", "start": "T22:00"},
        {"rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU", "duration": "3h", "start": "T03:00"},
    ]


@pytest.mark.parametrize(
    ("mute", "expected"),
    [
        (
            replace(NIGHTS, end="03:30"),
            "the mute `nights` spans the hours 02:00 to 03:00 that clocks skip in the night to 2027-03-28 in"
            " Europe/Berlin, and would hold an hour longer by the clock",
        ),
        (
            replace(NIGHTS, start="02:30"),
            "the mute `nights` begins within the hours 02:00 to 03:00 that clocks skip in the night to"
            " 2027-03-28 in Europe/Berlin",
        ),
    ],
    ids=["it ends less than an hour after them", "it begins in them"],
)
def test_what_no_two_rules_can_say_is_a_warning_with_the_way_out(mute: Mute, expected: str) -> None:
    (problem,) = compiled(routed(Route(receiver="tickets", mutes=(mute,))))[1]

    assert (problem.code, problem.severity) == ("cw-mute-clock-change", "warning")
    assert expected in problem.message
    assert problem.help == "begin it before 02:00 or from 03:00 on, and end it by 02:00 or from 04:00 on"


ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "America/Santiago", "Australia/Lord_Howe")
ZONES_TOO = ("Africa/Cairo", "Africa/Casablanca", "Asia/Tehran", "Pacific/Auckland", "UTC")
CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@given(
    zone=st.sampled_from((*ZONES, *ZONES_TOO)),
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    start=CLOCK,
    end=CLOCK,
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_window_is_never_on_where_it_is_not_said_and_on_other_nights_just_as_said(
    zone: str, days: tuple[int, ...], start: str, end: str, data: st.DataObject
) -> None:
    mute = Mute(name="m", days=days, start=start, end=end, zone=zone)
    assume(start != end and late(mute) is None)
    on = quiet(mute)
    nights = [change.begins for change in changes(zone)]
    night = data.draw(st.sampled_from(nights or [datetime.fromisoformat("2027-03-28")]))
    ordinary = night + timedelta(days=20)
    for begin, exactly in ((night, False), (ordinary, True)):
        noon = datetime.combine(begin.date(), datetime.min.time(), UTC) - timedelta(hours=14)
        for quarter in range(44 * 4):
            moment = noon + timedelta(minutes=15 * quarter)
            said = meant(mute, moment)
            assert not on(moment) or said or _came_twice(mute, moment), moment
            assert not exactly or on(moment) == said, moment


def _came_twice(mute: Mute, moment: datetime) -> bool:
    """The hour that comes twice may be muted in its second turn too, where the window was on in its first."""
    here = moment.astimezone(ZoneInfo(mute.zone))
    return any(
        change.begins - timedelta(hours=1) <= here.replace(tzinfo=None, fold=0) < change.ends
        for change in changes(mute.zone)
        if not change.forward
    )
