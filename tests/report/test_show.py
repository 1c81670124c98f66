from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sereno.report import show
from sereno.report.figures import report_series
from tests.report.world import AT, slo, system


@pytest.mark.parametrize(
    ("share", "places", "expected"),
    [
        pytest.param(Fraction(1), 2, "100 %", id="all is 100 %"),
        pytest.param(Fraction(999_996, 1_000_000), 2, "99.99 %", id="99.9996 % is not shown as 100 %"),
        pytest.param(
            Fraction(998_996, 1_000_000),
            2,
            "99.89 %",
            id="a target of 99.9 % that was missed does not look met",
        ),
        pytest.param(Fraction(0), 1, "0 %", id="none is 0 %"),
        pytest.param(Fraction(1, 100_000), 1, "< 0.1 %", id="a little left is not nothing left"),
        pytest.param(Fraction(-1, 100_000), 1, "-0.1 %", id="a little overspent is not 0 %"),
        pytest.param(Fraction(-23, 10), 1, "-230 %", id="overspent twice and a bit"),
        pytest.param(Fraction(-9_999, 1_000), 1, "-999.9 %", id="overspent almost ten times"),
        pytest.param(Fraction(-179_996, 1_000), 1, "-18,000 %", id="overspent 180 times: no tenths"),
        pytest.param(None, 1, "no data", id="no data is no number"),
    ],
)
def test_good_shares_are_rounded_down(share: Fraction | None, places: int, expected: str) -> None:
    assert expected == show.percent(share, places)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(Fraction(0), "0 %", id="nothing spent"),
        pytest.param(Fraction(1, 100_000), "0.1 %", id="a little spent is not nothing spent"),
        pytest.param(Fraction(99_999, 100_000), "> 99.9 %", id="almost all is not all"),
        pytest.param(Fraction(1), "100 %", id="all of it"),
        pytest.param(Fraction(1_234_567, 100_000), "1,235 %", id="twelve times over"),
        pytest.param(None, "no data", id="no data"),
    ],
)
def test_bad_shares_are_rounded_up(share: Fraction | None, expected: str) -> None:
    assert expected == show.percent_spent(share)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        pytest.param(Fraction(0), "0x", id="nothing burns"),
        pytest.param(Fraction(1, 1000), "< 0.01x", id="something burns"),
        pytest.param(Fraction("14.4"), "14.4x", id="the fast page"),
        pytest.param(Fraction("14.4001"), "14.41x", id="a hair more than the fast page"),
        pytest.param(Fraction("14.3999"), "14.4x", id="a hair less, which is no more than it"),
        pytest.param(Fraction(1000), "1,000x", id="an outage at 99.9 %"),
        pytest.param(None, "no data", id="no traffic"),
    ],
)
def test_burn_rates(rate: Fraction | None, expected: str) -> None:
    assert expected == show.rate(rate)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (42, "42 s"),
        (300, "5 min"),
        (302, "5 min 2 s"),
        (21_000, "5 h 50 min"),
        (86_400, "1 d"),
        (86_401, "1 d"),
        (31 * 86_400 + 7_200, "31 d 2 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_durations_have_two_units(seconds: int, expected: str) -> None:
    assert expected == show.duration(seconds)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (Fraction(1), "events", "1 event"),
        (Fraction(12_345), "events", "12,345 events"),
        (Fraction(1, 3), "events", "0.4 events"),
        (Fraction(504, 100), "minutes", "5 min 3 s"),
        (Fraction(1, 8), "share", "12.5 %"),
    ],
)
def test_amounts_are_in_the_unit_of_the_budget(value: Fraction, unit: show.Unit, expected: str) -> None:
    assert expected == show.amount(value, unit)


@pytest.mark.parametrize(
    ("target", "expected"),
    [(Fraction("0.9"), 2), (Fraction("0.999"), 2), (Fraction("0.9995"), 3), (Fraction(2, 3), 6)],
)
def test_a_target_is_shown_with_one_more_place_than_it_has(target: Fraction, expected: int) -> None:
    assert expected == show.places(target)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        pytest.param(Fraction(1, 25), "< 0.1 events", id="less than is shown is not none"),
        pytest.param(Fraction(1, 10), "0.1 events", id="as much as is shown"),
        pytest.param(Fraction(0), "0 events", id="none"),
    ],
)
def test_what_is_left_is_never_shown_as_none_where_there_is_some(total: Fraction, expected: str) -> None:
    one = report_series(system(slo()), {}, (), at=AT).slos[0]
    line = replace(one, unit="events", budget_spent=Fraction(0))
    assert expected == show.left(replace(line, budget_total=total))


def test_a_moment_is_shown_in_its_zone() -> None:
    assert show.moment(1_772_323_200, "Europe/Berlin") == "2026-03-01 01:00 Europe/Berlin"
