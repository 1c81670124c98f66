"""Silence within a composite is what CloudWatch makes of it: as compiled, judged by Datadog's own table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sereno.engine.datadog_resources import evaluate_monitors
from sereno.language.model import Alert, DatadogMetric, Slo, System
from sereno.vendors.datadog import compile as compiled
from tests.engine.series import Minutes, Values
from tests.vendors.datadog.systems import SHOP, SIGNALS
from tests.vendors.systems import AVAILABILITY, DLQ

_ = None
READ = {"latency": "max:latency{*}", "waiting": "max:waiting{*}", "orders": "sum:orders{*}.as_count()"}
SIGNALS_READ = {
    **SIGNALS,
    **{name: replace(SIGNALS[name], datadog=DatadogMetric(query=text)) for name, text in READ.items()},
}


def system(*alerts: Alert, slos: tuple[Slo, ...] = ()) -> System:
    return replace(SHOP, slos=slos, alerts=alerts, dashboards=(), budget_policies=(), signals=SIGNALS_READ)


def letters(of: System, address: str, **metrics: Values) -> str:
    bodies: dict[str, Any] = {resource.address: resource.body for resource in compiled(of)[0]}
    minutes = max(len(values) for values in metrics.values())
    found = evaluate_monitors(bodies, Minutes(**metrics), start=0, end=60 * minutes)
    return "".join("owA?"[state] for state in found[address].states)


CAUSE = replace(DLQ, name="cause", signal="latency", threshold=Decimal(7))
HELD = replace(DLQ, name="held", inhibited_by=("cause",))


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        pytest.param("missing", "AoAA", id="silence that says nothing holds nothing back"),
        pytest.param("notBreaching", "AoAA", id="silence that is health holds nothing back"),
        pytest.param("ignore", "AooA", id="silence that changes nothing holds back what was held back"),
        pytest.param("breaching", "AooA", id="silence that breaches holds back"),
    ],
)
def test_an_inhibitor_that_falls_silent(missing: Any, expected: str) -> None:
    series: dict[str, Values] = {"latency": [1, 9, _, 1], "waiting": [5, 5, 5, 5]}

    assert letters(system(replace(CAUSE, missing=missing), HELD), "alert/held", **series) == expected


def test_an_inhibitor_that_falls_silent_speaks_for_itself_as_ever() -> None:
    alerts = system(replace(CAUSE, missing="missing"), HELD)

    assert letters(alerts, "alert/cause", latency=[1, 9, _, 1]) == "oA?o"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        pytest.param("breaching", "oAAo", id="silence that breaches is an alert"),
        pytest.param("missing", "oAoo", id="silence that says nothing ends it"),
        pytest.param("notBreaching", "oAoo", id="silence that is health ends it"),
        pytest.param("ignore", "oAAo", id="silence that changes nothing"),
    ],
)
def test_an_inhibited_alert_that_falls_silent(missing: Any, expected: str) -> None:
    series: dict[str, Values] = {"latency": [1, 1, 1, 1], "waiting": [0, 5, _, 0]}

    assert letters(system(CAUSE, replace(HELD, missing=missing)), "alert/held", **series) == expected


def test_an_inhibited_alert_is_held_back_in_silence_too() -> None:
    series: dict[str, Values] = {"latency": [1, 9, 9, 1], "waiting": [_, _, _, _]}

    assert letters(system(CAUSE, replace(HELD, missing="breaching")), "alert/held", **series) == "AooA"


@pytest.mark.parametrize(
    ("waiting", "orders", "expected"),
    [
        pytest.param(9, 23, "A", id="breach and traffic"),
        pytest.param(9, 22, "o", id="breach without traffic"),
        pytest.param(_, 23, "A", id="silence amid traffic"),
        pytest.param(_, 22, "o", id="silence without traffic"),
        pytest.param(0, _, "A", id="nobody speaks of traffic"),
        pytest.param(_, _, "A", id="nothing speaks"),
        pytest.param(0, 23, "o", id="no breach"),
    ],
)
def test_a_guarded_alert_whose_silence_breaches(
    waiting: int | None, orders: int | None, expected: str
) -> None:
    alert = replace(DLQ, name="held", missing="breaching", guard=("orders", Decimal(23)))

    assert letters(system(alert), "alert/held", waiting=[0, waiting], orders=[99, orders])[-1] == expected


def test_m_of_n_silent_periods_breach() -> None:
    """In a row or not, and those before there was anything: `----0` is ALARM in AWS's table too."""
    alert = replace(DLQ, missing="breaching", datapoints=2, evaluation_periods=3, inhibited_by=("cause",))
    series: dict[str, Values] = {"latency": [0] * 6, "waiting": [0, _, 0, _, _, 0]}

    assert letters(system(alert, CAUSE), "alert/dlq-not-empty", **series) == "AAoAAA"


@pytest.mark.parametrize(
    ("query", "value", "asked"),
    [
        pytest.param("max:orders{*}", -3.0, "max:orders{*}.rollup(count, 60)", id="a gauge below 0"),
        pytest.param("p97:orders{*}", -3.0, "count:orders{*}", id="a percentile below 0"),
        pytest.param(
            "sum:orders{*}.as_count()", 0.0, "sum:orders{*}.rollup(count, 60)", id="a count of nothing"
        ),
    ],
)
def test_nothing_but_silence_is_no_data_of_an_slo(query: str, value: float, asked: str) -> None:
    orders = replace(SIGNALS["orders"], always=True, datadog=DatadogMetric(query=query))
    of = replace(system(slos=(AVAILABILITY,)), signals={**SIGNALS_READ, "orders": orders})
    (body,) = [dict(r.body) for r in compiled(of)[0] if r.address == "slo/orders-availability/no-data"]
    found = evaluate_monitors({"x": body}, Minutes(orders=[value] * 3 + [_] * 10), start=0, end=780)

    assert body["query"] == f"max(last_10m):{asked} < 0"
    assert "".join("owA?"[state] for state in found["x"].states) == "oooooooooooo?"
