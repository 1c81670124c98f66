"""What Datadog would refuse is found first: our rules against bodies, and the fake's against the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from sereno.vendors import written
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog import fake_rules, limits_files
from sereno.vendors.datadog.forms import MONITORS, SLOS
from sereno.vendors.datadog.limits import check, explanations
from tests.vendors.datadog.systems import SHOP

BODIES: Mapping[str, Resource] = {r.address: r for r in compiled(SHOP)[0]}
DLQ = "alert/dlq-not-empty"
BURN = "slo/orders-latency/page"
TICKET = "slo/orders-latency/ticket"
SLO = "slo/orders-latency"


def changed(address: str, path: tuple[Any, ...], value: Any) -> Resource:
    """A compiled body with one thing else."""
    resource = BODIES[address]
    body = deepcopy(dict(resource.body))
    holder: Any = body
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return Resource(resource.kind, address, body, resource.where)


WIDE = [{"definition": {"type": "note", "content": "x"}, "layout": {"x": 7, "y": 0, "width": 6, "height": 1}}]
TWICE = [
    {"definition": {"type": "note", "content": "x"}, "layout": {"x": 0, "y": 0, "width": 6, "height": 1}}
] * 2
COMPUTED = "sum:a{b:c}.as_count() / sum:d{b:c}.as_count()"
ELEVEN = " || ".join(str(n) for n in range(10_000, 10_011))


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (changed(DLQ, ("query",), "max(last_1m):max:aws.sqs.x{ > 0"), "dd-query-grammar"),
        (changed(DLQ, ("options", "thresholds"), {"critical": 1.0}), "dd-threshold-in-query"),
        (changed(DLQ, ("query",), "max(last_30s):max:a{b:c} > 0"), "dd-window-of-query"),
        (changed(DLQ, ("query",), "max(last_2mo):max:a{b:c} > 0"), "dd-window-of-query"),
        (changed(DLQ, ("query",), "max(last_5m):max:a{b:c}.as_count() > 0"), "dd-query-grammar"),
        (changed(DLQ, ("type",), "slo alert"), "dd-query-grammar"),
        (changed(BURN, ("type",), "query alert"), "dd-query-grammar"),
        (changed(DLQ, ("options", "thresholds"), {"critical": 0, "warning": 2}), "dd-threshold-in-query"),
        (
            changed(DLQ, ("options", "thresholds"), {"critical": 0, "critical_recovery": 1}),
            "dd-threshold-in-query",
        ),
        (changed(DLQ, ("options", "thresholds"), {"critical": "0"}), "dd-threshold-in-query"),
        (changed(DLQ, ("options", "evaluation_delay"), "900"), "dd-evaluation-delay"),
        (changed(DLQ, ("options", "on_missing_data"), "bogus"), "dd-on-missing-data"),
        (changed(DLQ, ("options", "notify_no_data"), True), "dd-on-missing-data"),
        (changed(BURN, ("options", "on_missing_data"), "resolve"), "dd-on-missing-data"),
        (
            changed(DLQ, ("query",), "max(last_5m):default_zero(max:a{b:c}) > 0"),
            "dd-on-missing-data",
        ),
        (changed(DLQ, ("tags",), ["end:"]), "dd-tags-form"),
        (changed(TICKET, ("query",), "1"), "dd-composite-of-monitors"),
        (changed(TICKET, ("query",), "1 2 && && )"), "dd-composite-of-monitors"),
        (changed(TICKET, ("query",), "1 && (2 || 3"), "dd-composite-of-monitors"),
        (changed(BURN, ("query",), BODIES[BURN].body["query"].replace(">", "<")), "dd-burn-windows"),
        (changed(BURN, ("query",), BODIES[BURN].body["query"].replace("30d", "28d")), "dd-burn-windows"),
        (changed(DLQ, ("options", "evaluation_delay"), 90_000), "dd-evaluation-delay"),
        (changed(DLQ, ("priority",), 6), "dd-monitor-form"),
        (changed(DLQ, ("tags",), ["1st:x"]), "dd-tags-form"),
        (changed(BURN, ("options", "thresholds"), {"critical": 13.0}), "dd-threshold-in-query"),
        (
            changed(BURN, ("query",), BODIES[BURN].body["query"].replace('"1h"', '"72h"')),
            "dd-burn-windows",
        ),
        (
            changed(BURN, ("query",), BODIES[BURN].body["query"].replace('"5m"', '"1h"')),
            "dd-burn-windows",
        ),
        (changed(TICKET, ("query",), ELEVEN), "dd-composite-of-monitors"),
        (changed(TICKET, ("query",), "a and b"), "dd-composite-of-monitors"),
        (changed(SLO, ("thresholds",), [{"timeframe": "30d", "target": 99.9999}]), "dd-slo-target"),
        (changed(SLO, ("thresholds",), [{"timeframe": "30d", "target": 100.0}]), "dd-slo-target"),
        (changed(SLO, ("thresholds",), [{"timeframe": "28d", "target": 99.0}]), "dd-slo-target"),
        (changed("dashboard/shop", ("widgets",), WIDE), "dd-widgets-in-place"),
        (changed("dashboard/shop", ("widgets",), TWICE), "dd-widgets-in-place"),
        (
            changed(BURN, ("query",), BODIES[BURN].body["query"].replace("latency", "gone")),
            "dd-refers-to-nothing",
        ),
        (changed(DLQ, ("query",), f"min(last_5m):{COMPUTED} > 0"), "dd-counts-are-summed"),
    ],
)
def test_a_body_that_would_be_refused(resource: Resource, code: str) -> None:
    others = [each for address, each in BODIES.items() if address != resource.address]

    assert {problem.code for problem in check([*others, resource])} == {code}


@pytest.mark.parametrize(
    "resource",
    [
        changed(DLQ, ("query",), "max(last_1mo):-1 * max:a{b:c} > 0"),
        changed(DLQ, ("query",), "change(max(last_5m),last_1w):max:a{b:c} > 0"),
        changed(DLQ, ("options", "thresholds"), {"critical": 0, "warning": -1, "critical_recovery": -2}),
        changed(DLQ, ("query",), "max(last_5m):max:a{b:c} > 0.00000000000000000000"),
        changed(TICKET, ("query",), "!(1 && 2) || !!3"),
    ],
    ids=["a month and a sign", "a change", "a warning", "more digits than a double has", "a composite"],
)
def test_a_body_that_would_be_taken(resource: Resource) -> None:
    assert [problem.message for problem in check([resource])] == []


def refused(resource: Resource) -> list[str]:
    """By the fake's rules, with an id for each reference."""
    slos = {f"id{n}": r.body for n, (a, r) in enumerate(BODIES.items()) if r.kind in SLOS}
    ids = {a: f"id{n}" for n, a in enumerate(BODIES)}
    monitors = {n: r.body for n, r in enumerate(BODIES.values()) if r.kind in MONITORS}
    text = str(resource.body.get("query", ""))
    for address, identity in ids.items():
        text = text.replace(f"${{{address}}}", identity if address in SLO_ADDRESSES else identity[2:])
    body = {**resource.body, "query": text}
    if resource.kind in SLOS:
        return list(fake_rules.slo(resource.body))
    return list(fake_rules.monitor(body, slos, monitors))


SPENT = 'error_budget("${slo/orders-latency}").over("30d") >= 0'
SLO_ADDRESSES = {a for a, r in BODIES.items() if r.kind in SLOS}


@pytest.mark.parametrize("address", [a for a, r in BODIES.items() if r.kind in (*MONITORS, *SLOS)])
def test_what_is_compiled_the_fake_takes(address: str) -> None:
    assert refused(BODIES[address]) == []


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (changed(DLQ, ("query",), "nonsense"), "is invalid"),
        (changed(DLQ, ("query",), "max(last_5m):??!! > 0"), "is invalid"),
        (changed(DLQ, ("query",), "max(last_5m):max:a{} > 0"), "is invalid"),
        (changed(DLQ, ("query",), "max(last_5m):max:a{b:c}.as_count() > 0"), "is invalid"),
        (changed(DLQ, ("options", "thresholds"), {"critical": 0, "warning": 9}), "must be less than 0"),
        (changed(DLQ, ("options", "bogus"), 1), "Invalid options: bogus"),
        (changed(DLQ, ("tags",), ["end:"]), "Invalid tag"),
        (changed(TICKET, ("query",), "1 2 && && )"), "is invalid"),
        (changed(DLQ, ("options", "thresholds"), {"critical": 1.0}), "does not match that used in the query"),
        (
            changed(BURN, ("query",), BODIES[BURN].body["query"].replace('"1h"', '"72h"')),
            "between 1h and 48h",
        ),
        (
            changed(BURN, ("query",), BODIES[BURN].body["query"].replace("13.1", "25.1")),
            "above the maximum of 1 / (1 - target)",
        ),
        (changed(BURN, ("options", "on_missing_data"), "resolve"), "not supported for this monitor type"),
        (changed(DLQ, ("query",), f"min(last_5m):{COMPUTED} > 0"), "only be used with the sum aggregation"),
        (
            changed(DLQ, ("query",), "max(last_1m):default_zero(max:a{b:c}) > 0"),
            "cannot be set for a query with",
        ),
        (changed(BURN, ("query",), SPENT), "error budget threshold must be greater than 0"),
        (changed(TICKET, ("query",), ELEVEN), "2 to 10 monitors"),
        (changed(SLO, ("thresholds",), [{"timeframe": "28d", "target": 99.0}]), "Invalid timeframe"),
        (
            changed(SLO, ("sli_specification", "count", "good_events_formula"), {"formula": "gone"}),
            "unknown query",
        ),
    ],
)
def test_the_fake_refuses_what_datadog_refuses(resource: Resource, words: str) -> None:
    assert any(words in said for said in refused(resource))


def test_the_fake_refuses_a_widget_that_is_none() -> None:
    body = {"title": "t", "layout_type": "ordered", "widgets": [{"definition": {"type": "bogus"}}]}

    assert list(fake_rules.dashboard(body, {})) == ["Invalid widget definition: type bogus"]


def test_every_rule_is_explained() -> None:
    pages = explanations()

    assert [code for code, page in pages.items() if "Breaks:" not in page or "Keeps:" not in page] == []
    assert {code.partition("-")[0] for code in pages} == {"dd"}


def test_what_is_built_is_judged_from_its_file() -> None:
    document = json.loads(written.document(SHOP, list(BODIES.values())))
    broken = deepcopy(document)
    next(r for r in broken["resources"] if r["address"] == DLQ)["body"]["priority"] = 6

    assert limits_files.check_resources(document, "datadog.json") == ()
    assert [p.code for p in limits_files.check_resources(broken, "datadog.json")] == ["dd-monitor-form"]


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({}, []),
        ({"query": "max(last_5m):max:a{} > 1"}, ["dd-query-grammar"]),
        ({"query": 5}, ["dd-form"]),
        ({"tags": [1]}, ["dd-form"]),
        ({"options": None}, ["dd-form"]),
        ({"type": "bogus"}, ["dd-form"]),
    ],
    ids=["sound", "a query", "no query", "a tag", "no options", "a type"],
)
def test_monitors_as_the_api_lists_them_are_judged(more: dict[str, Any], codes: list[str]) -> None:
    options = {"thresholds": {"critical": 1.0}}
    one = {
        "id": 7,
        "name": "n",
        "type": "query alert",
        "query": "max(last_5m):max:a{b:c} > 1",
        "message": "m",
    }
    found = limits_files.check_resources([{**one, "options": options, **more}], "monitors.json")

    assert [p.code for p in found] == codes
