"""This repository's own alarms before the judge, on both vendors: who is told of which minute of what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from sereno.language import load_system, names
from sereno.language.model import System
from sereno.local import on_cloudwatch, on_datadog, watch
from sereno.local.clock import Clock
from sereno.local.inbox import Inbox
from sereno.local.judge import Judge
from sereno.local.metrics import MetricStore
from sereno.local.monitor_api import MonitorApi
from sereno.local.second_names import second_names
from sereno.local.vendor import Told, Vendor
from sereno.vendors import cloudwatch
from sereno.vendors.datadog.fake import serving
from tests.e2e.conftest import PROJECT
from tests.local.minutes import fill

T0 = 1_800_000_000
CALM = 30  # minutes before anything happens


@dataclass(frozen=True)
class Applied:
    """A vendor with all that this repository compiles for it."""

    system: System
    vendor: Vendor
    told: Told


def _system(backend: str) -> System:
    system, problems = load_system(PROJECT, "local", backend)
    assert system is not None, problems
    return system


@pytest.fixture(scope="module")
def on() -> Mapping[str, Applied]:
    ours, theirs = _system("cloudwatch"), _system("datadog")
    resources, _ = cloudwatch.compile(ours)
    bodies = {str(r.body["AlarmName"]): r.body for r in resources if "AlarmName" in r.body}
    with serving() as (url, fake):
        watch.apply(theirs, url)
        found: list[Told] = []
        MonitorApi(theirs, fake, url, Inbox({}), Clock(1.0, T0)).read(found.append)
    return {
        "CloudWatch": Applied(ours, on_cloudwatch, Told(bodies)),
        "Datadog": Applied(theirs, on_datadog, found[0]),
    }


Minute = Callable[[int], Mapping[str, object]]  # how `fill` fills a minute after the calm


def _reached(applied: Applied, minutes: int, minute: Minute) -> Iterator[tuple[int, str, str, str]]:
    """(minutes after the calm, receiver, alert, state) of everything told."""
    system, vendor = applied.system, applied.vendor
    store = MetricStore(Clock(1.0, T0), second_names(system.signals.values()))
    known = {way: name for name, each in system.receivers.items() for way in vendor.reached(each)}
    judge = Judge(store, vendor)
    judge.take(applied.told, T0)
    for number in range(-CALM, minutes):
        at = T0 + 60 * number
        fill(system, store, at, **(minute(number) if number >= 0 else {}))
        if number >= -2:
            actions = judge.at(at + 60, lambda *_: False)[1]
        for action in actions if number >= 0 else ():  # CloudWatch tells of its first OK as well
            alert = action.name.removeprefix(names.prefix(system))
            yield number + 1, known[action.target], alert, action.state
    assert judge.problems == {}


@pytest.mark.parametrize(
    ("vendor", "fires"),
    [
        # CloudWatch looks at two datapoints more where some are missing: `engine.parameters.extra_periods`.
        pytest.param("CloudWatch", 7, id="CloudWatch"),
        pytest.param("Datadog", 5, id="Datadog"),
    ],
)
def test_a_canary_that_is_not_heard_of_pages(on: Mapping[str, Applied], vendor: str, fires: int) -> None:
    silent = {"silent": lambda metric: metric.metric == "RoundTrips"}
    found = [told for told in _reached(on[vendor], 9, lambda _: silent) if told[2] == "alert-canary-silent"]
    assert found == [(fires, "on-call", "alert-canary-silent", "ALARM")]


@pytest.mark.parametrize(
    ("vendor", "state"),
    [
        pytest.param("CloudWatch", "ALARM", id="CloudWatch"),
        pytest.param("Datadog", "INSUFFICIENT_DATA", id="Datadog"),
    ],
)
def test_an_slo_that_is_not_measured_is_a_ticket_once(
    on: Mapping[str, Applied], vendor: str, state: str
) -> None:
    silent = {"silent": lambda metric: metric.metric == "RowsFresh"}
    every = _reached(on[vendor], 20, lambda _: silent)
    found = [told for told in every if told[2] == "slo-row-freshness-no-data"]
    assert [told[1:] for told in found] == [("team-tickets", "slo-row-freshness-no-data", state)]
    assert found[0][0] <= 16


@pytest.mark.parametrize("vendor", ["CloudWatch", "Datadog"])
@pytest.mark.parametrize(
    ("minutes", "minute", "alert", "told"),
    [
        pytest.param(
            40,
            lambda n: {"bad": n < 2},
            "slo-get-availability-page",
            [(1, "on-call", "ALARM"), (32, "on-call", "OK")],
            id="two bad minutes page in the first, and it ends when half an hour has passed",
        ),
        pytest.param(5, lambda _: {}, "slo-get-availability-page", [], id="calm minutes page nobody"),
        pytest.param(
            4,
            lambda _: {"silent": lambda metric: metric.namespace == "AWS/SQS"},
            "alert-dlq-not-empty",
            [],
            id="a queue of which nothing is heard is not taken to hold messages",
        ),
    ],
)
def test_whom_it_tells_and_when(
    on: Mapping[str, Applied],
    vendor: str,
    minutes: int,
    minute: Minute,
    alert: str,
    told: list[tuple[int, str, str]],
) -> None:
    every = _reached(on[vendor], minutes, minute)
    assert [(n, who, state) for n, who, name, state in every if name == alert] == told
