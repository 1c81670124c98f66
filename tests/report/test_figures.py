"""The report's figures, each worked by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sereno.language.model import DAY, HOUR, Window
from sereno.report import observe, show
from sereno.report.figures import needs, report_series
from sereno.report.model import SloReport
from sereno.report.series import Counts, Series
from sereno.vendors.backend import Unavailable
from tests.report.world import AT, Memory, counts, points, slo, system

WEEK = Window(seconds=7 * DAY, text="7d")


def line(series: Series | Unavailable, **changes: object) -> SloReport:
    one = slo(policies=(), **changes)  # type: ignore[arg-type]
    return report_series(system(one), {("checkout", ""): series}, (), at=AT).slos[0]


def test_a_month_in_full() -> None:
    """8,640 intervals of 250 are 2,160,000 requests; at 99.9 %, 2,160 may fail. One fails every
    6 hours: 120. So 2,040 of 2,160 are left, 17/18; the burn rate of every 6 hours is 120/2,160."""
    found = line(counts(250, lambda t: int(t % (6 * HOUR) == 0)))
    assert Fraction(2_159_880, 2_160_000) == found.attainment
    assert (Fraction(2_160), Fraction(120), Fraction(17, 18)) == (
        found.budget_total,
        found.budget_spent,
        found.budget_left_ratio,
    )
    assert ("met", Fraction(1), "events") == (found.state, found.coverage, found.unit)
    assert [(HOUR, Fraction(0)), (6 * HOUR, Fraction(1, 18)), (3 * DAY, Fraction(1, 18))] == [
        (b.seconds, b.rate) for b in found.burns
    ]
    # 17/18 of 30 days' budget at 1/18 of its pace: 17 windows.
    assert found.exhausts_in == 17 * 30 * DAY


def test_a_day_of_data_is_told_against_the_whole_window_too() -> None:
    """A day of 288 x 100 requests allows 28.8 failures; 36 are 5/4 of that. 30 such days allow 864: 1/24."""
    found = line(counts(100, lambda t: 36 * (t == AT - HOUR), start=AT - DAY))
    assert (found.coverage, found.budget_left_ratio) == (Fraction(1, 30), Fraction(-1, 4))
    assert found.spent_of_full_window == Fraction(1, 24)
    assert show.balance(found) == "7.2 more than the 28.8 events allowed"
    assert show.full_window(found) == (
        "at this traffic the whole 30d window would allow 864 events, of which 4.2 % is spent; "
        "only 3.3 % of it has data"
    )


def test_a_window_full_of_data_has_no_second_figure() -> None:
    found = line(counts(100, lambda t: 2 * (t == AT - HOUR)))
    assert (found.spent_of_full_window, show.full_window(found)) == (None, "")
    assert show.balance(found) == "862 events left of 864 events"
    assert line(counts(0)).spent_of_full_window is None


@pytest.mark.parametrize(
    ("bad", "state", "left"),
    [
        pytest.param(0, "met", Fraction(1), id="nothing spent"),
        pytest.param(749, "met", Fraction(251, 1000), id="a little more than a quarter left"),
        pytest.param(750, "at_risk", Fraction(1, 4), id="exactly a quarter left"),
        pytest.param(1000, "at_risk", Fraction(0), id="nothing left, but the target is met"),
        pytest.param(1001, "breached", Fraction(-1, 1000), id="one failure more"),
    ],
)
def test_states_turn_at_exact_numbers(bad: int, state: str, left: Fraction) -> None:
    """A million requests at 99.9 %: a thousand may fail."""
    start = AT - 30 * DAY
    found = line(counts(lambda t: 1_000_000 * (t == start), lambda t: bad * (t == start)))
    assert (state, left) == (found.state, found.budget_left_ratio)


def test_the_window_begins_at_its_start_and_ends_before_the_moment() -> None:
    """Of intervals at -30 d - 5 min, -30 d, -5 min and 0, the two in the middle count."""
    series = counts(
        10,
        lambda t: {AT - 30 * DAY - 300: 1, AT - 30 * DAY: 2, AT - 300: 3, AT: 4}.get(t, 0),
        start=AT - 31 * DAY,
        end=AT + DAY,
    )
    assert Fraction(5) == line(series).budget_spent


def test_another_window_and_another_moment_can_be_asked_for() -> None:
    series = counts(10, lambda t: int(t >= AT - DAY))
    world, readings = system(slo(policies=())), {("checkout", ""): series}
    week = report_series(world, readings, (), at=AT, window=WEEK).slos[0]
    earlier = report_series(world, readings, (), at=AT - DAY, window=WEEK).slos[0]
    assert (Fraction(288, 2016), Fraction(0)) == (week.tally.bad / week.tally.total * 10, earlier.tally.bad)


def test_the_trend_is_against_the_window_before() -> None:
    """This week 1 of 10 fails, last week 2 of 10 did."""
    series = counts(10, lambda t: 1 if t >= AT - 7 * DAY else 2, start=AT - 14 * DAY)
    world = system(slo(policies=(), target="0.5", window=WEEK))
    found = report_series(world, {("checkout", ""): series}, (), at=AT).slos[0]
    assert (Fraction(8, 10), Fraction(1, 10)) == (found.previous, found.trend)


def test_the_worst_days_and_hours_come_first() -> None:
    """3 failures on the 5th day, 2 in one hour of the 7th, 1 on the 9th; 6 in all of 864 x 5 allowed."""
    start = AT - 30 * DAY
    bad = {start + 4 * DAY: 1, start + 4 * DAY + HOUR: 1, start + 4 * DAY + 2 * HOUR: 1, start + 8 * DAY: 1}
    bad |= {start + 6 * DAY + 300: 1, start + 6 * DAY + 600: 1}
    found = line(counts(500, lambda t: bad.get(t, 0)))
    assert [(start + 4 * DAY, 3), (start + 6 * DAY, 2), (start + 8 * DAY, 1)] == [
        (d.start, d.tally.bad) for d in found.worst_days
    ]
    assert (start + 6 * DAY, Fraction(2, 4320)) == (
        found.worst_hours[0].start,
        found.worst_hours[0].spent_share,
    )
    assert Fraction(6, 4320) == sum(d.spent_share for d in found.days)


@pytest.mark.parametrize(
    ("series", "state", "coverage", "warnings"),
    [
        pytest.param(
            counts(10, end=AT - 30 * DAY, start=AT - 31 * DAY),
            "no_data",
            Fraction(0),
            ("no data in the window",),
            id="data outside the window only",
        ),
        pytest.param(
            counts(0),
            "no_data",
            Fraction(1),
            ("data, but no traffic: nothing was counted",),
            id="data without traffic",
        ),
        pytest.param(
            counts(1000, start=AT - 10 * DAY),
            "met",
            Fraction(1, 3),
            (
                "the data begin at 2026-02-19 00:00 UTC, inside the window",
                "33.3 % of the window has data; the rest counts neither good nor bad",
            ),
            id="an SLO younger than its window",
        ),
        pytest.param(
            counts(1000, end=AT - 3 * DAY),
            "met",
            Fraction(9, 10),
            (
                "the data stop at 2026-02-26 00:00 UTC, before the end of the window",
                "90 % of the window has data; the rest counts neither good nor bad",
            ),
            id="a metric renamed three days ago",
        ),
        pytest.param(
            counts(lambda t: int(t % HOUR == 0)),
            "met",
            Fraction(1),
            ("low traffic: a single failure breaches the target",),
            id="an event an hour",
        ),
        pytest.param(
            counts(lambda t: 10 * int(t % HOUR == 0)),
            "met",
            Fraction(1),
            ("low traffic: 8 failures breach the target; each one weighs much",),
            id="ten events an hour: 7.2 may fail",
        ),
    ],
)
def test_what_a_reader_must_know(
    series: Counts, state: str, coverage: Fraction, warnings: tuple[str, ...]
) -> None:
    found = line(series)
    assert (state, coverage, warnings) == (found.state, found.coverage, found.warnings)


def test_no_data_is_no_number() -> None:
    found = line(counts(10, start=AT, end=AT + DAY))
    figures = (found.attainment, found.budget_total, found.budget_spent, found.budget_left_ratio)
    assert figures == (None, None, None, None)
    assert (found.background, found.trend, found.worst_days) == (None, None, ())


def test_slos_stand_in_the_order_of_risk_those_without_data_before_the_healthy() -> None:
    bad = {"spent": 2000, "silent": 0, "risky": 800, "fine": 10, "better": 1}
    readings: dict[tuple[str, str], Series | Unavailable] = {
        (name, ""): counts(lambda t: 1_000_000 * (t == AT - DAY), lambda t, n=n: n * (t == AT - DAY))  # type: ignore[misc]
        for name, n in bad.items()
    }
    readings[("silent", "")] = Unavailable("throttled")
    made = report_series(system(*(slo(n, policies=()) for n in sorted(bad))), readings, (), at=AT)
    assert [s.name for s in made.slos] == ["spent", "risky", "silent", "fine", "better"]
    assert made.slos[2].unavailable == "throttled"


def test_several_targets_of_one_indicator_are_a_line_each() -> None:
    from dataclasses import replace
    from decimal import Decimal

    one = slo().objectives[0]
    strict, loose = replace(one, name="strict"), replace(one, name="loose", target=Decimal("0.9"))
    series = counts(100, lambda _: 1)
    both = slo(objectives=[strict, loose], policies=())
    readings = {("checkout", "strict"): series, ("checkout", "loose"): series}
    made = report_series(system(both), readings, (), at=AT)
    assert [(s.label, s.state) for s in made.slos] == [
        ("checkout/strict", "breached"),
        ("checkout/loose", "met"),
    ]


def test_a_back_end_is_asked_for_both_windows_and_at_least_three_days() -> None:
    short = slo(window=Window(seconds=DAY, text="1d"), policies=())
    assert needs(system(short), AT)[1:] == (AT - 3 * DAY, AT)
    assert needs(system(), AT)[1:] == (AT - 60 * DAY, AT)


def test_from_a_back_end() -> None:
    minutes = range(AT - DAY, AT, 60)
    known = {"good": points(dict.fromkeys(minutes, 9)), "total": points(dict.fromkeys(minutes, 10))}
    made = observe(system(slo(target="0.8", policies=())), Memory(known), at=AT)
    assert (Fraction(9, 10), Fraction(1, 30)) == (made.slos[0].attainment, made.slos[0].coverage)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(AT, (), id="a report up to now"),
        pytest.param(AT + DAY, (), id="one of yesterday"),
        pytest.param(
            AT - 60,
            (f"the report's end, {show.moment(AT)}, is still to come: nothing is known up to it",),
            id="one of a minute ahead",
        ),
        pytest.param(None, (), id="where nobody knows the time"),
    ],
)
def test_a_report_that_ends_in_the_future_says_so(now: int | None, expected: tuple[str, ...]) -> None:
    assert observe(system(slo(policies=())), Memory({}), at=AT, now=now).warnings == expected
