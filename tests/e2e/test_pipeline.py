"""The pipeline as its callers and its watchers see it: one real stack, real requests."""

from __future__ import annotations

import numpy as np

from sereno.language import names
from sereno.local.observe import LocalObserver
from sereno.local.stack import Stack
from sereno.report import observe
from tests.e2e.conftest import ask, until


def _posted(stack: Stack, name: str) -> str:
    status, body = ask(stack.url, "POST", "/users", {"name": name, "email": "e2e@example.com"})
    assert status == 202, body
    return str(body["message_id"])


def test_a_posted_user_can_be_read_by_its_message_id_and_in_the_list(stack: Stack) -> None:
    message = _posted(stack, "Ada End-to-End")
    status, user = until(lambda: _found(ask(stack.url, "GET", f"/users/{message}")))
    assert (status, user["id"], user["name"]) == (200, message, "Ada End-to-End")
    listed = ask(stack.url, "GET", "/users?limit=100")[1]["users"]
    assert [each["name"] for each in listed if each["id"] == message] == ["Ada End-to-End"]


def _found(answer: tuple[int, dict[str, str]]) -> tuple[int, dict[str, str]] | None:
    return answer if answer[0] == 200 else None


def test_the_canarys_rows_are_there_and_left_out_of_lists(stack: Stack) -> None:
    assert until(lambda: _sum(stack, "RoundTripsGood")) > 0
    names_listed = {user["name"] for user in ask(stack.url, "GET", "/users?limit=100")[1]["users"]}
    assert not {name for name in names_listed if "canary" in name.lower()}


def _sum(stack: Stack, metric: str) -> float:
    keys = [key for key in stack.metrics.list() if key.metric == metric]
    end = stack.clock.minute() + 60
    return sum(float(np.nansum(stack.metrics.read(key, end - 3_600, end).total)) for key in keys)


def test_a_post_is_traced_to_its_row(stack: Stack) -> None:
    message = _posted(stack, "Grace Traced")
    stored = until(lambda: [s for s in stack.traces.follow(message) if s.service == "users-subscriber"])
    followed = stack.traces.follow(message)
    services = {span.service for span in followed}
    assert {"users-api", "users-subscriber"} <= services
    posted = next(span for span in followed if span.service == "users-api")
    assert posted.trace_id in {span.trace_id for span in stored}


def test_the_canarys_traffic_alone_gives_every_slo_data(stack: Stack) -> None:
    stack.ticker.wait(stack.ticker.judged + 5 * 60, 20.0)
    assert stack.system is not None
    report = observe(stack.system, LocalObserver(stack.console), at=stack.ticker.judged)
    assert [slo.name for slo in report.slos if slo.state == "no_data"] == []
    assert len(report.slos) == len(stack.system.slos) == 5


def test_each_slo_has_its_alarms_in_the_emulators_cloudwatch(stack: Stack) -> None:
    assert stack.system is not None
    cloudwatch = stack.emulator.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    live = {
        alarm["AlarmName"]
        for page in pages
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in page[kind]
    }
    wanted = {names.live(stack.system, names.burn(slo.name, "page")) for slo in stack.system.slos}
    assert wanted <= live
