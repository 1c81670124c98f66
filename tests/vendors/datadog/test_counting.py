"""M of N datapoints on Datadog: what is compiled, judged by the engine, against counting by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.datadog_resources import evaluate_monitors
from sereno.language.expr import Binary, Name, Number
from sereno.language.model import Alert, DatadogMetric, System
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog import query
from sereno.vendors.datadog.counted import read
from sereno.vendors.datadog.counting import Points
from sereno.vendors.datadog.importing import imported
from tests.engine.series import Minutes
from tests.vendors.datadog.systems import SHOP, SIGNALS
from tests.vendors.systems import DLQ

_ = None
READ = {"count": "sum:shop.a{*}.as_count()", "gauge": "max:shop.a{*}", "busy": "sum:shop.busy{*}.as_count()"}
HALVED = replace(
    SIGNALS["failed-percent"], name="halved", expr=Binary("/", Name("count"), Number(Decimal(2)))
)


def system(alert: Alert) -> System:
    read = {
        name: replace(SIGNALS["orders"], name=name, datadog=DatadogMetric(query=text))
        for name, text in READ.items()
    }
    return replace(SHOP, slos=(), alerts=(alert,), dashboards=(), signals={**read, "halved": HALVED})


def states(alert: Alert, values: Sequence[float | None], traffic: Sequence[float | None] = ()) -> str:
    """Minute by minute: o OK, A Alert, ? No Data."""
    bodies = {resource.address: resource.body for resource in compiled(system(alert))[0]}
    history = Minutes(**{"shop.a": list(values), "shop.busy": list(traffic)})
    found = evaluate_monitors(bodies, history, start=0, end=60 * len(values))
    return "".join("owA?"[state] for state in found["alert/dlq-not-empty"].states)


def an_alert(signal: str, op: str, threshold: object, m: int, n: int, missing: Any) -> Alert:
    return replace(
        DLQ,
        signal=signal,
        op=op,
        threshold=Decimal(str(threshold)),
        datapoints=m,
        evaluation_periods=n,
        missing=missing,
    )


def breaches(op: str, value: float | None, threshold: Decimal) -> bool | None:
    if value is None:
        return None
    exact = Decimal(str(value))
    return {
        "gt": exact > threshold,
        "gte": exact >= threshold,
        "lt": exact < threshold,
        "lte": exact <= threshold,
    }[op]


def by_hand(alert: Alert, window: Sequence[bool | None]) -> str:
    """Of a window with some data: a gap breaches or not, and says nothing in N of N of what else there is."""
    real = [point for point in window if point is not None]
    if alert.missing in ("missing", "ignore") and alert.datapoints == alert.evaluation_periods:
        return "A" if all(real) else "o"
    gaps = len(window) - len(real) if alert.missing == "breaching" else 0
    return "A" if sum(real) + gaps >= alert.datapoints else "o"


VALUES = {"count": [0, 1, 2, 3, 7], "halved": [0, 1, 6], "gauge": [-2.5, -2, 0, 0.1, 0.3, 3, 3.0000001, 8]}
LIMITS = {"count": ["0", "0.5", "2", "3"], "halved": ["0.5", "3"], "gauge": ["-2", "0", "0.3", "3", "3.5"]}


@given(st.data())
def test_a_monitor_counts_what_breaches_and_what_is_missing(data: st.DataObject) -> None:
    signal = data.draw(st.sampled_from(["count", "gauge", "halved"]))
    op = data.draw(st.sampled_from(["gt", "gte", "lt", "lte"]))
    n = data.draw(st.integers(2, 5))
    m = data.draw(st.integers(1, n))
    missing = data.draw(st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]))
    alert = an_alert(signal, op, data.draw(st.sampled_from(LIMITS[signal])), m, n, missing)
    values = data.draw(st.lists(st.sampled_from([*VALUES[signal], None]), min_size=n, max_size=12))

    found = states(alert, values)

    shown = [v / 2 if signal == "halved" and v is not None else v for v in values]
    for end in range(n, len(values) + 1):
        window = [breaches(op, value, alert.threshold) for value in shown[end - n : end]]
        if any(point is not None for point in window):
            assert (end, by_hand(alert, window)) == (end, found[end - 1])


@given(
    st.sampled_from([(1, 3), (2, 3), (3, 5)]),
    st.sampled_from(["missing", "ignore", "notBreaching"]),
    st.lists(
        st.tuples(st.sampled_from([0, 3, 9, None]), st.sampled_from([0, 22, 23, 90, None])),
        min_size=5,
        max_size=12,
    ),
)
def test_a_point_is_counted_where_there_is_enough_traffic(
    of: tuple[int, int], missing: str, values: list[tuple[int | None, int | None]]
) -> None:
    m, n = of
    alert = replace(an_alert("gauge", "gt", 3, m, n, missing), guard=("busy", Decimal(23)))
    found = states(alert, [value for value, _ in values], [traffic for _, traffic in values])

    for end in range(n, len(values) + 1):
        window = values[end - n : end]
        hits = sum((v or 0) > 3 and (t or 0) >= 23 for v, t in window)
        if all(any(each is not None for each in series) for series in zip(*window, strict=True)):
            assert (end, "A" if hits >= m else "o") == (end, found[end - 1])


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        pytest.param("breaching", "ooA?", id="silence that breaches is No Data, which is told"),
        pytest.param("notBreaching", "oooo", id="silence that is health is health"),
        pytest.param("missing", "ooo?", id="silence that says nothing shows itself"),
        pytest.param("ignore", "oooo", id="silence that changes nothing"),
    ],
)
def test_a_window_without_data_is_not_counted(missing: str, expected: str) -> None:
    alert = an_alert("gauge", "gt", 5, 2, 3, missing)

    assert states(alert, [1, 1, 1, _, _, _])[2:] == expected


@pytest.mark.parametrize(
    ("points", "value", "written"),
    [
        (Points("gt", Decimal(300)), "max:a{*}", "clamp_max(clamp_min((max:a{*} - 300) * 1000000000, 0), 1)"),
        (
            Points("gte", Decimal("-0.5")),
            "max:a{*}",
            "clamp_max(clamp_min((max:a{*} + 0.5) * 1000000000 + 1, 0), 1)",
        ),
        (
            Points("lt", Decimal("4.5")),
            "max:a{*} / max:b{*}",
            "clamp_max(clamp_min((4.5 - (max:a{*} / max:b{*})) * 1000000000, 0), 1)",
        ),
        (Points("gt", Decimal(0), whole=True), "sum:a{*}", "clamp_max(clamp_min(sum:a{*}, 0), 1)"),
        (Points("gte", Decimal(3), whole=True), "sum:a{*}", "clamp_max(clamp_min(sum:a{*} - 2, 0), 1)"),
        (Points("lt", Decimal("2.5"), whole=True), "sum:a{*}", "clamp_max(clamp_min(3 - sum:a{*}, 0), 1)"),
    ],
    ids=[
        "above a limit, by however little",
        "at least a limit below 0",
        "a ratio below a limit",
        "whole numbers above 0",
        "whole numbers of at least 3",
        "whole numbers below a fraction",
    ],
)
def test_a_point_that_is_counted_is_written_as_one(points: Points, value: str, written: str) -> None:
    assert points.written(value) == written


@given(
    st.sampled_from(["gt", "gte", "lt", "lte"]),
    st.integers(-9, 9),
    st.booleans(),
    st.sampled_from(["max:a{*}", "max:a{*} / max:b{*}"]),
)
def test_what_is_written_is_read_as_the_same_points(op: str, limit: int, whole: bool, value: str) -> None:
    points = Points(op, Decimal(limit), whole)
    found = read(query.parse_metrics(points.written(value)))

    assert found is not None
    again, meant = found
    assert isinstance(again, query.Metric) == (value == "max:a{*}")
    for number in range(-10, 11):
        assert breaches(op, number, points.limit) == breaches(meant.op, number, meant.limit)


@given(
    st.sampled_from([("gt", "3"), ("gte", "3"), ("lt", "2"), ("lte", "-0.5"), ("gt", "0.3")]),
    st.sampled_from(["count", "gauge"]),
    st.sampled_from([(2, 3), (3, 5), (4, 15)]),
    st.sampled_from(["missing", "breaching", "notBreaching"]),
)
def test_a_monitor_that_counts_is_imported_as_what_breaches_as_often(
    limit: tuple[str, str], signal: str, of: tuple[int, int], missing: str
) -> None:
    alert = an_alert(signal, *limit, *of, missing)
    (monitor,) = (r for r in compiled(system(alert))[0] if r.address == "alert/dlq-not-empty")
    found = imported([monitor], "")
    spec = found.alerts[0]["spec"]

    assert (spec["datapoints"], spec["period"]) == (f"{of[0]} of {of[1]}", "1m")
    assert spec["missing"] == missing
    assert found.signals[spec["signal"]]["datadog"] == {"query": READ[signal]}
    for value in (-1, -0.5, 0, 0.3, 1, 2, 3, 4):
        if signal == "gauge" or value in (0, 1, 2, 3, 4):
            again = breaches(spec["op"], value, Decimal(str(spec["threshold"])))
            assert breaches(alert.op, value, alert.threshold) == again
