"""Calendar windows: whose budget is known in advance, and when it runs out within them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.model import DAY, HOUR, MINUTE, Objective, Ratio, Threshold, Window
from sereno.report import explain, show
from sereno.report.figures import report_series
from sereno.report.model import Period, Report, SloReport
from sereno.report.outlook import exhausts
from sereno.report.series import Counts, Series, Values
from tests.report.world import AT, slo, system

MARCH = Window(seconds=0, text="1M", rolling=False, start="2026-01-01 00:00:00", zone="UTC")
WHOLE = 31 * 24 * 60  # minutes of March
SLICED = Objective(
    name="",
    target=Decimal("0.999"),
    indicator=Ratio(total="total", good="good"),
    slice_seconds=MINUTE,
    slice_target=Decimal("0.9"),
)
FAST = Objective(
    name="", target=Decimal("0.999"), indicator=Threshold(signal="latency", op="lt", value=Decimal(300))
)


def made(series: Series, at: int, objective: Objective = SLICED, budgeting: str = "Timeslices") -> Report:
    one = slo(objectives=(objective,), window=MARCH, budgeting=budgeting, policies=())
    return report_series(system(one), {("checkout", ""): series}, (), at=at)


def slices(minutes: int, bad: int, first: int = 0) -> Counts:
    """A hundred requests a minute from the first of March on; in `bad` minutes from `first` on all failed."""
    n = np.arange(minutes)
    failed = np.where((n >= first) & (n < first + bad), 100, 0)
    return Counts(AT + n * MINUTE, np.full(minutes, MINUTE), failed, np.full(minutes, 100))


def line(series: Series, at: int, objective: Objective = SLICED, budgeting: str = "Timeslices") -> SloReport:
    return made(series, at, objective, budgeting).slos[0]


def test_five_bad_minutes_early_on_the_first_spend_five_of_the_month_s_minutes() -> None:
    """March has 44,640 minutes, of which a thousandth may be bad."""
    report = made(slices(180, 5), AT + 3 * HOUR)
    found = report.slos[0]
    assert (found.budget_total, found.budget_spent) == (Fraction("44.64"), 5)
    assert (found.state, report.gate.action) == ("met", "allow")
    assert show.verdict(found) == (
        "met: 97.22 % so far, of a target of 99.9 % over the whole month; 88.7 % of the budget is left"
    )
    assert "budget      (180 + 44460 to come) x 0.001 = 44.64 minutes" in explain.render(report, "checkout")


def test_more_than_the_month_allows_freezes_at_once() -> None:
    report = made(slices(180, 45), AT + 3 * HOUR)
    assert (report.slos[0].state, report.gate.action) == ("breached", "freeze")
    assert "the budget of the whole month is overspent" in explain.render(report, "checkout")


def test_a_threshold_s_minutes_are_known_in_advance_too() -> None:
    values = np.where(np.arange(180) < 5, 900, 10)
    series = Values(AT + np.arange(180) * MINUTE, np.full(180, MINUTE), values)
    found = line(series, AT + 3 * HOUR, FAST, "Occurrences")
    assert (found.budget_total, found.budget_spent, found.state) == (Fraction("44.64"), 5, "met")


def test_of_events_the_budget_is_that_of_the_traffic_seen_and_the_month_s_is_shown_beside() -> None:
    plain = Objective(name="", target=Decimal("0.999"), indicator=Ratio(total="total", good="good"))
    found = line(slices(1440, 1), AT + DAY, plain, "Occurrences")
    assert (found.budget_total, found.budget_spent) == (144, 100)
    assert found.spent_of_full_window == Fraction(100, 144 * 31)
    assert show.full_window(found) == (
        "at this traffic the whole month window would allow 4,464 events, of which 2.3 % is spent;"
        " only 3.2 % of it has data"
    )


@given(st.integers(1, 200), st.integers(0, 60), st.integers(0, 200))
def test_what_days_and_incidents_spent_adds_up_to_what_was_spent(minutes: int, bad: int, first: int) -> None:
    found = line(slices(minutes, bad, first), AT + minutes * MINUTE)
    shares = sum((day.spent_share for day in found.days), Fraction(0))
    assert found.budget_total == Fraction(WHOLE, 1000)
    assert found.budget_left_ratio == 1 - shares


@pytest.mark.parametrize("bad", [44, 45])
def test_at_the_end_of_the_month_it_is_breached_just_when_attainment_is_below_the_target(bad: int) -> None:
    found = line(slices(WHOLE, bad), AT + WHOLE * MINUTE)
    assert found.attainment is not None
    assert (found.state == "breached") == (found.attainment < found.target)


@pytest.mark.parametrize(
    ("days", "left", "rate", "unit", "expected"),
    [
        pytest.param(
            5, "0.5", "0.5", "events", None, id="traffic brings more budget than half its rate spends"
        ),
        pytest.param(5, "0.5", "1", "events", None, id="just as much"),
        pytest.param(5, "0.5", "2", "events", "2.5", id="spent twice as fast as it comes"),
        pytest.param(29, "0.5", "2", "events", None, id="not before the month is over"),
        pytest.param(5, "0.9", "0.5", "minutes", None, id="half of what the month allows"),
        pytest.param(5, "0.9", "3.1", "minutes", "9", id="a tenth a day"),
        pytest.param(22, "0.9", "3.1", "minutes", None, id="nine days' budget and nine days to go"),
        pytest.param(5, "0", "9", "minutes", None, id="nothing is left"),
    ],
)
def test_when_the_budget_runs_out_within_the_month(
    days: int, left: str, rate: str, unit: str, expected: str | None
) -> None:
    march = Period(AT, AT + days * DAY, "1M", "UTC", AT + 31 * DAY)
    found = exhausts(Fraction(left), Fraction(rate), unit, march, Fraction(1))  # type: ignore[arg-type]
    assert found == (None if expected is None else int(Fraction(expected) * DAY))


def test_a_constant_half_rate_on_the_fifth_says_not_within_this_window() -> None:
    plain = Objective(name="", target=Decimal("0.99"), indicator=Ratio(total="total", good="good"))
    n = np.arange(5 * 24)
    series = Counts(AT + n * HOUR, np.full(len(n), HOUR), np.full(len(n), 5), np.full(len(n), 1000))
    found = line(series, AT + 5 * DAY, plain, "Occurrences")
    assert (found.burns[1].rate, show.exhaustion(found)) == (Fraction(1, 2), "not within this window")
