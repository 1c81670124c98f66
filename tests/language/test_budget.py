"""Error budgets, with the numbers of the SRE workbook, chapter 5. Exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language import budget

HOUR, DAY = 3_600, 86_400
MONTH = 30 * DAY
THREE_NINES = Decimal("0.999")


def test_the_budget_of_three_nines_is_a_thousandth_and_not_nearly_so() -> None:
    assert budget.budget(THREE_NINES) == Fraction(1, 1_000)


def test_a_million_events_may_have_a_thousand_bad_ones() -> None:
    assert budget.allowed_bad(THREE_NINES, 1_000_000) == 1_000


@pytest.mark.parametrize(("bad", "spent"), [(0, "0"), (250, "1/4"), (1_000, "1"), (1_700, "17/10")])
def test_the_share_that_is_spent(bad: int, spent: str) -> None:
    assert budget.spent(bad, 1_000_000, THREE_NINES) == Fraction(spent)


def test_nothing_happened_is_not_nothing_spent() -> None:
    assert (budget.spent(0, 0, THREE_NINES), budget.burn(0, 0, THREE_NINES)) == (None, None)


@pytest.mark.parametrize(
    ("burn", "days"),
    [("1", Fraction(30)), ("2", Fraction(15)), ("10", Fraction(3)), ("1000", Fraction(3, 100))],
)
def test_how_long_a_budget_lasts_at_a_burn_rate(burn: str, days: Fraction) -> None:
    assert budget.exhaustion(Fraction(1), Fraction(burn), MONTH) == days * DAY


def test_a_spent_budget_lasts_no_time_and_one_that_does_not_burn_for_ever() -> None:
    assert budget.exhaustion(Fraction(0), Fraction(5), MONTH) == 0
    assert budget.exhaustion(Fraction(1, 3), Fraction(0), MONTH) is None


@pytest.mark.parametrize(("target", "highest"), [("0.9", 10), ("0.95", 20), ("0.99", 100), ("0.999", 1_000)])
def test_the_burn_rate_of_a_total_outage(target: str, highest: int) -> None:
    assert budget.highest_burn(Decimal(target)) == highest


@pytest.mark.parametrize(
    ("burn", "hours", "share"), [("14.4", 1, "1/50"), ("6", 6, "1/20"), ("3", 24, "1/10"), ("1", 72, "1/10")]
)
def test_the_budget_spent_when_a_policy_fires(burn: str, hours: int, share: str) -> None:
    assert budget.spent_at_alert(Decimal(burn), hours * HOUR, MONTH) == Fraction(share)


DETECTED = [("14.4", 1, "1", "51.84"), ("14.4", 1, "0.15", "345.6"), ("36", 1, "1", "129.6")]


@pytest.mark.parametrize(("burn", "hours", "ratio", "seconds"), DETECTED)
def test_when_a_constant_error_ratio_is_detected(burn: str, hours: int, ratio: str, seconds: str) -> None:
    found = budget.detection(Decimal(burn), hours * HOUR, Fraction(ratio), THREE_NINES)
    assert found == Fraction(seconds)


@pytest.mark.parametrize("ratio", ["0", "0.0144", "0.01"])
def test_a_ratio_at_or_below_the_threshold_is_never_detected(ratio: str) -> None:
    assert budget.detection(Decimal("14.4"), HOUR, Fraction(ratio), THREE_NINES) is None


def test_below_seventy_requests_an_hour_one_failure_burns_fourteen_times_too_fast() -> None:
    assert budget.least_traffic(Decimal("14.4"), HOUR, THREE_NINES) == Fraction(625, 9)
    assert budget.least_traffic(Decimal(6), 6 * HOUR, THREE_NINES) == Fraction(250, 9)


@given(bad=st.integers(0, 10**9), more=st.integers(1, 10**9), target=st.decimals("0", "0.9999", places=4))
def test_what_burns_once_spends_just_the_budget(bad: int, more: int, target: Decimal) -> None:
    total = bad + more
    assert budget.spent(bad, total, target) == budget.burn(bad, total, target)
