"""What is wrong in a file of resources is shown where it stands."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sereno.vendors.cloudwatch.limits import check_resources
from sereno.vendors.cloudwatch.limits.places import Places, _values
from tests.vendors.test_limits import alarm, composite, dashboard, expression, math, metric, planned, stat
from tests.vendors.test_limits import known as known_to_terraform

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\{}[],: \n', max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('k"\\{,:', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for key, inner in items for below in paths(inner, (*path, key)))]


@given(value=JSON, indent=st.sampled_from([None, 1, 3]))
def test_every_value_of_a_text_is_found_in_its_order(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    found = list(_values(text))

    assert [path for path, _ in found] == paths(value)
    for path, (start, end) in found:
        begins = json.dumps(path[-1]) if path and isinstance(path[-1], str) else ""
        assert text[start:end].startswith(begins)


def where(document: dict[str, Any]) -> list[tuple[str, str]]:
    """(what is shown, code) of each problem of a file with a line a value."""
    text = json.dumps(document, indent=1)
    lines = text.split("\n")
    return [
        (lines[p.where.line - 1][p.where.column - 1 : p.where.end - 1], p.code)
        for p in check_resources(document, "f.json", text)
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(alarm(Period=45), ('"Period"', "cw-period"), id="a field by its rule"),
        pytest.param(
            alarm(TreatMissingData="x"), ('"TreatMissingData"', "cw-choice"), id="a field by its shape"
        ),
        pytest.param(alarm(OKActions=["x"]), ('"x"', "cw-form"), id="an item of a list"),
        pytest.param(alarm(Perid=5), ('"Perid"', "cw-unknown-field"), id="a field that does not exist"),
        pytest.param(alarm(AlarmName=None), ("{", "cw-missing-field"), id="what is not there, at its object"),
        pytest.param(
            math(expression("m1 / m9"), stat("m1")),
            ('"Expression"', "cw-math-unknown-id"),
            id="an expression",
        ),
        pytest.param(
            math(expression("m1"), stat("m1", 45)), ('"Period"', "cw-period"), id="a period of a metric"
        ),
        pytest.param(composite("ALARM(a) AND"), ('"AlarmRule"', "cw-rule-syntax"), id="a rule"),
        pytest.param(dashboard(metric(view="line")), ('"view"', "cw-choice"), id="a property of a widget"),
        pytest.param(dashboard(metric(period=90)), ("{", "cw-widget-period"), id="a widget by its rule"),
        pytest.param(
            {"Dashboards": [{"DashboardName": "d", "DashboardBody": '{"widgets": 5}'}]},
            ('"DashboardBody"', "cw-wrong-type"),
            id="within a body that is a text, the body",
        ),
        pytest.param(
            {
                "resources": [
                    {"kind": "metric-alarm", "address": "a", "body": alarm(Period=45)["MetricAlarms"][0]}
                ]
            },
            ('"Period"', "cw-period"),
            id="what we built",
        ),
        pytest.param(
            planned(known_to_terraform(treat_missing_data="x"), {}),
            ('"treat_missing_data"', "cw-choice"),
            id="what Terraform plans, by its own names",
        ),
    ],
)
def test_a_problem_is_shown_where_it_stands(document: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in where(document)


def test_the_second_of_a_name_is_named_and_shown() -> None:
    document = {"MetricAlarms": [*alarm()["MetricAlarms"], *alarm(Period=45)["MetricAlarms"]]}
    text = json.dumps(document, indent=1)
    problems = check_resources(document, "f.json", text)

    assert [(p.where.line, p.message.partition(":")[0]) for p in problems if p.code == "cw-period"] == [
        (text.split("\n").index('   "Period": 45,') + 1, "orders-failing")
    ]


def test_without_the_text_it_is_the_file() -> None:
    span = Places("", "f.json").span(("MetricAlarms", 0))

    assert (span.file, span.line, span.column) == ("f.json", 1, 1)


@given(
    field=st.sampled_from(["Metrics", "AlarmActions", "Period", "Tags", "Dimensions"]), value=JSON, whole=JSON
)
def test_nothing_is_so_broken_that_it_has_no_place(field: str, value: Any, whole: Any) -> None:
    document = {
        "MetricAlarms": [{"AlarmName": "a", field: value}, whole],
        "Dashboards": whole,
        "resources": value,
    }
    text = json.dumps(document, indent=1)
    lines = len(text.split("\n"))

    assert all(1 <= p.where.line <= lines for p in check_resources(document, "f.json", text))
