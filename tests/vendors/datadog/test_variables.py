"""What a viewer of a dashboard chooses, on either vendor."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from sereno.language.model import DatadogMetric, System, Variable
from sereno.vendors import cloudwatch
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog import fake_rules
from sereno.vendors.datadog.limits import check
from sereno.vendors.datadog.variables import put_in
from tests.vendors import systems
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import SHOP, STAGE


def chosen(*variables: Variable, system: System = SHOP) -> System:
    return replace(system, dashboards=(replace(system.dashboards[0], variables=variables),))


def dashboard(system: System) -> dict[str, Any]:
    (body,) = [dict(r.body) for r in compiled(system)[0] if r.kind == "dashboard"]
    return body


def test_a_variable_takes_the_place_of_its_tag_in_every_query() -> None:
    body = dashboard(chosen(STAGE))
    asked = json.dumps(body["widgets"])

    assert body["template_variables"] == [
        {"name": "order_stage", "prefix": "env", "defaults": ["test"], "available_values": ["test", "live"]}
    ]
    assert "sum:shop.orders{service:shop,$order_stage}.as_count()" in asked
    assert "env:test" not in asked
    assert "queuename:shop-dlq" in asked


def test_monitors_and_slos_stay_as_they_are() -> None:
    before = {r.address: r.body for r in compiled(SHOP)[0] if r.kind != "dashboard"}

    assert before == {r.address: r.body for r in compiled(chosen(STAGE))[0] if r.kind != "dashboard"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sum:a{env:test}", "sum:a{$v}"),
        ("sum:a{b:c, env:test ,d:e}", "sum:a{b:c,$v,d:e}"),
        ("sum:a{env:/users/{id},d:e}", "sum:a{$v,d:e}"),
        ("sum:a{my_env:test}", "sum:a{my_env:test}"),
        ("sum:a{environment:test}", "sum:a{environment:test}"),
        ("sum:env:test{b:c}", "sum:env:test{b:c}"),
        ("sum:a{env:x} / sum:b{env:y}", "sum:a{$v} / sum:b{$v}"),
    ],
    ids=[
        "alone",
        "among others",
        "a value with braces",
        "another tag that ends so",
        "another tag that begins so",
        "what is no scope",
        "in both of two metrics",
    ],
)
def test_which_tag_is_chosen(query: str, expected: str) -> None:
    found, _ = put_in([{"query": query}], (Variable(name="v", title="", datadog="env"),))

    assert found == [{"query": expected}]


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (Variable(name="v", title="", datadog="env"), {"name": "v", "prefix": "env", "defaults": ["*"]}),
        (
            Variable(name="v", title="", datadog="env", values=("a", "b"), default="b"),
            {"name": "v", "prefix": "env", "defaults": ["b"], "available_values": ["a", "b"]},
        ),
    ],
    ids=["everything at first, whatever there is", "listed values, one at first"],
)
def test_what_can_be_chosen(variable: Variable, expected: dict[str, Any]) -> None:
    assert dashboard(chosen(variable))["template_variables"] == [expected]


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        (replace(STAGE, datadog="region"), "no panel's query has a tag `region`"),
        (replace(STAGE, datadog=None), "it names no tag"),
    ],
)
def test_a_choice_of_nothing_is_a_warning_and_is_left_out(variable: Variable, words: str) -> None:
    system = chosen(variable)
    (problem,) = [p for p in compiled(system)[1] if p.code == "dd-variable"]

    assert (problem.severity, problem.message.partition(": ")[2]) == ("warning", words)
    assert "template_variables" not in dashboard(system)


def test_a_variable_in_a_signal_is_refused_since_a_monitor_knows_none() -> None:
    orders = replace(SHOP.signals["orders"], datadog=DatadogMetric(query="sum:a{$env}.as_count()"))
    broken = replace(SHOP, signals={**SHOP.signals, "orders": orders})

    assert any("only a dashboard knows" in p.message for p in compiled(broken)[1])


def broken(change: Any) -> Resource:
    resource = next(r for r in compiled(chosen(STAGE))[0] if r.kind == "dashboard")
    body = deepcopy(dict(resource.body))
    change(body)
    return Resource(resource.kind, resource.address, body)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: body.pop("template_variables"), "a query uses `$order_stage`"),
        (lambda body: body["template_variables"].append(body["template_variables"][0]), "two variables"),
    ],
)
def test_what_is_not_declared_is_refused_before_it_is_sent(change: Any, words: str) -> None:
    others = [r for r in compiled(SHOP)[0] if r.kind != "dashboard"]
    found = [p for p in check([*others, broken(change)]) if p.code == "dd-variables-declared"]

    assert [words in problem.message for problem in found] == [True]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([{"name": "a"}, {"name": "a"}], "unique names"),
        ([{"name": ""}], "unique names"),
        ([{"name": "a", "default": "x", "defaults": ["x"]}], "in conjunction"),
        ([{"name": "a", "available_values": ["x"], "defaults": ["y"]}], "among available_values"),
    ],
)
def test_what_the_fake_refuses(given: list[dict[str, Any]], words: str) -> None:
    body = {"title": "T", "layout_type": "ordered", "widgets": [], "template_variables": given}

    assert any(words in said for said in fake_rules.dashboard(body, {}))


def test_round_trip_and_what_a_hand_changed(account: Account) -> None:
    system = chosen(STAGE)
    account.applied(system, system)
    (live,) = account.fake.dashboards.values()
    live["template_variables"] = [
        {"name": "order_stage", "prefix": "env", "default": "test", "available_values": ["test", "live"]}
    ]
    assert account.steps(system, system) == ()  # as Datadog gave it back before `defaults`

    live["template_variables"][0]["available_values"] = ["test"]
    (change,) = account.steps(system, system)
    assert [path.partition("[")[0] for path, _, _ in change.fields] == ["template_variables"]
    assert account.applied(system, system) == []
    assert account.applied(system, SHOP) == []
    assert account.steps(SHOP, SHOP) == ()


def test_on_cloudwatch_it_is_a_property_of_every_metric() -> None:
    system = chosen(STAGE, system=systems.SHOP)
    (body,) = [r.body["DashboardBody"] for r in cloudwatch.compile(system)[0] if r.kind == "dashboard"]

    assert body["variables"] == [
        {
            "type": "property",
            "property": "Stage",
            "inputType": "select",
            "id": "order-stage",
            "label": "Stage",
            "visible": True,
            "defaultValue": "test",
            "values": [{"value": "test", "label": "test"}, {"value": "live", "label": "live"}],
        }
    ]
    assert [p for p in cloudwatch.compile(system)[1] if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        (replace(STAGE, cloudwatch="Region"), "no panel's metric has a dimension `Region`"),
        (replace(STAGE, cloudwatch=None), "it names no dimension"),
    ],
)
def test_a_choice_of_nothing_on_cloudwatch(variable: Variable, words: str) -> None:
    problems = cloudwatch.compile(chosen(variable, system=systems.SHOP))[1]

    assert [words in p.message for p in problems if p.code == "cw-variable"] == [True]


def test_a_variable_begins_as_one_of_its_values() -> None:
    found = compiled(chosen(replace(STAGE, default="zz")))[1]

    assert [(p.code, p.message.partition(": ")[2]) for p in found if "variable" in p.code] == [
        ("dd-variables-declared", "variable `order_stage` begins as `zz`, which is none of its values")
    ]
