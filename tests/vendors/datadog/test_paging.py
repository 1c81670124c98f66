"""Mutes laid and lifted by hand, mute windows, and a test page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.errors import Unable
from sereno.language.model import Route
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.downtimes import begun, length, rule
from sereno.vendors.datadog.fake import Answer
from sereno.vendors.datadog.paging import lay, lift, muted, page
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import NIGHTS, SHOP

NOW = datetime.now(UTC)


def lying(account: Account) -> list[dict[str, Any]]:
    found = [each["attributes"] for each in account.fake.downtimes.values()]
    return [each for each in found if each["status"] != "canceled"]


@pytest.mark.parametrize(
    ("reference", "addresses"),
    [
        ("dlq-not-empty", ["alert/dlq-not-empty"]),
        ("orders-availability/page", ["slo/orders-availability/page"]),
        (
            "orders-availability",
            [
                "slo/orders-availability/page",
                "slo/orders-availability/ticket",
                "slo/orders-availability/no-data",
            ],
        ),
    ],
)
def test_a_mute_lies_on_what_the_alert_speaks_through(
    account: Account, reference: str, addresses: list[str]
) -> None:
    calls = account.backend(SHOP).calls
    said = lay(calls, SHOP, reference, 7_200, "redriving", NOW)
    (laid,) = muted(calls, SHOP)

    assert said == f"muted until {NOW + timedelta(hours=2):%Y-%m-%d %H:%M} UTC: {', '.join(addresses)}"
    assert (laid.name, laid.reason, sorted(laid.alarms)) == (reference, "redriving", sorted(addresses))
    assert laid.until == f"{NOW + timedelta(hours=2):%Y-%m-%dT%H:%MZ}"
    assert {tuple(each["monitor_identifier"]["monitor_tags"]) for each in lying(account)} == {
        (f"sereno_address:{address}", "sereno_environment:test", "sereno_project:shop")
        for address in addresses
    }


def test_a_mute_is_lifted_alone_and_no_plan_sees_it(account: Account) -> None:
    account.applied(SHOP, SHOP)
    calls = account.backend(SHOP).calls
    lay(calls, SHOP, "orders-latency", 3_600, "noise", NOW)
    lay(calls, SHOP, "dlq-not-empty", 3_600, "known", NOW)
    lay(calls, replace(SHOP, project="other"), "dlq-not-empty", 3_600, "theirs", NOW)

    assert account.steps(SHOP, SHOP) == ()
    lift(calls, SHOP, "orders-latency")
    assert [laid.name for laid in muted(calls, SHOP)] == ["dlq-not-empty"]
    with pytest.raises(Unable, match="no mute lies on `orders-latency`"):
        lift(calls, SHOP, "orders-latency")


def test_the_fake_changes_a_downtime_by_patch(account: Account) -> None:
    lay(account.backend(SHOP).calls, SHOP, "dlq-not-empty", 3_600, "known", NOW)
    (identity,) = account.fake.downtimes
    longer = {"schedule": {"start": None, "end": (NOW + timedelta(days=1)).isoformat()}}
    body = {"data": {"id": identity, "type": "downtime", "attributes": longer}}
    found = account.fake.answer("PATCH", f"/api/v2/downtime/{identity}", ("local", "local"), body)

    assert found.status == 200
    assert lying(account)[0]["schedule"] == longer["schedule"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("ask @pagerduty-on-call", "ask at pagerduty-on-call"),
        ("{{{value}}} of {{#is_alert}}", "{ { {value}}} of { {#is_alert}}"),
        ("one\n@two", "one at two"),
    ],
    ids=["a handle", "templates", "lines"],
)
def test_the_reason_of_a_mute_tells_nobody(account: Account, reason: str, said: str) -> None:
    lay(account.backend(SHOP).calls, SHOP, "dlq-not-empty", 3_600, reason, NOW)
    (downtime,) = lying(account)

    assert downtime["message"].splitlines()[0] == said


def test_a_mute_on_nothing_is_refused(account: Account) -> None:
    with pytest.raises(Unable, match="no alert is named `orders-slwo`"):
        lay(account.backend(SHOP).calls, SHOP, "orders-slwo", 60, "x", NOW)


def test_a_mute_window_holds_for_those_who_are_told_by_its_route() -> None:
    resources, _ = compiled(SHOP)
    tagged = {r.address for r in resources if "sereno_mute:nights" in r.body.get("tags", ())}

    assert tagged == {
        "alert/orders-failing",
        "slo/orders-availability/no-data",
        "slo/orders-availability/ticket",
        "slo/orders-latency/no-data",
        "slo/orders-latency/ticket",
    }


def test_a_mute_window_of_the_only_route_finds_its_monitors_by_a_tag() -> None:
    resources, _ = compiled(replace(SHOP, routes=Route(receiver="tickets", mutes=(NIGHTS,))))
    tagged = {r.address for r in resources if "sereno_mute:nights" in r.body.get("tags", ())}
    (downtime,) = [r.body for r in resources if r.kind == "downtime"]

    assert tagged >= {"alert/dlq-not-empty", "alert/orders-slow", "slo/orders-latency/page"}
    assert "alert/orders-slow/threshold" not in tagged
    assert downtime["monitor_identifier"] == {
        "monitor_tags": ["sereno_environment:test", "sereno_mute:nights", "sereno_project:shop"]
    }


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-06-10T12:00:00+00:00", "2026-06-10T21:30"),
        ("2026-06-10T19:29:00+00:00", "2026-06-10T21:30"),
        ("2026-06-10T19:30:00+00:00", "2026-06-12T21:30"),
        ("2026-06-11T05:00:00+00:00", "2026-06-12T21:30"),
    ],
    ids=[
        "today, a Wednesday, still to come",
        "a minute before, by Madrid's clock",
        "begun already: the next of its days",
        "a day that is none of its days",
    ],
)
def test_a_downtime_begins_at_its_next_time(now: str, first: str) -> None:
    schedule = {
        "recurrences": [{"rrule": rule(NIGHTS.days), "duration": "450m", "start": "T21:30"}],
        "timezone": "Europe/Madrid",
    }

    assert begun(schedule, datetime.fromisoformat(now))["recurrences"][0]["start"] == first


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((0, 2, 4), "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE,FR"),
        ((6,), "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU"),
        (tuple(range(7)), "FREQ=DAILY;INTERVAL=1"),
    ],
)
def test_the_days_of_a_mute(days: tuple[int, ...], expected: str) -> None:
    assert expected == rule(days)


@pytest.mark.parametrize(("seconds", "expected"), [(86_400, "1d"), (32_400, "9h"), (27_000, "450m")])
def test_a_length(seconds: int, expected: str) -> None:
    assert expected == length(seconds)


def test_a_test_page_names_the_handle_and_says_what_it_is(account: Account) -> None:
    steps = list(page(account.backend(SHOP).calls, SHOP, SHOP.receivers["on-call"], lambda _: None))
    (event,) = account.fake.events

    assert [step.well for step in steps] == [True]
    assert event["text"].endswith("\n@pagerduty-shop")
    assert event["title"].startswith("TEST PAGE from sereno")


def test_a_test_page_that_is_refused_is_told(account: Account) -> None:
    account.fake.before = lambda *_: Answer(403, {"errors": ["Forbidden"]})
    steps = list(page(account.backend(SHOP).calls, SHOP, SHOP.receivers["on-call"], lambda _: None))

    assert [step.well for step in steps] == [False]
    assert "the keys must be of this site" in steps[0].said


def test_a_receiver_without_a_handle(account: Account) -> None:
    receiver = replace(SHOP.receivers["on-call"], datadog=())
    with pytest.raises(Unable, match="does not say how Datadog reaches it"):
        list(page(account.backend(SHOP).calls, SHOP, receiver, lambda _: None))
