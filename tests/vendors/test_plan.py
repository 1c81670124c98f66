"""Wanted against live: which steps, and in which order."""

from __future__ import annotations

import json
from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sereno.vendors.backend import Change, Resource
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.plan import Saved, dump, fingerprint, load, only, ordered, plan, render, taken


def metric(name: str, threshold: float = 7.0) -> Resource:
    return Resource("metric-alarm", name, {"AlarmName": name, "Threshold": threshold, "EvaluationPeriods": 3})


def composite(name: str, *children: str, suppressor: str = "") -> Resource:
    rule = " OR ".join(f'ALARM("{child}")' for child in children)
    body = {"AlarmName": name, "AlarmRule": rule}
    return Resource(
        "composite-alarm", name, {**body, "ActionsSuppressor": suppressor} if suppressor else body
    )


def steps(changes: Sequence[Change]) -> list[str]:
    return [f"{change.verb} {change.resource.address}" for change in changes]


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        pytest.param([metric("a")], [metric("a")], [], id="the same needs nothing"),
        pytest.param([metric("a")], [], ["create a"], id="what is not there is created"),
        pytest.param([], [metric("a")], ["delete a"], id="what is not wanted is deleted"),
        pytest.param([metric("a", 8)], [metric("a")], ["update a"], id="what differs is changed"),
        pytest.param(
            [composite("a", "z"), metric("z")], [], ["create z", "create a"], id="children before composites"
        ),
        pytest.param(
            [composite("a", "z", suppressor="s"), metric("z"), composite("s", "z")],
            [],
            ["create z", "create s", "create a"],
            id="a suppressor before what it suppresses",
        ),
        pytest.param(
            [],
            [composite("a", "b"), composite("b", "c"), metric("c")],
            ["delete a", "delete b", "delete c"],
            id="composites before their children's deletion",
        ),
        pytest.param(
            [composite("a", "b"), metric("b")],
            [composite("a", "b", "c"), metric("b"), metric("c")],
            ["update a", "delete c"],
            id="a child is dropped from the rule before it is deleted",
        ),
        pytest.param(
            [composite("a", "b"), metric("b")],
            [metric("a"), composite("p", "a")],
            ["delete p", "delete a", "create b", "create a"],
            id="a name that changes its kind is made again, and what stands on it goes first",
        ),
        pytest.param(
            [composite("a", "b"), metric("b"), composite("p", "a")],
            [metric("a"), metric("b"), composite("p", "a")],
            ["delete p", "delete a", "create a", "create p"],
            id="what stands on a changed kind and is wanted is made again",
        ),
    ],
)
def test_the_steps(wanted: list[Resource], live: list[Resource], expected: list[str]) -> None:
    assert expected == steps(plan(wanted, live, TERMS))


def test_a_cycle_that_others_made_is_still_put_in_an_order() -> None:
    things = {TERMS.name(r): r for r in (composite("a", "b"), composite("b", "a"))}

    assert sorted(ordered(things, TERMS)) == ["alarm:a", "alarm:b"]


def test_a_change_is_told_field_by_field() -> None:
    live = Resource(
        "metric-alarm",
        "a",
        {
            "AlarmName": "a",
            "EvaluationPeriods": 3,
            "Threshold": 5.0,
            "AlarmActions": ["y", "x"],
            "Dimensions": [{"Name": "Q", "Value": "old"}, {"Name": "P", "Value": "p"}],
            "Tags": [{"Key": "k", "Value": "v"}],
        },
    )
    wanted = Resource(
        "metric-alarm",
        "a",
        {
            "AlarmName": "a",
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": 6.5,
            "AlarmActions": ["x", "y"],
            "Dimensions": [{"Name": "P", "Value": "p"}, {"Name": "Q", "Value": "new"}],
        },
    )

    assert render(plan([wanted], [live], TERMS)) == (
        "~ metric-alarm a\n"
        "    DatapointsToAlarm: 3 -> 2\n"
        '    Dimensions.Q: "old" -> "new"\n'
        '    Tags: {"k": "v"} -> (none)\n'
        "    Threshold: 5.0 -> 6.5\n"
        "0 to create, 1 to change, 0 to delete\n"
    )


def test_of_a_text_of_several_lines_those_that_change_are_told() -> None:
    live, wanted = (
        Resource("metric-alarm", "a", {"AlarmName": "a", "AlarmDescription": text})
        for text in (
            "Rows wait.\nCondition: age > 300\nOwner: users",
            "Rows wait.\nCondition: age > 240\nOwner: users",
        )
    )

    assert render(plan([wanted], [live], TERMS)) == (
        "~ metric-alarm a\n"
        "    AlarmDescription, by its lines:\n"
        '      - "Condition: age > 300"\n'
        '      + "Condition: age > 240"\n'
        "0 to create, 1 to change, 0 to delete\n"
    )


@pytest.mark.parametrize(
    "said",
    [
        {"ActionsEnabled": True},
        {"TreatMissingData": "missing"},
        {"DatapointsToAlarm": 3},
        {"OKActions": []},
        {"AlarmDescription": ""},
        {"Unit": None},
        {"EvaluateLowSampleCountPercentile": "evaluate"},
        {"EvaluationWindow": {"SlidingWindow": {}}},
    ],
    ids=lambda said: f"{next(iter(said))} at its default",
)
def test_what_the_vendor_says_unasked_is_no_difference(said: dict[str, object]) -> None:
    live = Resource("metric-alarm", "a", {**metric("a").body, **said})

    assert plan([metric("a")], [live], TERMS) == ()


def test_the_metrics_of_an_expression_are_compared_by_their_ids() -> None:
    def math(stat: str, reverse: bool) -> Resource:
        queries = [
            {"Id": "x", "Expression": "m * 3", "ReturnData": True},
            {
                "Id": "m",
                "MetricStat": {"Metric": {"MetricName": "M"}, "Period": 60, "Stat": stat},
                "ReturnData": False,
            },
        ]
        body = {"AlarmName": "a", "EvaluationPeriods": 1, "Metrics": queries[::-1] if reverse else queries}
        return Resource("metric-alarm", "a", body)

    (change,) = plan([math("Sum", False)], [math("Average", True)], TERMS)

    assert change.fields == (("Metrics.m.MetricStat.Stat", "Average", "Sum"),)


def test_a_name_of_somebody_else_is_not_taken() -> None:
    changes = plan([metric("a"), metric("b")], [], TERMS)

    assert [p.message for p in taken(changes, frozenset({"alarm:b"}), TERMS)] == [
        "`alarm:b` exists, and its tags do not say that it is ours"
    ]


WANTED = [metric("a/x"), composite("a", "a/x", suppressor="s"), composite("s", "t"), metric("t"), metric("u")]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["u"], ["create u"]),
        (["a/x"], ["create a/x"]),
        (["a"], ["create a/x", "create t", "create s", "create a"]),
        (["s", "u"], ["create t", "create s", "create u"]),
    ],
    ids=["one alone", "below an address", "with what it needs", "two"],
)
def test_a_target_brings_what_it_needs(targets: list[str], expected: list[str]) -> None:
    assert expected == steps(only(plan(WANTED, [], TERMS), targets, {}, TERMS))


def test_deleting_a_target_brings_what_stands_on_it() -> None:
    live = {TERMS.name(r): r for r in WANTED}
    changes = plan([metric("a/x"), composite("a", "a/x"), metric("u")], live.values(), TERMS)

    assert steps(only(changes, ["t"], live, TERMS)) == ["update a", "delete s", "delete t"]


def test_a_plan_in_a_file_is_read_back() -> None:
    changes = plan([metric("a", 8), metric("b")], [metric("a"), metric("c")], TERMS)
    saved = Saved("shop", "test", "cloudwatch", "account 1", fingerprint([metric("a")], TERMS), changes)

    assert load(dump(saved)) == saved
    assert dump(load(dump(saved))) == dump(saved)


NO_PLAN = "this is not a whole plan that `sereno plan --out` wrote"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not json", NO_PLAN),
        ("[]", NO_PLAN),
        ('{"format": 2}', NO_PLAN),
        ("[" * 100_000, NO_PLAN),
        (json.dumps({"format": 99, "changes": []}), "this sereno reads plans of format 2"),
        (json.dumps({"format": 2, "digest": "x"}), "somebody has changed this plan since it was made"),
    ],
    ids=["no JSON", "a list", "nothing in it", "nested deeply", "of another format", "of another digest"],
)
def test_what_is_no_plan_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match="^" + expected):
        load(text)


@given(data=st.data())
def test_a_plan_that_is_cut_or_changed_anywhere_is_refused(data: st.DataObject) -> None:
    text = dump(Saved("shop", "test", "cloudwatch", "a", "f", plan([metric("a", 8)], [metric("b")], TERMS)))
    at = data.draw(st.integers(0, len(text) - 2))
    changed = data.draw(st.sampled_from([text[:at], text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]]))

    with pytest.raises(ValueError, match="plan"):
        load(changed)


def test_the_fingerprint_ignores_what_means_the_same() -> None:
    live = Resource("metric-alarm", "a", {**metric("a").body, "OKActions": [], "TreatMissingData": "missing"})

    assert fingerprint([live], TERMS) == fingerprint([metric("a")], TERMS)
    assert fingerprint([metric("a", 8)], TERMS) != fingerprint([metric("a")], TERMS)
