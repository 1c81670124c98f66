"""Alert tests: the notation, what a series becomes, what holds, and what a failure shows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import numpy as np
import pytest

from sereno.engine.statistic import window_values
from sereno.language.model import AlertTest, Anomaly, ExpectedState, InputSeries
from sereno.proof import on_cloudwatch, show
from sereno.proof.alert_tests import Run, alarms_of, run, subjects
from sereno.proof.coverage import Covered, coverage
from sereno.proof.feed import feed
from sereno.proof.junit import render
from sereno.proof.notation import NotationFault, parse
from sereno.vendors.cloudwatch import compile as compiled
from sereno.vendors.cloudwatch import statistic
from tests.proof.systems import FULL, LATENCY, SHOP, SIGNALS, alert_test, at

_ = None
RESOURCES, PROBLEMS = compiled(SHOP)


def ran(test: AlertTest) -> Run:
    found, problems = run(test, SHOP, alarms_of(RESOURCES, on_cloudwatch))

    assert not problems
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1 2.5 -3", [1, 2.5, -3], id="values"),
        pytest.param("7x2", [7, 7, 7], id="one and two more"),
        pytest.param("1+2x3", [1, 3, 5, 7], id="going up"),
        pytest.param("9-4x2", [9, 5, 1], id="going down"),
        pytest.param("-2+4x3", [-2, 2, 6, 10], id="from below zero"),
        pytest.param("0+0.1x3", [0, 0.1, 0.2, 0.3], id="without rounding on the way"),
        pytest.param("1 _ _x2 stale 1e2", [1, _, _, _, _, 100], id="gaps and stale markers"),
        pytest.param("  ", [], id="nothing"),
    ],
)
def test_notation(text: str, expected: list[float | None]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "word", ["1+2", "x3", "1++2x3", "__", "1x", "0x9999999999", "a", "nan", "1e999", "0+1e308x9"]
)
def test_what_is_not_the_notation_is_named(word: str) -> None:
    with pytest.raises(NotationFault, match=r"is not a value|longer than|larger than"):
        parse(f"0 {word}")


def read(values: str, signal: str, stat: str, *, interval: int = 60, minutes: int = 4) -> list[float | None]:
    fed, problems = feed(alert_test(values, interval=interval, signal=signal), SIGNALS, on_cloudwatch)
    (metric,) = fed.metrics
    slots = fed.read(metric, 0, minutes * 60)
    found = window_values(slots, statistic.parse(stat), 1, np.arange(1, len(slots.count) + 1))

    assert not problems
    return [None if np.isnan(value) else float(value) for value in found]


@pytest.mark.parametrize(
    ("values", "signal", "stat", "expected"),
    [
        pytest.param("3 _ 40", "waiting", "Maximum", [3, _, 40, _], id="a maximum is one sample"),
        pytest.param("3 _ 40", "answered", "SampleCount", [3, _, 40, _], id="a count is so many samples"),
        pytest.param("3 0 40", "fast", "TC(:270)", [3, _, 40, _], id="a trimmed count is within its bounds"),
        pytest.param("3 _ 40", "slow-share", "PR(270:)", [0, _, 0, _], id="a share is one sample of itself"),
    ],
)
def test_a_series_becomes_what_its_signal_is_read_as(
    values: str, signal: str, stat: str, expected: list[float | None]
) -> None:
    assert read(values, signal, stat) == expected


def test_a_longer_interval_has_its_data_in_the_minute_it_ends() -> None:
    assert read("3 40", "waiting", "Maximum", interval=120) == [_, 3, _, 40]


def test_two_counts_of_one_metric_go_together() -> None:
    test = AlertTest(
        name="latency",
        description="",
        interval=60,
        series=(InputSeries(values="50 50", signal="answered"), InputSeries(values="50 41", signal="fast")),
        expected=(),
    )
    fed, problems = feed(test, SIGNALS, on_cloudwatch)
    (metric,) = fed.metrics
    slots = fed.read(metric, 0, 120)
    counts = [
        window_values(slots, statistic.parse(s), 1, np.array([1, 2])) for s in ("SampleCount", "TC(:270)")
    ]

    assert not problems
    assert [list(values) for values in counts] == [[50, 50], [50, 41]]
    assert [len(raw) for raw in slots.samples.values()] == [1, 50]
    assert metric.dimensions == LATENCY


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param(
            {"series": (InputSeries(values="1 y", signal="waiting"),)}, "series-notation", id="a slip"
        ),
        pytest.param({"interval": 45}, "series-interval", id="an interval no metric has"),
        pytest.param({"interval": 45, "series": ()}, "series-interval", id="and no series"),
        pytest.param({"expected": ()}, "test-empty", id="nothing expected"),
        pytest.param(
            {"series": (InputSeries(values="3 1.5", signal="answered"),)}, "series-count", id="half a sample"
        ),
        pytest.param(
            {"series": (InputSeries(values="-3", signal="answered"),)}, "series-count", id="fewer than none"
        ),
        pytest.param(
            {
                "series": (
                    InputSeries(values="1000000007", signal="answered"),
                    InputSeries(values="1000000000", signal="fast"),
                )
            },
            "series-samples",
            id="a thousand million samples that have to be made up",
        ),
        pytest.param(
            {
                "series": (
                    InputSeries(values="50", signal="answered"),
                    InputSeries(values="60", signal="fast"),
                )
            },
            "series-twice",
            id="more fast ones than answered ones",
        ),
        pytest.param(
            {"series": (InputSeries(values="1", metric="Depth"),)},
            "series-metric",
            id="a metric without namespace",
        ),
        pytest.param(
            {
                "series": (
                    InputSeries(values="1", signal="waiting"),
                    InputSeries(values="2", signal="waiting"),
                )
            },
            "series-twice",
            id="a signal given twice",
        ),
        pytest.param(
            {"expected": (ExpectedState(at=60, alert="alert/queue-empty", state="OK"),)},
            "test-alert",
            id="no alarm",
        ),
    ],
)
def test_what_is_wrong_with_a_test_is_a_problem(changed: dict[str, object], code: str) -> None:
    found, problems = run(
        replace(alert_test("1", at(1, "OK")), **changed), SHOP, alarms_of(RESOURCES, on_cloudwatch)
    )

    assert [problem.code for problem in problems] == [code]
    assert found.outcomes == ()


def test_a_metric_may_be_written_in_full() -> None:
    test = replace(
        alert_test("", at(2, "OK"), at(3, "ALARM", ["on-call"])),
        series=(InputSeries(values="0 41 41", metric="Shop:Depth{ApiId=a1}"),),
    )

    assert not ran(test).failed


def test_what_holds_at_the_boundary() -> None:
    """41 in two of three minutes; the route of a page leads to on-call; nobody is told when it is over."""
    test = alert_test(
        "0 41 40 41 0 0",
        at(1, "OK", []),
        at(3, "OK"),
        at(4, "ALARM", ["on-call"], "Nobody takes the orders"),
        at(5, "OK", []),
    )

    assert not ran(test).failed


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        pytest.param(at(4, "OK"), "expected OK, was ALARM", id="a state"),
        pytest.param(at(4, "ALARM", ["team"]), "expected team to be told, told was on-call", id="a receiver"),
        pytest.param(at(3, "OK", ["team"]), "expected team to be told, told was nobody", id="nobody"),
        pytest.param(at(4, "ALARM", None, "cats"), "does not hold `cats`", id="a description"),
    ],
)
def test_what_does_not_hold_says_what_was(expected: ExpectedState, words: str) -> None:
    (outcome,) = ran(alert_test("0 41 40 41 0 0", expected)).outcomes

    assert words in outcome.wrong[0]


def test_a_failure_shows_the_series_the_states_and_why() -> None:
    failed = ran(alert_test("0 41 40 41 0 0", at(4, "OK")))

    assert list(show.failures(failed)) == [
        "sereno.yaml:1:1: queue-full at 4m on CloudWatch: expected OK, was ALARM\n"
        "    series, one value each 1m, from 0s; `|` is 4m\n"
        "      waiting: 0 41 40 41 | 0 0\n"
        "    states\n"
        "      queue-full: 1m OK 4m ALARM\n"
        "    why, at 4m (the test starts at 00:00:00)\n"
        "      queue-full: ALARM: 2 of the last 3 datapoints > 40 (at least 2 for ALARM): "
        "[41 (00:01:00), 40 (00:02:00), 41 (00:03:00)]"
    ]


def test_a_failure_before_any_change_shows_the_first_state() -> None:
    (shown,) = show.failures(ran(alert_test("0", replace(at(1, "ALARM"), at=30))))

    assert "queue-full: INSUFFICIENT_DATA from the start\n" in shown


def test_junit_has_a_case_for_each_expectation() -> None:
    xml = ElementTree.fromstring(render([ran(alert_test("0 41 40 41", at(1, "OK"), at(4, "OK")))]))

    assert [(case.get("name"), len(case)) for case in xml.iter("testcase")] == [
        ("queue-full at 1m", 0),
        ("queue-full at 4m", 1),
    ]
    assert [(suite.get("tests"), suite.get("failures")) for suite in xml.iter("testsuite")] == [("2", "1")]


@pytest.mark.parametrize(
    ("expected", "fires", "resolves"),
    [
        pytest.param([at(1, "OK")], False, False, id="OK before it ever fired shows nothing"),
        pytest.param([at(4, "ALARM")], True, False, id="ALARM shows that it fires"),
        pytest.param([at(4, "ALARM"), at(5, "OK")], True, True, id="OK afterwards that it resolves"),
        pytest.param([at(4, "OK")], False, False, id="an expectation that does not hold shows nothing"),
    ],
)
def test_coverage(expected: list[ExpectedState], fires: bool, resolves: bool) -> None:
    found = coverage([ran(alert_test("0 41 40 41 0 0", *expected))], subjects(RESOURCES, on_cloudwatch))

    assert found == (Covered("queue-full", fires, resolves),)


def test_an_alert_on_a_learned_band_is_tested_with_the_band_written_out() -> None:
    banded = replace(FULL, op="gt", anomaly=Anomaly(deviations=Decimal(2), direction="above"))
    system = replace(SHOP, alerts=(banded,))
    resources, _ = compiled(system)
    (live,) = alarms_of(resources, on_cloudwatch).bodies
    bands = [
        InputSeries(values=values, metric=f"ANOMALY_DETECTION_BAND:waiting{{Alarm={live},Bound={bound}}}")
        for bound, values in (("lower", "3x5"), ("upper", "40x2 44x2"))
    ]
    test = alert_test("0 41 40 41 45 46", at(4, "OK"), at(6, "ALARM"))
    test = replace(test, series=(*test.series, *bands))
    found, problems = run(test, system, alarms_of(resources, on_cloudwatch))

    assert problems == ()
    assert [outcome.state for outcome in found.outcomes] == ["OK", "ALARM"]
