"""From live monitors back to YAML: what was compiled means the same again, and the rest is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from sereno.cli import adopt
from sereno.vendors.backend import Resource
from sereno.vendors.datadog.importing import imported, written
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
        (monitor("anomalies(x) > 3"), "a query begins with a time aggregation"),
    ],
)
def test_what_cannot_be_said_is_told_and_left_out(resource: Resource, why: str) -> None:
    found = imported([resource], "shop: ")

    assert found.alerts == []
    assert why in found.left_out[0]


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
