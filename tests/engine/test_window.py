"""M of N datapoints and missing data."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine import window_state
from sereno.engine.window import TREATMENTS

POINTS = {"0": False, "X": True, "-": None}
KEPT = "kept"  # stands for whatever the state was

# The two tables of "Configuring how CloudWatch alarms treat missing data": N, M, the evaluation
# range, then the state for missing, ignore, breaching, notBreaching.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
PUBLISHED = [
    (3, 3, "0-X-X", "OK", "OK", "OK", "OK"),
    (3, 3, "0----", "OK", "OK", "OK", "OK"),
    (3, 3, "-----", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    (3, 3, "0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 3, "--X--", "ALARM", KEPT, "ALARM", "OK"),
    (3, 2, "0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 2, "00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 2, "0-X--", "OK", "OK", "ALARM", "OK"),
    (3, 2, "----0", "OK", "OK", "ALARM", "OK"),
    (3, 2, "---X-", "ALARM", KEPT, "ALARM", "OK"),
]
CELLS = [
    pytest.param(n, m, slots, treatment, expected, id=f"{m} of {n}: {slots} {treatment} is {expected}")
    for n, m, slots, *states in PUBLISHED
    for treatment, expected in zip(TREATMENTS, states, strict=True)
]


def state(slots: str, n: int, m: int, treatment: str, previous: str = "OK", **more: str) -> str:
    return window_state(
        [POINTS[slot] for slot in slots],
        evaluation_periods=n,
        datapoints_to_alarm=m,
        treat_missing_data=treatment,
        previous=previous,
        **more,
    )


@pytest.mark.parametrize("previous", ["OK", "ALARM", "INSUFFICIENT_DATA"])
@pytest.mark.parametrize(("n", "m", "slots", "treatment", "expected"), CELLS)
def test_published_table(n: int, m: int, slots: str, treatment: str, expected: str, previous: str) -> None:
    assert (previous if expected == KEPT else expected) == state(slots, n, m, treatment, previous)


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        pytest.param("----X", "OK", id="one breaching point, a period old, does not alarm 3 of 3"),
        pytest.param("---X-", "OK", id="one breaching point, two periods old, does not alarm 3 of 3"),
        pytest.param("--X--", "ALARM", id="three periods old, it does"),
        pytest.param("-0X--", "OK", id="a healthy point beside it disables the rule"),
    ],
)
def test_premature_alarm(slots: str, expected: str) -> None:
    assert expected == state(slots, 3, 3, "missing")


@pytest.mark.parametrize(
    ("n", "m", "differing"),
    [
        pytest.param(3, 3, 14, id="3 of 3: 14 of 972 cells"),
        pytest.param(3, 2, 4, id="2 of 3: 4 of 972 cells"),
        pytest.param(1, 1, 0, id="1 of 1: none of 108 cells"),
        pytest.param(5, 3, 14, id="3 of 5: 14 of 8748 cells"),
    ],
)
def test_where_the_two_readings_of_the_premature_rule_differ(n: int, m: int, differing: int) -> None:
    cells = itertools.product("0X-", repeat=n + 2), TREATMENTS
    found = [
        (pattern, treatment)
        for pattern, treatment in itertools.product(*cells)
        if state("".join(pattern), n, m, treatment, KEPT)
        != state("".join(pattern), n, m, treatment, KEPT, premature="evaluation periods")
    ]

    assert differing == len(found)


WINDOWS = st.integers(1, 6).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(1, n), st.text("0X-", min_size=n, max_size=n + 4))
)


@given(WINDOWS, st.sampled_from(TREATMENTS), st.sampled_from(TREATMENTS))
def test_with_enough_real_points_the_treatment_does_not_matter(
    window: tuple[int, int, str], one: str, other: str
) -> None:
    n, m, slots = window
    filled = slots.replace("-", "0", max(0, n - sum(slot != "-" for slot in slots)))

    assert state(filled, n, m, one) == state(filled, n, m, other)


@given(WINDOWS)
def test_only_the_newest_n_real_points_count(window: tuple[int, int, str]) -> None:
    n, m, slots = window
    real = "".join(slots.split("-"))[-n:]
    if len(real) == n:
        expected = "ALARM" if real.count("X") >= m else "OK"

        assert expected == state(slots, n, m, "missing")


@given(WINDOWS, st.sampled_from(["breaching", "notBreaching"]))
def test_filling_is_what_it_says(window: tuple[int, int, str], treatment: str) -> None:
    n, m, slots = window
    real = slots.replace("-", "")[-n:]
    fill = ("X" if treatment == "breaching" else "0") * (n - len(real))
    expected = "ALARM" if (real + fill).count("X") >= m else "OK"

    assert expected == state(slots, n, m, treatment)


@given(WINDOWS, st.sampled_from(TREATMENTS))
def test_the_state_is_kept_only_by_ignore_and_only_without_a_healthy_point(
    window: tuple[int, int, str], treatment: str
) -> None:
    n, m, slots = window
    kept = state(slots, n, m, treatment, "OK") != state(slots, n, m, treatment, "ALARM")

    assert not kept or (treatment == "ignore" and "0" not in slots)


@pytest.mark.parametrize(
    ("n", "m", "treatment"),
    [
        pytest.param(3, 4, "missing", id="more datapoints to alarm than periods"),
        pytest.param(3, 0, "missing", id="no datapoint to alarm"),
        pytest.param(3, 3, "notbreaching", id="a treatment misspelt"),
    ],
)
def test_refused(n: int, m: int, treatment: str) -> None:
    with pytest.raises(ValueError, match=r"datapoints to alarm|missing data is treated"):
        state("00000", n, m, treatment)


@pytest.mark.parametrize("value", [math.nan, 7.5, "X"])
def test_a_value_is_no_point(value: object) -> None:
    with pytest.raises(ValueError, match="a point is True"):
        window_state(
            [False, value],
            evaluation_periods=2,
            datapoints_to_alarm=1,
            treat_missing_data="missing",
            previous="OK",
        )
