"""What Datadog measured, asked in parts that it answers whole."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sereno.cli.histories import from_backend
from sereno.language.model import CloudWatchMetric, DatadogMetric
from sereno.vendors.backend import Points, Unavailable
from sereno.vendors.datadog.fake import Answer
from sereno.vendors.datadog.observer import asked, interval, parts
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import QUERIES, SHOP

ORDERS = DatadogMetric(query="sum:shop.orders{a:b}.as_count()")
DAY = 86_400


@pytest.mark.parametrize(
    ("days", "expected"), [(1, 60), (2, 60), (3, 300), (30, 300), (45, 300), (90, 3_600)]
)
def test_the_step_of_a_window(days: int, expected: int) -> None:
    assert expected == interval(0, days * DAY)


def test_a_window_is_asked_for_in_parts_that_join() -> None:
    found = list(parts(600, 600 + 3 * DAY, 60))

    assert found == [(600, 87_000), (87_000, 173_400), (173_400, 259_800)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sum:a{b:c}.as_count()", "sum:a{b:c}.as_count().rollup(sum, 300)"),
        ("max:a{b:c}", "max:a{b:c}.rollup(max, 300)"),
        ("p99:a{b:c}", "p99:a{b:c}"),
        ("max:a{b:c}.rollup(max, 60)", "max:a{b:c}.rollup(max, 60)"),
    ],
    ids=["a count", "a gauge", "a percentile as it is", "what says it itself"],
)
def test_a_query_is_rolled_up_to_the_step(query: str, expected: str) -> None:
    assert expected == asked(query, 300)


def test_points_come_in_order_over_several_parts(account: Account) -> None:
    query = asked(ORDERS.query, 60)
    account.fake.series[query] = [(60 * n, float(n)) for n in range(3_000)]
    found = account.backend(SHOP).observe([ORDERS], 600, 600 + DAY + 3_600)[ORDERS]

    assert isinstance(found, Points)
    assert list(found.times) == list(range(600, 600 + DAY + 3_600, 60))
    assert list(found.values[:3]) == [10.0, 11.0, 12.0]
    assert set(found.seconds) == {60}


def test_no_data_is_no_points_and_a_refusal_is_neither(account: Account) -> None:
    backend = account.backend(SHOP)
    nothing = backend.observe([ORDERS], 0, 3_600)[ORDERS]
    account.fake.before = lambda *_: Answer(403, {"errors": ["Forbidden"]})
    refused = backend.observe([ORDERS], 0, 3_600)[ORDERS]

    assert isinstance(nothing, Points)
    assert list(nothing.values) == []
    assert isinstance(refused, Unavailable)


def test_what_is_no_metric_of_datadog_is_said(account: Account) -> None:
    other = CloudWatchMetric(namespace="A", metric="M")

    assert account.backend(SHOP).observe([other], 0, 60)[other] == Unavailable("this is no Datadog metric")


def test_a_history_for_a_backtest_comes_from_datadog(account: Account) -> None:
    for name, value in (("orders", 40.0), ("orders-failed", 3.0)):
        now = int(time.time()) // 60 * 60
        points = [(now - 60 * n, value) for n in range(1, 1_440)]
        account.fake.series[asked(QUERIES[name], 60)] = sorted(points)
    history = from_backend(Path(), SHOP, "orders-availability", 1, account.url)

    assert (int(history.bad.sum()), int(history.total.sum())) == (3 * 1_439, 40 * 1_439)
