"""Both vendors on one test: who is told, from when until when, and why not alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from sereno.language.model import AlertTest, DatadogMetric, ExpectedState, InputSeries, System
from sereno.proof import show
from sereno.proof.comparing import GAPS, HELD, SILENCE, Comparison, Told, compare
from sereno.proof.judge import BACKENDS, Judge, judge
from tests.vendors.datadog.systems import SHOP

ORDERS = replace(
    SHOP.alerts[0], name="orders-low", signal="orders", op="lt", threshold=Decimal(7), missing="breaching"
)
MANY = replace(
    ORDERS, name="orders-high", op="gt", threshold=Decimal(90), missing="notBreaching", datapoints=2
)
SYSTEM = replace(
    SHOP,
    alerts=(
        *SHOP.alerts,
        replace(ORDERS, datapoints=3, evaluation_periods=3),
        replace(MANY, evaluation_periods=2),
    ),
)


def judges(system: System = SYSTEM) -> list[Judge]:
    found = [judge(system, backend) for backend in BACKENDS]

    assert [problem for _, problems in found for problem in problems] == []
    return [each for each, _ in found]


def compared(address: str, **series: str) -> Comparison:
    return compare(written(address, series), judges())


def written(address: str, series: Mapping[str, str]) -> AlertTest:
    every = tuple(
        InputSeries(values=values, signal=name.replace("_", "-")) for name, values in series.items()
    )
    state = ExpectedState(at=0, alert=address, state="OK")
    return AlertTest(name="t", description="", interval=60, series=every, expected=(state,))


@pytest.mark.parametrize(
    ("address", "series", "expected", "why"),
    [
        (
            "alert/orders-high",
            {"orders": "40x4 95x2 40x4"},
            ([(420, 540)], [(420, 540)]),
            "",
        ),
        (
            "alert/orders-low",
            {"orders": "40x4 _x9 40x4"},
            ([(600, 900)], [(480, 900)]),
            GAPS,
        ),
        (
            "slo/orders-availability/page",
            {"orders": "1x59", "orders_failed": "1 0x58"},
            ([], [(60, 1_860)]),
            "Datadog's burn rates do not ask for a least number of bad events (dd-few-events)",
        ),
        (
            "slo/orders-availability/no-data",
            {"orders": "40x9 _x19 40x9"},
            ([(1_200, 1_800)], [(1_200, 1_800)]),
            "",
        ),
        (
            "alert/dlq-not-empty",
            {"waiting": "0x4 3 0x29"},
            ([(360, 420)], [(1_260, 1_320)]),
            "metrics of AWS reach Datadog late, so these look 900 s back and fire so much later (dd-late)",
        ),
    ],
    ids=[
        "two minutes in a row mean the same on both",
        "silence is judged from older datapoints on one, and as 0 on the other",
        "one failure is enough for one of them",
        "silence of an SLO is told after ten minutes by both",
        "what is polled comes late",
    ],
)
def test_who_is_told_and_why_not_alike(
    address: str, series: Mapping[str, str], expected: tuple[list[tuple[int, int]], ...], why: str
) -> None:
    (found,) = compared(address, **series).compared

    assert tuple([(told.start, told.end) for told in every] for every in found.told) == expected
    assert (found.alike, found.why) == (why == "", why)


def test_a_hold_that_only_one_of_them_waits_for() -> None:
    series = {"orders": "1000x2600", "orders_failed": "0x1439 12x1160"}
    (found,) = compared("slo/orders-availability/ticket", **series).compared

    assert found.why == HELD


def test_silence_of_one_signal_among_several() -> None:
    series = {"orders_answered": "40x29 40x29", "orders_fast": "40x29 _x29"}
    (found,) = compared("slo/orders-latency/no-data", **series).compared

    assert [[told.start for told in every] for every in found.told] == [[], [2_400]]
    assert found.why == SILENCE


def test_a_series_that_one_vendor_does_not_know_is_not_compared() -> None:
    series = (InputSeries(values="1x9", metric="AWS/SQS:NumberOfMessagesSent{QueueName=users}"),)
    test = replace(written("alert/dlq-not-empty", {}), series=series)
    found = compare(test, judges())

    assert found.compared == ()
    assert "AWS/SQS" in found.refused
    assert next(iter(show.comparisons([found], judges()))).startswith("sereno.yaml:1:1: t is not compared: ")


def test_what_is_alike_on_every_test_is_counted_and_nothing_else_is_said() -> None:
    found = compared("alert/orders-high", orders="40x4 95x2 40x4")

    assert list(show.comparisons([found], judges())) == [
        "1 of 1 comparisons are alike on both (1 alerts in 1 tests, each alert in every test that names it)"
    ]


def test_an_alert_that_still_fires_when_the_test_ends() -> None:
    (found,) = compared("alert/orders-high", orders="40x4 95x9").compared

    assert found.told == ((Told(420, None, ("on-call",)),),) * 2


def test_what_a_datadog_query_is_not_keeps_only_that_vendor_from_being_asked() -> None:
    signals = {
        **SYSTEM.signals,
        "orders": replace(SYSTEM.signals["orders"], datadog=DatadogMetric(query="no")),
    }
    broken = replace(SYSTEM, signals=signals)

    assert judge(broken, "cloudwatch")[1] == ()
    assert "dd-query" in {problem.code for problem in judge(broken, "datadog")[1]}


VALUES = st.lists(st.sampled_from(["0", "1", "60", "95", "_"]), min_size=1, max_size=40)


@given(orders=VALUES, waiting=VALUES)
@settings(max_examples=40, deadline=None)
def test_whichever_vendor_is_asked_first_and_a_reason_wherever_they_differ(
    orders: list[str], waiting: list[str]
) -> None:
    series = {"orders": " ".join(orders), "waiting": " ".join(waiting)}
    expected = [ExpectedState(at=0, alert=address, state="OK") for address in ALERTS]
    test = replace(written(ALERTS[0], series), expected=tuple(expected))
    first, then = (compare(test, asked) for asked in (BOTH, BOTH[::-1]))

    assert [each.told[::-1] for each in first.compared] == [each.told for each in then.compared]
    assert all(each.alike == (each.why == "") for each in (*first.compared, *then.compared))


ALERTS = ("alert/dlq-not-empty", "alert/orders-low", "alert/orders-high")
BOTH = judges()
