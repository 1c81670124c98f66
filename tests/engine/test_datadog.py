"""Datadog monitors through time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from sereno.engine.datadog import (
    MONITOR_STATES,
    Monitor,
    burn_monitor,
    cadence,
    evaluate_monitor,
    next_state,
)
from sereno.engine.datadog_windows import CannotEvaluateMonitor, bucket, full
from sereno.engine.series import MetricKey, Slots
from sereno.language.budget import spent_at_alert
from sereno.vendors.datadog.query import BudgetQuery, BurnQuery, MetricQuery, QueryFault, parse
from tests.engine.series import Minutes, Values

_ = None
HOUR, DAY = 3_600, 86_400


def monitor(query: str, **options: object) -> Monitor:
    parsed = parse(query)
    assert isinstance(parsed, MetricQuery)
    return Monitor(query=parsed, **options)


def letters(asked: Monitor, minutes: int, **metrics: Values) -> str:
    """States minute by minute: o OK, w Warn, A Alert, ? No Data."""
    found = evaluate_monitor(asked, Minutes(**metrics), start=0, end=minutes * 60)
    return "".join("owA?"[state] for state in found.states)


# "x" is an empty bucket. https://docs.datadoghq.com/monitors/types/metric/ (Require Full Window)
@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        pytest.param("111111111111", True, id="every bucket has data"),
        pytest.param("x11111111111", False, id="the first has none"),
        pytest.param("11xxx1111111", True, id="three have none"),
        pytest.param("1xxx1111xx11", False, id="five have none"),
    ],
)
def test_published_full_windows(buckets: str, expected: bool) -> None:
    assert full(np.array([[each == "1" for each in buckets]])).tolist() == [expected]


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        pytest.param(".as_count()", 0.6, id="as_count: sums first, then the quotient"),
        pytest.param(".as_rate()", 3.0, id="as_rate: quotients first, then their sum"),
    ],
)
def test_published_as_count(suffix: str, expected: float) -> None:
    asked = monitor(f"sum(last_5m):sum:failed{{*}}{suffix} / sum:all{{*}}{suffix} > 9")
    found = evaluate_monitor(asked, Minutes(failed=[1, 2, 3, 4, 5], all=[5] * 5), start=240, end=300)

    assert found.values.tolist() == pytest.approx([expected])


def test_published_arithmetic_drops_buckets_without_a_quotient() -> None:
    """10/0 + 10/1 + 10/nothing = 10."""
    asked = monitor("sum(last_3m):avg:a{*} / avg:b{*} > 9")
    found = evaluate_monitor(asked, Minutes(a=[10, 10, 10], b=[0, 1, _]), start=120, end=180)

    assert found.values.tolist() == [10]


# https://docs.datadoghq.com/dashboards/functions/exclusion/ (Clamp: a NaN becomes the threshold)
@pytest.mark.parametrize(
    ("query", "values", "expected"),
    [
        pytest.param(
            "clamp_min(max:a{*}, 3)", [1, 5, _], 3 + 5 + 3, id="at least the limit, and so is a gap"
        ),
        pytest.param("clamp_max(max:a{*}, 3)", [1, 5, _], 1 + 3 + 3, id="at most the limit, and so is a gap"),
        pytest.param(
            "clamp_max(clamp_min(max:a{*} - 4, 0), 1)", [4, 5, _], 1, id="the inner clamp has the gap first"
        ),
        pytest.param("clamp_min(default_zero(max:a{*}), 3)", [9, _, _], 9 + 3 + 3, id="0 in place of a gap"),
    ],
)
def test_clamps(query: str, values: Values, expected: float) -> None:
    asked = monitor(f"sum(last_3m):{query} > 99")

    assert evaluate_monitor(asked, Minutes(a=values), start=120, end=180).values.tolist() == [expected]


def test_a_window_without_data_is_not_made_some_by_a_clamp() -> None:
    asked = monitor("sum(last_2m):clamp_min(max:a{*}, 3) > 5", missing="no data")

    assert letters(asked, 5, a=[1, 1, _, _, 9]) == "AAA?A"


# https://docs.datadoghq.com/monitors/guide/recovery-thresholds/
@pytest.mark.parametrize(
    ("op", "threshold", "recovery", "held", "recovered"),
    [
        pytest.param(">", "80", "70", 71, 70, id="> recovers at most at the recovery threshold"),
        pytest.param(">=", "80", "70", 70, 69, id=">= recovers below it"),
        pytest.param("<", "20", "30", 29, 30, id="< recovers at least at it"),
        pytest.param("<=", "20", "30", 30, 31, id="<= recovers above it"),
    ],
)
def test_published_recovery(op: str, threshold: str, recovery: str, held: float, recovered: float) -> None:
    asked = monitor(f"avg(last_5m):avg:a{{*}} {op} {threshold}", critical_recovery=Decimal(recovery))

    assert next_state(asked, "Alert", held) == "Alert"
    assert next_state(asked, "Alert", recovered) == "OK"
    assert next_state(asked, "OK", held) == "OK"


# https://docs.datadoghq.com/service_management/service_level_objectives/burn_rate/
@pytest.mark.parametrize(
    ("days", "burn", "hours", "percent"),
    [
        pytest.param(days, burn, hours, percent, id=f"{burn}x over {hours} h spends {percent} % of {days} d")
        for days, burn, hours, percent in (
            (7, "16.8", 1, 10),
            (7, "5.6", 6, 20),
            (7, "2.8", 24, 40),
            (30, "14.4", 1, 2),
            (30, "6", 6, 5),
            (30, "3", 24, 10),
            (90, "21.6", 1, 1),
            (90, "10.8", 6, 3),
            (90, "4.5", 24, 5),
        )
    ],
)
def test_published_burn_rates(days: int, burn: str, hours: int, percent: int) -> None:
    assert spent_at_alert(Decimal(burn), hours * HOUR, days * DAY) * 100 == percent


@pytest.mark.parametrize(
    ("query", "metrics", "options", "expected"),
    [
        pytest.param(
            "max(last_3m):max:a{*} > 4", {"a": [0, 5, 0, 0, 0, 0]}, {}, "oAAAoo", id="max of three minutes"
        ),
        pytest.param(
            "min(last_2m):avg:a{*} > 4", {"a": [0, 5, 5, 0, 0]}, {}, "ooAoo", id="min wants all of them"
        ),
        pytest.param(
            "avg(last_2m):avg:a{*} > 4",
            {"a": [0, 5, 5, 0, 0]},
            {"warning": Decimal(2)},
            "owAwo",
            id="a warning",
        ),
        pytest.param(
            "avg(last_1m):avg:a{*} > 9",
            {"a": [0, 12, 8, 6, 3, 0]},
            {"critical_recovery": Decimal(7), "warning": Decimal(5), "warning_recovery": Decimal(2)},
            "oAAwwo",
            id="both recoveries",
        ),
        pytest.param(
            "sum(last_1m):sum:a{*}.as_count() > 4",
            {"a": [0, 5, 0, 0]},
            {"evaluation_delay": 120},
            "oooA",
            id="delayed by two minutes",
        ),
        pytest.param(
            "sum(last_3m):sum:a{*}.as_count() > 4",
            {"a": [0, 5, 0, 0, 0, 0, 0]},
            {"lag": 120},
            "oooAooo",
            id="seen two minutes late, in what is left of the window",
        ),
        pytest.param(
            "sum(last_3m):sum:a{*}.as_count() > 4",
            {"a": [0, 5, 0, 0, 0, 0, 0]},
            {"lag": 120, "evaluation_delay": 120},
            "oooAAAo",
            id="and whole with a delay as long",
        ),
        pytest.param(
            "avg(last_2m):avg:a{*} > 4", {"a": [5, _, _, _, _]}, {}, "AAAAA", id="silence changes nothing"
        ),
        pytest.param(
            "avg(last_2m):avg:a{*} > 4",
            {"a": [0, 0, _, _, _, _, 0]},
            {"no_data_timeframe": 240},
            "ooooo?o",
            id="until the timeframe is over",
        ),
        pytest.param(
            "avg(last_2m):avg:a{*} > 4", {"a": [_, _, _]}, {"no_data_timeframe": 120}, "ooo", id="never seen"
        ),
        pytest.param(
            "sum(last_1m):sum:a{*}.as_count() < 1",
            {"a": [3, _, 3]},
            {"missing": "zero"},
            "oAo",
            id="an empty count is zero",
        ),
        pytest.param(
            "avg(last_1m):avg:a{*} > 4",
            {"a": [_, 5, _, 5]},
            {"missing": "no data"},
            "oA?A",
            id="No Data at once",
        ),
        pytest.param(
            "avg(last_1m):avg:a{*} > 4",
            {"a": [_, 5, _, 5]},
            {"missing": "ok"},
            "oAoA",
            id="resolved by silence",
        ),
        pytest.param(
            "sum(last_2m):sum:a{*}.as_count() * sum:b{*}.as_count() < 0",
            {"a": [1, 1, 1, 1], "b": [1, _, _, 1]},
            {"missing": "no data"},
            "oooo",
            id="a product of counts with a missing side is 0",
        ),
        pytest.param(
            "sum(last_2m):sum:a{*}.as_count() * sum:b{*}.as_count() < 0",
            {"a": [1, _, _, 1], "b": [1, _, _, 1]},
            {"missing": "no data"},
            "oo?o",
            id="a product of counts without any",
        ),
        pytest.param(
            "sum(last_2m):sum:a{*}.as_count() / sum:b{*}.as_count() > 4",
            {"a": [9, 9, _, _], "b": [1, _, _, 1]},
            {"missing": "no data"},
            "AA?o",
            id="a quotient of counts: 0 above, and no value by 0",
        ),
        pytest.param(
            "min(last_2m):sum:a{*}.rollup(sum, 60) / sum:b{*}.rollup(sum, 60) > 4",
            {"a": [9, 9, 9, 9], "b": [_, 1, 1, 1]},
            {"require_full_window": True},
            "ooAA",
            id="a window is full of what is computed, not of what one metric has",
        ),
        pytest.param(
            "sum(last_2m):sum:a{*}.as_count() / sum:b{*}.as_count() > 4",
            {"a": [9, 9, 9, 9], "b": [_, 1, 1, 1]},
            {"require_full_window": True},
            "oAAA",
            id="a window of counts is full of what any has",
        ),
        pytest.param(
            "max(last_2m):sum:a{*}.rollup(sum, 60) * sum:b{*}.rollup(sum, 60) < 0",
            {"a": [1, 1, 1, 1], "b": [1, _, _, 1]},
            {"missing": "no data"},
            "oo?o",
            id="a product of minutes with a missing side",
        ),
        pytest.param(
            "min(last_4m):max:a{*}.rollup(max, 120) > 4",
            {"a": [5, 0, 0, 5, 5, 0]},
            {},
            "AAoAAA",
            id="rolled up, from multiples of two minutes on",
        ),
        pytest.param(
            "min(last_10m):sum:a{*}.rollup(sum, 300) < 100",
            {"a": [30] * 20},
            {},
            "A" * 3 + "oo" + "AAAoo" * 3,
            id="what is rolled up and not over yet is judged",
        ),
        pytest.param(
            "min(last_10m):sum:a{*}.rollup(sum, 300) < 100",
            {"a": [30] * 20},
            {"evaluation_delay": 300},
            "o" * 20,
            id="unless the monitor waits until it is over",
        ),
        pytest.param("percentile(last_3m):p50:a{*} > 4", {"a": [0, 5, 9, 0]}, {}, "ooAA", id="of a window"),
        pytest.param(
            "sum(last_2m):default_zero(sum:a{*}.as_count()) < 1",
            {"a": [3, _, _]},
            {},
            "ooA",
            id="default_zero",
        ),
        pytest.param(
            "sum(last_3m):sum:a{*}.as_count() > 4",
            {"a": [_, _, 5, 0, 9]},
            {"require_full_window": True},
            "ooooA",
            id="a window that is not full yet is not judged",
        ),
        pytest.param("sum(last_2m):count:a{*} + 1 > 2", {"a": [7, 7]}, {}, "oA", id="samples counted"),
        pytest.param("max(last_1m):p90:a{*} > 4", {"a": [7, 3]}, {}, "Ao", id="a percentile"),
        pytest.param(
            "sum(last_2m):(avg:a{*} - avg:b{*}) * 2 > 4", {"a": [3, 3], "b": [1, 2]}, {}, "oA", id="brackets"
        ),
    ],
)
def test_minute_by_minute(
    query: str, metrics: dict[str, Values], options: dict[str, object], expected: str
) -> None:
    assert letters(monitor(query, **options), len(expected), **metrics) == expected


@pytest.mark.parametrize(
    ("window", "seconds", "buckets"),
    [
        pytest.param(300, 60, 60, id="minutes"),
        pytest.param(2 * HOUR, 60, 600, id="hours"),
        pytest.param(DAY, 600, HOUR, id="a day"),
        pytest.param(2 * DAY, 1_800, HOUR, id="two days"),
        pytest.param(30 * DAY, 1_800, 4 * HOUR, id="a month"),
    ],
)
def test_how_often_and_how_fine(window: int, seconds: int, buckets: int) -> None:
    assert (cadence(window), bucket(window)) == (seconds, buckets)


def test_tags_are_the_metric() -> None:
    """Braces may nest, and their order does not matter."""
    asked = monitor("sum(last_1m):sum:a{resource:/users/{id},env:prod}.as_count() > 2")

    class Tagged:
        def read(self, key: MetricKey, start: int, end: int) -> Slots:
            assert key == MetricKey("datadog", "a", (("env", "prod"), ("resource", "/users/{id}")))
            return Minutes(a=[3]).read(key, start, end)

    assert MONITOR_STATES[evaluate_monitor(asked, Tagged(), start=0, end=60).states[0]] == "Alert"


BURN = BurnQuery("abc", 30 * DAY, HOUR, 300, ">", Decimal("14.4"))


def test_a_burn_rate_monitor_wants_both_windows() -> None:
    total = np.full(200, 1_000)
    bad = np.zeros_like(total)
    bad[100:110] = 150  # 15 % for ten minutes: fires in the sixth, resets five minutes after the end
    firing = burn_monitor(BURN, bad, total, Decimal("0.999"))

    assert np.flatnonzero(firing).tolist() == list(range(105, 114))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        pytest.param({"long": 3 * DAY}, "not from 1 to 48 h", id="the workbook's three days"),
        pytest.param({"short": HOUR}, "shorter than the long", id="two equal windows"),
        pytest.param(
            {"threshold": Decimal(1001)}, "no outage burns 1001 times", id="a burn rate out of reach"
        ),
        pytest.param({"op": "<"}, "compared with > or >=", id="slower than"),
    ],
)
def test_a_burn_rate_datadog_refuses(changed: dict[str, object], words: str) -> None:
    with pytest.raises(CannotEvaluateMonitor, match=words):
        burn_monitor(replace(BURN, **changed), np.array([1]), np.array([1]), Decimal("0.999"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'burn_rate("abc").over("30d").long_window("1h").short_window("5m") > 14.4', BURN, id="a burn rate"
        ),
        pytest.param(
            'error_budget("abc").over("7d") >= 75',
            BudgetQuery("abc", 7 * DAY, ">=", Decimal(75)),
            id="a budget",
        ),
    ],
)
def test_slo_queries(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("sum(last_5m):sum:a{*}", "ends with", id="no threshold"),
        pytest.param("sum:a{*} > 3", "begins with", id="no window"),
        pytest.param("sum(last_5m):sum:a{* > 3", "not closed", id="a brace not closed"),
        pytest.param("sum(last_5m):sum:a{*} b > 3", "was not expected", id="a word too many"),
        pytest.param("sum(last_5m):/ 3 > 3", "a metric, a number", id="no metric"),
        pytest.param('burn_rate("abc").over("30d") > 3', "long_window", id="a burn rate without windows"),
    ],
)
def test_what_is_no_query(text: str, words: str) -> None:
    with pytest.raises(QueryFault, match=words):
        parse(text)


@pytest.mark.parametrize("query", ["avg(last_5m):ewma_3(avg:a{*}) > 1", "avg(last_5m):diff(avg:a{*}) > 1"])
def test_a_function_the_engine_lacks_is_named(query: str) -> None:
    with pytest.raises(CannotEvaluateMonitor, match=r"no Datadog function (ewma_3|diff)"):
        letters(monitor(query), 5, a=[1])
