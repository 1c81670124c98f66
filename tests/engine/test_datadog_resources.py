"""Datadog's monitors and SLOs as they are sent, judged together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import lists, sampled_from

from sereno.engine.datadog import Before, Monitor
from sereno.engine.datadog_resources import evaluate_monitors, read_monitor
from sereno.engine.datadog_slos import sli
from sereno.engine.datadog_windows import CannotEvaluateMonitor
from sereno.vendors.datadog.query import parse
from tests.engine.series import Minutes, Values

_ = None


def monitor(query: str, kind: str = "query alert", **options: Any) -> dict[str, Any]:
    return {"name": "monitor", "type": kind, "query": query, "options": options}


def letters(bodies: dict[str, Any], address: str, minutes: int, **metrics: Values) -> str:
    found = evaluate_monitors(bodies, Minutes(**metrics), start=0, end=60 * minutes)
    return "".join("owA?"[state] for state in found[address].states)


COUNT = "sum(last_5m):sum:a{*}.as_count() > 4"
GAUGE = "avg(last_5m):avg:a{*} > 4"


@pytest.mark.parametrize(
    ("query", "options", "expected"),
    [
        pytest.param(COUNT, {}, {}, id="nothing said"),
        pytest.param(
            COUNT,
            {"thresholds": {"critical": 4, "warning": 3.5, "critical_recovery": 2, "warning_recovery": 1}},
            {
                "warning": Decimal("3.5"),
                "critical_recovery": Decimal(2),
                "warning_recovery": Decimal(1),
            },
            id="every threshold",
        ),
        pytest.param(COUNT, {"on_missing_data": "default"}, {"missing": "zero"}, id="an empty count is zero"),
        pytest.param(GAUGE, {"on_missing_data": "default"}, {}, id="an empty gauge keeps its state"),
        pytest.param(GAUGE, {"on_missing_data": "resolve"}, {"missing": "ok"}, id="silence resolves"),
        pytest.param(GAUGE, {"on_missing_data": "show_no_data"}, {"missing": "no data"}, id="silence shows"),
        pytest.param(GAUGE, {"notify_no_data": True}, {"no_data_timeframe": 600}, id="two windows"),
        pytest.param(
            GAUGE,
            {"notify_no_data": True, "no_data_timeframe": 7},
            {"no_data_timeframe": 420},
            id="seven minutes",
        ),
        pytest.param(
            GAUGE,
            {"require_full_window": True, "evaluation_delay": 900},
            {"require_full_window": True, "evaluation_delay": 900},
            id="a full window, late",
        ),
    ],
)
def test_options(query: str, options: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read_monitor(monitor(query, **options)) == Monitor(query=parse(query), **expected)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("${a} && ${b}", "ooAoo", id="both"),
        pytest.param("${a} || ${b} && ${c}", "oAAoo", id="&& before ||"),
        pytest.param("(${a} || ${b}) && !${c}", "ooooA", id="brackets and not"),
        pytest.param("!(${a} || ${b})", "Aoooo", id="neither"),
    ],
)
def test_composites(condition: str, expected: str) -> None:
    single = {name: monitor(f"max(last_1m):max:{name}{{*}} > 0") for name in "abc"}
    series: dict[str, Values] = {"a": [0, 1, 1, 0, 0], "b": [0, 0, 1, 1, 1], "c": [0, 1, 1, 1, 0]}
    if condition == "${a} || ${b} && ${c}":
        series["b"] = [0, 0, 0, 0, 1]

    assert letters({**single, "x": monitor(condition, "composite")}, "x", 5, **series) == expected


def single(name: str) -> dict[str, Any]:
    """OK at 0, Warn at 1, Alert at 2, No Data without a value."""
    thresholds = {"critical": 1.5, "warning": 0.5}
    return monitor(
        f"max(last_1m):max:{name}{{*}} > 1.5", thresholds=thresholds, on_missing_data="show_no_data"
    )


# The second minute of: both OK, then the row's states. https://docs.datadoghq.com/monitors/types/composite/
@pytest.mark.parametrize(
    ("a", "b", "condition", "notified", "expected"),
    [
        pytest.param(a, b, condition, notified, expected, id=f"{a} {condition} {b}, notify {notified}")
        for a, b, condition, notified, expected in (
            (2, 1, "&&", False, "w"),
            (2, 1, "||", False, "A"),
            (2, 0, "&&", False, "o"),
            (2, 0, "||", False, "A"),
            (1, 0, "&&", False, "o"),
            (1, 0, "||", False, "w"),
            (_, 1, "&&", True, "?"),
            (_, 1, "||", True, "w"),
            (_, 1, "&&", False, "o"),
            (_, 1, "||", False, "w"),
            (_, 0, "&&", False, "o"),
            (_, 0, "||", False, "o"),
            (_, 0, "&&", True, "o"),
            (_, 0, "||", True, "?"),
            (_, _, "&&", True, "?"),
            (_, _, "||", True, "?"),
        )
    ],
)
def test_published_composites(
    a: int | None, b: int | None, condition: str, notified: bool, expected: str
) -> None:
    joined = monitor(f"${{a}} {condition} ${{b}}", "composite", notify_no_data=notified)
    bodies = {"a": single("a"), "b": single("b"), "x": joined}

    assert letters(bodies, "x", 2, a=[0, a], b=[0, b]) == "o" + expected


@pytest.mark.parametrize(
    ("notified", "expected"),
    [pytest.param(True, "Aoo?A", id="told"), pytest.param(False, "AoooA", id="not told: the last state")],
)
def test_not_no_data_is_no_data(notified: bool, expected: str) -> None:
    bodies = {"a": single("a"), "x": monitor("!${a}", "composite", notify_no_data=notified)}

    assert letters(bodies, "x", 5, a=[0, 1, 2, _, 0]) == expected


QUERIES = [{"name": name, "query": f"sum:{name}{{*}}.as_count()"} for name in ("good", "bad", "all")]


@pytest.mark.parametrize(
    ("formulas", "bad", "total"),
    [
        pytest.param({"good": "good", "total": "all"}, [0, 3, 0, 9], [9, 9, 0, 9], id="good of all"),
        pytest.param(
            {"good": "all - default_zero(bad)", "bad": "default_zero(bad)"},
            [0, 2, 0, 0],
            [9, 9, 0, 9],
            id="bad of all",
        ),
        pytest.param({"good": "good + bad", "total": "all"}, [0, 1, 0, 9], [9, 9, 0, 9], id="a sum of two"),
    ],
)
def test_events_of_an_slo(formulas: dict[str, str], bad: list[float], total: list[float]) -> None:
    count = {f"{name}_events_formula": {"formula": formula} for name, formula in formulas.items()}
    slo = {"sli_specification": {"count": {**count, "queries": QUERIES}}}
    history = Minutes(good=[9, 6, _, _], bad=[0, 2, _, _], all=[9, 9, _, 9])
    found = sli(slo, history, np.arange(60, 300, 60))

    assert [list(values) for values in found] == [bad, total]


def test_slices_of_an_slo_without_data_are_good() -> None:
    condition = {
        "comparator": "<",
        "threshold": 5.0,
        "query_interval_seconds": 60,
        "query": {"formulas": [{"formula": "all * 2"}], "queries": QUERIES},
    }
    found = sli(
        {"sli_specification": {"time_slice": condition}}, Minutes(all=[1, 3, _]), np.arange(60, 240, 60)
    )

    assert [list(values) for values in found] == [[0, 1, 0], [1, 1, 1]]


def test_a_burn_rate_reads_its_slo_before_the_test_began() -> None:
    count = {
        "good_events_formula": {"formula": "good"},
        "total_events_formula": {"formula": "all"},
        "queries": QUERIES,
    }
    bodies = {
        "slo/x": {"sli_specification": {"count": count}, "target_threshold": 90.0},
        "x": monitor(
            'burn_rate("${slo/x}").over("7d").long_window("1h").short_window("2m") > 5', "slo alert"
        ),
    }
    history = Minutes(good=[10] * 58 + [0] * 3 + [10] * 9, all=[10] * 70)
    found = evaluate_monitors(bodies, history, start=3_600, end=4_200)["x"]

    assert "".join("oA"[state // 2] for state in found.states) == "o" * 10
    bodies["x"]["query"] = bodies["x"]["query"].replace("> 5", "> 0.4")
    found = evaluate_monitors(bodies, history, start=3_540, end=4_200)["x"]
    assert "".join("oA"[state // 2] for state in found.states) == "oAAoooooooo"
    assert found.values[:4].tolist() == pytest.approx(
        [1 / 3, 0.5, 0.5, 0]
    )  # the lesser of the two burn rates


@pytest.mark.parametrize(
    ("bodies", "words"),
    [
        pytest.param({"x": monitor("sum:a{*}")}, "is none", id="a query that is none"),
        pytest.param({"x": monitor("&& ${a}", "composite")}, "no condition", id="half a condition"),
        pytest.param(
            {"x": monitor("${a}", "composite")}, "not among the monitors", id="a monitor nobody has"
        ),
        pytest.param(
            {"x": monitor("(${x} && ", "composite")}, "names x|no condition|bracket", id="a bracket open"
        ),
        pytest.param(
            {
                "x": monitor(
                    'burn_rate("${y}").over("7d").long_window("1h").short_window("5m") > 1', "slo alert"
                )
            },
            "not among the resources",
            id="an SLO nobody has",
        ),
        pytest.param(
            {"x": monitor('error_budget("${y}").over("7d") > 75', "slo alert")},
            "watches the SLO",
            id="the error budget of an SLO nobody has",
        ),
    ],
)
def test_what_cannot_be_judged_is_named(bodies: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEvaluateMonitor, match=words) as raised:
        evaluate_monitors(bodies, Minutes(), start=0, end=60)
    assert raised.value.monitor in bodies


STEPPED = {
    "sum": monitor(COUNT, on_missing_data="show_no_data"),
    "zero": monitor(COUNT, on_missing_data="default"),
    "held": monitor(GAUGE, thresholds={"critical": 4, "critical_recovery": 2}, on_missing_data="resolve"),
    "warns": monitor(GAUGE, thresholds={"critical": 4, "warning": 3, "warning_recovery": 1}),
    "silent": monitor(GAUGE, notify_no_data=True, no_data_timeframe=3),
    "full": monitor(GAUGE, require_full_window=True),
    "both": monitor("${sum} && !${zero}", "composite", notify_no_data=True),
    "kept": monitor("${silent} || !${sum}", "composite"),
}


@given(counts=lists(sampled_from([None, 0, 1, 2, 3, 4, 5, 9]), min_size=1, max_size=14))
def test_minute_by_minute_is_the_same_as_the_whole_stretch(counts: list[int | None]) -> None:
    history = Minutes(a=counts)
    whole = evaluate_monitors(STEPPED, history, start=0, end=60 * len(counts))
    before: dict[str, Before] = {}
    states: dict[str, list[int]] = {address: [] for address in STEPPED}
    for minute in range(1, len(counts) + 1):
        step = evaluate_monitors(STEPPED, history, start=60 * minute - 60, end=60 * minute, before=before)
        before = {address: timeline.last for address, timeline in step.items()}
        for address, timeline in step.items():
            states[address].extend(timeline.states.tolist())
    assert states == {address: timeline.states.tolist() for address, timeline in whole.items()}


def test_what_is_evaluated_every_ten_minutes_stands_between() -> None:
    bodies = {"day": monitor("sum(last_1d):sum:a{*}.as_count() > 4")}
    before = {"day": Before("Alert", seen=1_800)}
    found = evaluate_monitors(bodies, Minutes(a=[0] * 40), start=1_860, end=1_920, before=before)["day"]
    assert (found.states.tolist(), found.at(1_920), found.at(1_800)) == ([2], "Alert", "Alert")
