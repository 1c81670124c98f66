"""What the functions emit and what slo/signals.yaml reads, held together both ways."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import psycopg
import pytest
import yaml

from sereno.local.valkey import Valkey
from telemetry import signals
from telemetry.signals import Signal
from tests.functions import events
from tests.functions.aws import Aws
from tests.functions.conftest import ENVIRONMENT, ROOT, Configure, Context, Written
from tests.functions.test_api import ANA, ID
from tests.functions.test_canary import Target

Admin = psycopg.Connection[tuple[Any, ...]]
Output = Callable[[], Written]

DECLARED: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "slo" / "signals.yaml").read_text())["spec"]


def declared(function: str) -> dict[str, dict[str, Any]]:
    """The signals that a function is said to emit."""
    return {name: each for name, each in DECLARED.items() if each.get("emittedBy") == f"functions/{function}"}


def read(function: str) -> set[tuple[str, str, str]]:
    """(metric, unit, service) of them, as CloudWatch is asked."""
    asked = [(each["cloudwatch"], each["unit"]) for each in declared(function).values()]
    return {(metric["metric"], unit, metric["dimensions"]["service"]) for metric, unit in asked}


def every_get(api: ModuleType, configure: Configure, aws: Aws) -> None:
    """Found, absent, refused, unknown; then without a database and without a topic."""
    for event in (
        events.http("GET", "/users"),
        events.http("GET", f"/users/{ID}"),
        events.http("GET", "/users", query={"limit": "x"}),
        events.http("GET", "/nothing"),
        events.post(ANA),
        events.post("{"),
    ):
        api.handler(event, Context())
    api.database().close()
    api.database.cache_clear()
    configure("api", DB_PORT="1")
    aws.fault = "500 InternalError"
    for event in (events.http("GET", "/users"), events.post(ANA)):
        api.handler(event, Context())


def test_the_api_emits_what_is_read(
    api: ModuleType, admin: Admin, aws: Aws, valkey: Valkey, configure: Configure, written: Output
) -> None:
    configure("api", CACHE_HOST="127.0.0.1", CACHE_PORT=str(valkey.port))
    every_get(api, configure, aws)
    assert written().signals == read("api")


def test_the_subscriber_emits_what_is_read(
    subscriber: ModuleType, admin: Admin, valkey: Valkey, configure: Configure, written: Output
) -> None:
    configure("subscriber", CACHE_HOST="127.0.0.1", CACHE_PORT=str(valkey.port))
    good, bad = events.record(events.message(1, synthetic=True), 1), events.record("{", 2, receives=20)
    subscriber.handler(events.batch(good, good, bad, events.record(events.message(3), 3)), Context())
    subscriber.database().close()
    subscriber.database.cache_clear()
    configure("subscriber", DB_PORT="1")
    subscriber.handler(events.batch(good), Context())
    assert written().signals == read("subscriber")


def test_the_canary_emits_what_is_read(
    canary: ModuleType, monkeypatch: pytest.MonkeyPatch, written: Output
) -> None:
    target = Target(absent=0)
    monkeypatch.setenv("CANARY_URL", target.url)
    for target.status in (0, 503):
        canary.handler({}, Context())
    target.close()
    canary.handler({}, Context())
    assert written().signals == read("canary")


def test_no_signal_is_read_of_a_function_that_does_not_exist() -> None:
    emitters = {each.get("emittedBy") for each in DECLARED.values()} - {None, "aws"}
    assert emitters == {"functions/api", "functions/subscriber", "functions/canary"}


def test_every_metric_is_read_from_the_namespace_the_functions_have() -> None:
    functions = [each for name in ("api", "subscriber", "canary") for each in declared(name).values()]
    namespaces = {
        each["cloudwatch"]["namespace"].replace("${environment}", ENVIRONMENT) for each in functions
    }
    assert namespaces == {f"Sereno/{ENVIRONMENT}"}
    assert {len(each["cloudwatch"]["dimensions"]) for each in functions} == {1}


def test_datadog_is_asked_for_the_names_it_is_sent(
    subscriber: ModuleType, admin: Admin, valkey: Valkey, configure: Configure, written: Output
) -> None:
    on = {"CACHE_HOST": "127.0.0.1", "CACHE_PORT": str(valkey.port), "SERENO_METRICS": "datadog"}
    configure("subscriber", **on)
    subscriber.handler(events.batch(events.record(events.message(1), 1)), Context())
    sent = {(line["m"], *line["t"]) for line in written().lines if "m" in line}
    queries = [each["datadog"]["query"] for each in declared("subscriber").values()]
    asked = {
        re.match(r"\w+:([\w.]+){(.*)}", query.replace("${environment}", ENVIRONMENT)) for query in queries
    }
    assert sent == {(found[1], *found[2].split(",")) for found in asked if found}


def test_every_signal_of_the_functions_is_emitted_somewhere() -> None:
    """The module of names has none to spare."""
    names = {each.name for each in vars(signals).values() if isinstance(each, Signal)}
    assert names == {metric for name in ("api", "subscriber", "canary") for metric, _, _ in read(name)}


def test_an_emitted_line_is_what_the_format_allows(api: ModuleType, admin: Admin, written: Output) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    api.handler(events.http("GET", "/users"), Context())
    [line] = [each for each in written().lines if "_aws" in each]
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (f"Sereno/{ENVIRONMENT}", [["service"]])
    assert all(len(line[metric["Name"]]) <= 100 for metric in directive["Metrics"])
    assert len(json.dumps(line)) < 1_000_000
