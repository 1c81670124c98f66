"""From live monitors back to YAML: what was compiled means the same again, and the rest is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from sereno.cli import adopt
from sereno.vendors.backend import Resource
from sereno.vendors.datadog.importing import imported, written
from sereno.vendors.importing import here
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import SHOP

ROOT = Path(__file__).parents[3]


def monitor(query: str, kind: str = "monitor", **more: object) -> Resource:
    body = {
        "name": "shop: Slow",
        "message": "It is slow.\n@x",
        "query": query,
        "options": {},
        "tags": [],
        **more,
    }
    return Resource(kind, "", body)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sum(last_5m):sum:a.b{c:d}.as_count() > 3", ("a-b", "5m", "1 of 1", "gt")),
        ("avg(last_15m):avg:a.b{c:d} >= 3", ("a-b", "15m", "1 of 1", "gte")),
        ("min(last_3m):sum:a.b{c:d}.as_count() > 3", ("a-b", "1m", "3 of 3", "gt")),
        ("max(last_3m):avg:a.b{c:d} < 3", ("a-b", "1m", "3 of 3", "lt")),
        ("max(last_4m):avg:a.b{*} > 3", ("a-b", "1m", "1 of 4", "gt")),
        ("percentile(last_5m):p99:a.b{c:d} > 3", ("a-b", "5m", "1 of 1", "gt")),
    ],
)
def test_a_metric_monitor_is_an_alert(query: str, expected: tuple[str, ...]) -> None:
    found = imported([monitor(query)], "shop: ")
    (alert,) = found.alerts

    spec = alert["spec"]
    assert expected == (spec["signal"], spec["period"], spec["datapoints"], spec["op"])
    assert (alert["metadata"]["name"], spec["description"], spec["threshold"]) == ("slow", "It is slow.", 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("min(last_3m):default_zero(sum:a.b{c:d}.as_count()) > 3", ("3 of 3", "notBreaching")),
        ("max(last_5m):default_zero(sum:a.b{c:d}.as_count()) < 1", ("5 of 5", "breaching")),
        ("min(last_3m):default_zero(max:a.b{c:d}) / 100 > 0.8", ("3 of 3", "notBreaching")),
    ],
)
def test_a_metric_that_is_0_in_silence_says_what_silence_is(query: str, expected: tuple[str, str]) -> None:
    (alert,) = imported([monitor(query)], "").alerts

    assert expected == (alert["spec"]["datapoints"], alert["spec"]["missing"])


def test_arithmetic_is_an_expression_over_signals() -> None:
    query = "sum(last_5m):100 * (sum:a{c:d}.as_count() / (sum:a{c:d}.as_count() + sum:b{*}.as_count())) > 2.5"
    found = imported([monitor(query)], "")

    assert found.alerts[0]["spec"]["expr"] == "100 * (a / (a + b))"
    assert found.signals["b"]["datadog"] == {"query": "sum:b{*}.as_count()"}
    assert list(yaml.safe_load_all(written(found)["alerts/imported.yaml"])) == found.alerts


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (monitor("1 && 2", "composite-monitor"), "an SLO's policies or `inhibitedBy` make it"),
        (monitor("sum(last_5m):sum:a{b:c} by {d} > 3"), "it is grouped by tags"),
        (monitor("avg(last_5m):sum:a{b:c}.as_count() > 3"), "no datapoints say avg over 5m of these metrics"),
        (monitor("min(last_2h):avg:a{b:c} > 3"), "min of points that are no minutes"),
        (monitor("sum(last_5m):a - default_zero(sum:a{b:c}) > 3"), "a metric, a number or a function"),
        (monitor("sum(last_5m):sum:a{b:c} - default_zero(sum:d{b:c}) > 3"), "more than + - * / over metrics"),
        (monitor("change(avg(last_5m),last_1h):avg:a{b:c} > 3"), "it compares a value with what it was"),
        (monitor("avg(last_5m):max:a{b:c}.as_count() > 3"), "max of counts is none"),
        (monitor("anomalies(x) > 3"), "a query begins with a time aggregation"),
    ],
)
def test_what_cannot_be_said_is_told_and_left_out(resource: Resource, why: str) -> None:
    found = imported([resource], "shop: ")

    assert found.alerts == []
    assert why in found.left_out[0]


@pytest.mark.parametrize(
    ("more", "lost"),
    [
        ({"options": {"thresholds": {"critical": 3, "warning": 2}}}, ["its threshold warning 2"]),
        (
            {"options": {"thresholds": {"critical_recovery": 1.5}, "require_full_window": True}},
            ["its threshold critical_recovery 1.5", "its require_full_window True"],
        ),
        (
            {"options": {"evaluation_delay": 700, "renotify_interval": 10}},
            ["its evaluation_delay 700", "its renotify_interval 10"],
        ),
        ({"message": "Slow @a @b"}, ["who is told (@a @b), which is the routes' to say"]),
        ({"message": "Slow\nSee there."}, ["its message after the first line"]),
        ({"priority": 3}, ["its priority 3: it is a ticket"]),
        ({"tags": ["team:x", "zone:eu"]}, ["its tags zone:eu"]),
    ],
    ids=["a warning", "recovery", "options", "handles", "a message", "a priority", "tags"],
)
def test_what_an_alert_does_not_say_is_told(more: dict[str, object], lost: list[str]) -> None:
    given: dict[str, object] = {"message": "Slow", "priority": 4, **more}
    found = imported([monitor("avg(last_5m):avg:a{b:c} > 3", **given)], "shop: ")

    assert [alert["metadata"]["name"] for alert in found.alerts] == ["slow"]
    assert found.left_out == [f"of alert slow: {each}" for each in lost]


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"notify_no_data": True}, "breaching"),
        ({"notify_no_data": False}, "ignore"),
        ({"on_missing_data": "resolve"}, "notBreaching"),
    ],
)
def test_silence_that_is_told_of_breaches(options: dict[str, object], missing: str) -> None:
    (alert,) = imported([monitor("avg(last_5m):avg:a{b:c} > 3", options=options)], "").alerts

    assert alert["spec"]["missing"] == missing


def test_two_monitors_of_one_name_are_two_alerts_of_two() -> None:
    more = {"message": "Slow", "priority": 4}
    found = imported([monitor(f"avg(last_5m):avg:a{{b:c}} > {n}", **more) for n in (3, 4)], "shop: ")

    assert [alert["metadata"]["name"] for alert in found.alerts] == ["slow", "slow-2"]
    assert found.left_out == ["of alert slow-2: its name, which is another's: `slow`"]


def test_what_is_left_out_leaves_no_signal() -> None:
    found = imported([monitor("avg(last_5m):avg:a{b:c} + max:d{b:c} by {e} > 3")], "")

    assert (found.signals, found.alerts) == ({}, [])


def test_the_command_reads_others_monitors_by_their_names(account: Account, tmp_path: Path) -> None:
    account.applied(SHOP, SHOP)
    words: Sequence[str] = ("--prefix", "dlq", "--project", str(ROOT), "--out", str(tmp_path))
    app = Typer()
    adopt.add(app)
    found = CliRunner().invoke(app, ["datadog", *words, "--endpoint-url", account.url])

    assert found.exit_code == 0
    (alert,) = yaml.safe_load_all((tmp_path / "alerts" / "imported.yaml").read_text())
    assert alert["spec"]["severity"] == "page"
    assert alert["spec"]["missing"] == "notBreaching"


def test_what_this_project_declares_is_left_out(account: Account) -> None:
    account.applied(SHOP, SHOP)
    live = list(account.backend(SHOP).named(""))
    found = imported(live, "", here(SHOP))

    said = {line.rpartition(" (")[0] for line in found.left_out}
    assert (found.alerts, found.signals) == ([], {})
    assert said == {
        *(f"{alert.name}: this project declares it" for alert in SHOP.alerts),
        *(f"everything of SLO {slo.name}: this project declares it" for slo in SHOP.slos),
    }
    assert len(said) == len(found.left_out)


def test_a_monitor_of_others_takes_no_name_that_the_project_has_already() -> None:
    taken = replace(SHOP, signals={"a-b": next(iter(SHOP.signals.values()))})
    other = monitor("avg(last_5m):avg:a.b{c:d} > 3", name=SHOP.alerts[0].name)
    found = imported([other], "", here(taken))

    name = f"{SHOP.alerts[0].name}-2"
    assert [alert["metadata"]["name"] for alert in found.alerts] == [name]
    assert list(found.signals) == ["a-b-2"]
    assert found.left_out[0] == f"of alert {name}: its name, which is another's: `{SHOP.alerts[0].name}`"
