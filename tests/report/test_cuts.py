"""What a window's ends, and those of maintenance, do to intervals and slices; worked by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.model import (
    DAY,
    HOUR,
    BudgetAdjustment,
    Budgeting,
    BudgetPolicy,
    RawRatio,
    Slo,
    Threshold,
    Window,
)
from sereno.report.figures import report_series
from sereno.report.model import SloReport
from sereno.report.pieces import before
from sereno.report.series import Counts, Series, Values
from tests.report.world import AT, counts, sliced, slo, system

TODAY = Window(seconds=DAY, text="1d")
SLOW = Threshold(signal="latency", op="lt", value=Decimal(300))
START = AT - DAY  # midnight


def line(one: Slo, series: Series, *, at: int = AT, policies: tuple[BudgetPolicy, ...] = ()) -> SloReport:
    world = system(one, budget_policies=policies)
    return report_series(world, {("checkout", ""): series}, (), at=at).slos[0]


def slices(size: int, slice_target: str | None = "0.95", **changes: object) -> Slo:
    method: Budgeting = "RatioTimeslices" if slice_target is None else "Timeslices"
    one = sliced("0.9", size, slice_target, **changes)
    return slo(objectives=[one], budgeting=method, window=TODAY, policies=())


def holding(*rows: tuple[int, int, float]) -> Values:
    """Values by start and length."""
    starts, lengths, numbers = zip(*rows, strict=True)
    return Values(np.array(starts), np.array(lengths), np.array(numbers))


def maintenance(start: int, end: int) -> tuple[BudgetPolicy, ...]:
    kept = BudgetAdjustment(slos=("checkout",), start=start, end=end, reason="PostgreSQL 17")
    return (BudgetPolicy(name="p", description="", rules=(), adjustments=(kept,)),)


def outage(start: int, end: int) -> Counts:
    """Ten requests a minute, all of which fail in that time."""
    return counts(10, lambda t: 10 * (start <= t < end), start=START, step=60)


AT_3 = START + 3 * HOUR


@pytest.mark.parametrize(
    ("down", "spent"),
    [
        pytest.param((AT_3 - HOUR // 2, AT_3 + HOUR // 2), 0, id="an outage within it spends nothing"),
        pytest.param((AT_3 + HOUR // 2, AT_3 + HOUR), 60, id="one after it makes the slice it ends in bad"),
        pytest.param((AT_3 - HOUR, AT_3 - HOUR // 2), 60, id="one before it, the slice it begins in"),
        pytest.param((AT_3 - HOUR, AT_3 + HOUR), 120, id="one around it, both"),
    ],
)
def test_slices_are_judged_without_what_was_bad_in_maintenance(down: tuple[int, int], spent: int) -> None:
    """Slices of an hour, maintenance from 02:30 to 03:30."""
    kept = maintenance(AT_3 - HOUR // 2, AT_3 + HOUR // 2)
    assert Fraction(spent) == line(slices(HOUR), outage(*down), policies=kept).budget_spent


def test_a_count_is_excused_only_when_all_of_its_interval_is_in_maintenance() -> None:
    """02:30 to 03:30 holds three of the five intervals of 15 min from 02:20 to 03:35 whole."""
    series = counts(10, lambda _: 10, start=AT_3 - 40 * 60, end=AT_3 + 35 * 60, step=15 * 60)
    one = slo(window=TODAY, policies=())
    found = line(one, series, policies=maintenance(AT_3 - 30 * 60, AT_3 + 30 * 60))
    assert (Fraction(20), Fraction(50)) == (found.tally.bad, found.tally.total)


def test_a_value_is_excused_for_as_long_as_it_held_in_maintenance() -> None:
    """Too slow from 02:00 to 04:00, excused from 02:30 to 03:30: 60 of 120 minutes."""
    series = holding((AT_3 - HOUR, 2 * HOUR, 500))
    one = slo(indicator=SLOW, window=TODAY, policies=())
    found = line(one, series, policies=maintenance(AT_3 - HOUR // 2, AT_3 + HOUR // 2))
    assert (Fraction(60), Fraction(120)) == (found.tally.bad, found.tally.total)
    assert found.warnings[0].endswith("(PostgreSQL 17): 1 h not counted as bad")


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(slo(indicator=SLOW, window=Window(seconds=2 * DAY, text="2d"), policies=()), id="time"),
        pytest.param(
            slo(
                objectives=[sliced("0.9", 300, "0.95", indicator=SLOW)],
                budgeting="Timeslices",
                window=Window(seconds=2 * DAY, text="2d"),
                policies=(),
            ),
            id="slices",
        ),
    ],
)
def test_an_hour_weighs_an_hour_beside_five_minutes(one: Slo) -> None:
    """A day of bad hours and a day of good five minutes: half of the time."""
    coarse = [(AT - 2 * DAY + HOUR * i, HOUR, 500.0) for i in range(24)]
    fine = [(AT - DAY + 300 * i, 300, 100.0) for i in range(288)]
    found = line(one, holding(*coarse, *fine))
    assert (Fraction(1, 2), Fraction(2880), Fraction(1)) == (
        found.attainment,
        found.tally.total,
        found.coverage,
    )


@pytest.mark.parametrize("indicator", [SLOW, RawRatio(raw="share", success=False)], ids=["threshold", "raw"])
def test_values_count_only_for_as_long_as_they_held_in_the_window(indicator: Threshold | RawRatio) -> None:
    """An hour's window; one value from two hours before it until half past, one until an hour after it."""
    window = Window(seconds=HOUR, text="1h")
    series = holding((AT - 3 * HOUR, 150 * 60, 0), (AT - 30 * 60, 90 * 60, 1))
    found = line(slo(indicator=indicator, window=window, policies=()), series)
    assert (Fraction(60), Fraction(1)) == (found.tally.total, found.coverage)


@pytest.mark.parametrize(
    ("at", "bad", "total"),
    [
        pytest.param(AT, 0, 24 * 60, id="at a slice's end"),
        pytest.param(AT + 600, 10, 24 * 60, id="ten minutes into a slice: those ten, and 50 of the first"),
    ],
)
@pytest.mark.parametrize("slice_target", ["0.95", None], ids=["Timeslices", "RatioTimeslices"])
def test_the_slices_at_both_ends_count_what_of_them_is_in_the_window(
    at: int, bad: int, total: int, slice_target: str | None
) -> None:
    """All fail from midnight on, where the report ends or ten minutes before that. Before the window
    all failed too, which says nothing of its first slice."""
    series = counts(10, lambda t: 10 * (t >= AT or t < at - DAY), start=AT - 3 * DAY, end=AT + HOUR, step=60)
    found = line(slices(HOUR, slice_target), series, at=at)
    assert (Fraction(bad), Fraction(total)) == (found.tally.bad, found.tally.total)


ROWS = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(slo(window=TODAY, policies=()), id="Occurrences"),
        pytest.param(slices(HOUR), id="Timeslices"),
        pytest.param(slices(600, None), id="RatioTimeslices"),
        pytest.param(slices(600, indicator=SLOW), id="slices of a threshold"),
        pytest.param(slo(indicator=SLOW, window=TODAY, policies=()), id="a threshold"),
    ],
)
@given(ROWS, st.integers(-DAY, DAY))
def test_no_total_is_longer_than_the_window_and_data_after_the_end_change_nothing(
    one: Slo, rows: list[tuple[int, int, int]], moved: int
) -> None:
    minutes = np.array([n for n, _, _ in rows]) * 60
    times = AT - DAY // 2 + np.concatenate(([0], np.cumsum(minutes)[:-1]))
    bad, total = np.array([b for _, b, _ in rows]), np.array([b + g for _, b, g in rows])
    counted = not isinstance(one.objectives[0].indicator, Threshold)
    series: Series = Counts(times, minutes, bad, total) if counted else Values(times, minutes, bad * 60)
    found = line(one, series, at=AT + moved)
    assert found == line(one, before(series, AT + moved), at=AT + moved)
    assert found.unit == "events" or found.tally.total <= 24 * 60
