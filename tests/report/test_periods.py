from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.model import DAY, HOUR, Window
from sereno.report.periods import days, hours, parse_window, periods


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def calendar(text: str, zone: str = "UTC", start: str = "2022-01-01 00:00:00") -> Window:
    return Window(seconds=0, text=text, rolling=False, start=start, zone=zone)


def test_a_rolling_window_ends_at_the_moment_and_the_one_before_it_ends_where_it_starts() -> None:
    now, before = periods(Window(seconds=7 * DAY, text="7d"), 1_000_000)
    assert (now.start, now.end) == (1_000_000 - 7 * DAY, 1_000_000)
    assert (before.start, before.end) == (1_000_000 - 14 * DAY, 1_000_000 - 7 * DAY)


@pytest.mark.parametrize(
    ("window", "moment", "before", "start"),
    [
        pytest.param(
            calendar("1M"), at("2026-03-15T12:00"), at("2026-02-01"), at("2026-03-01"), id="in mid-month"
        ),
        pytest.param(
            calendar("1M"), at("2026-03-01"), at("2026-01-01"), at("2026-02-01"), id="midnight of the first"
        ),
        pytest.param(
            calendar("1Q"), at("2026-05-20"), at("2026-01-01"), at("2026-04-01"), id="the second quarter"
        ),
        pytest.param(calendar("1Y"), at("2026-01-02"), at("2025-01-01"), at("2026-01-01"), id="a new year"),
        pytest.param(
            calendar("1w", start="2024-01-01 00:00:00"),
            at("2026-03-01"),
            at("2026-02-16"),
            at("2026-02-23"),
            id="a Sunday belongs to the week of the Monday before",
        ),
        pytest.param(
            calendar("1M", start="2022-01-31 00:00:00"),
            at("2026-03-15"),
            at("2026-01-31"),
            at("2026-02-28"),
            id="a month that has no 31st starts on its last day",
        ),
        pytest.param(
            calendar("1w", "America/New_York", "2022-01-01 12:00:00"),
            at("2026-03-08T13:00", "America/New_York"),
            at("2026-02-28T12:00", "America/New_York"),
            at("2026-03-07T12:00", "America/New_York"),
            id="noon in New York stays noon when the clocks change",
        ),
        pytest.param(
            calendar("2M", start="2025-12-01 00:00:00"),
            at("2026-03-15"),
            at("2025-12-01"),
            at("2026-02-01"),
            id="two months at a time",
        ),
        pytest.param(
            calendar("1M", start="2030-01-01 00:00:00"),
            at("2026-03-15"),
            at("2026-02-01"),
            at("2026-03-01"),
            id="before the first period",
        ),
    ],
)
def test_calendar_periods(window: Window, moment: int, before: int, start: int) -> None:
    current, last = periods(window, moment)
    assert (before, start, start, moment) == (last.start, last.end, current.start, current.end)


@given(
    st.sampled_from(["1w", "2w", "1M", "1Q", "1Y", "3d"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    st.integers(1_500_000_000, 2_000_000_000),
)
def test_a_calendar_period_holds_the_last_second_and_follows_its_predecessor(
    text: str, zone: str, moment: int
) -> None:
    current, before = periods(calendar(text, zone), moment)
    assert current.start < moment
    assert before.start < before.end == current.start
    assert periods(calendar(text, zone), current.start)[0].start == before.start


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30d", 30 * DAY), ("12h", 12 * HOUR), ("4w", 28 * DAY), ("90m", 5400)],
)
def test_a_length_rolls(text: str, expected: int) -> None:
    assert parse_window(text) == Window(seconds=expected, text=text)


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "1.5d", "fortnight", "-1d", "1M", "99999999d"])
def test_what_is_no_window_is_none(text: str) -> None:
    assert parse_window(text) is None


def test_days_follow_the_clock_changes_of_the_zone() -> None:
    period = periods(calendar("1M", "Europe/Berlin"), at("2026-04-01", "Europe/Berlin"))[0]
    edges = days(period).tolist()
    lengths = {b - a for a, b in pairwise(edges)}
    assert (31, {23 * HOUR, 24 * HOUR}) == (len(edges) - 1, lengths)


def test_hours_are_full_ones_between_the_ends() -> None:
    period = periods(Window(seconds=2 * HOUR, text="2h"), 10 * HOUR + 600)[0]
    assert hours(period).tolist() == [8 * HOUR + 600, 9 * HOUR, 10 * HOUR, 10 * HOUR + 600]
