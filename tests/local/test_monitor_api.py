"""What the fake Datadog holds at a minute's end is what is judged; who it names is told, in its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.language import load_system, names
from sereno.language.model import System
from sereno.local import watch
from sereno.local.clock import Clock
from sereno.local.inbox import Inbox
from sereno.local.metrics import MetricStore
from sereno.local.monitor_api import MonitorApi
from sereno.local.second_names import second_names
from sereno.local.ticker import Ticker
from sereno.vendors.by_hand import TEST
from sereno.vendors.datadog import paging
from sereno.vendors.datadog.client import connect
from sereno.vendors.datadog.fake import Answer, Fake, serving
from tests.e2e.conftest import PROJECT
from tests.local.minutes import fill

PAGE, PAIR = "slo/get-availability/page", "slo/get-availability/page/1h-5m"


class Quiet:
    """Collects nothing: the test fills the store."""

    def collect(self, minute: int) -> None:
        del minute


@dataclass
class Desk:
    """A stack's parts around a fake that has all of this repository's monitors."""

    system: System
    fake: Fake
    url: str
    store: MetricStore
    ticker: Ticker
    inbox: Inbox
    minute: int

    def passes(self, *bad: bool) -> list[tuple[int, str, str, str]]:
        """A metric minute each; (minute, receiver, alert, state) of what was told in them."""
        before, first = len(self.inbox.all()), self.minute
        for each in bad:
            fill(self.system, self.store, self.minute, bad=each)
            self.ticker.tick(self.minute)
            self.minute += 60
        prefix = names.prefix(self.system)
        return [
            (int(n.at - first) // 60, n.receiver, n.alarm.removeprefix(prefix), n.state)
            for n in self.inbox.all()[before:]
        ]

    def monitor(self, address: str) -> dict[str, Any]:
        return next(m for m in self.fake.monitors.values() if f"sereno_address:{address}" in m["tags"])

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """As somebody with the account's keys."""
        return connect(self.system, self.url).calls.call(method, path, body)

    def edit(self, address: str, **changes: Any) -> None:
        self.call("PUT", f"/api/v1/monitor/{self.monitor(address)['id']}", changes)

    def states(self) -> dict[str, str]:
        prefix = names.prefix(self.system)
        seen = self.ticker.alarms()
        return {each.name.removeprefix(prefix): each.judgement.state for each in seen if each.judgement}


@pytest.fixture(scope="module")
def system() -> System:
    found, problems = load_system(PROJECT, "local", "datadog")
    assert found is not None, problems
    return found


@pytest.fixture
def desk(system: System) -> Iterator[Desk]:
    clock = Clock()
    store = MetricStore(clock, second_names(system.signals.values()))
    inbox = Inbox({book.url: name for name, book in system.runbooks.items()})
    with serving() as (url, fake):
        watch.apply(system, url)
        ticker = Ticker(clock, store, MonitorApi(system, fake, url, inbox, clock), Quiet())
        made = Desk(system, fake, url, store, ticker, inbox, clock.minute() - 3_600)
        assert made.passes(*[False] * 5) == []
        yield made
        ticker.close()


FIRES = (1, "on-call", "slo-get-availability-page", "ALARM")


def test_a_bad_minute_reaches_on_call_in_the_words_datadog_would_send(desk: Desk) -> None:
    assert FIRES in desk.passes(True)
    told = next(n for n in desk.inbox.all() if n.alarm.endswith("get-availability-page"))
    lines = told.description.splitlines()
    assert (lines[0], lines[-1]) == ("[P2] [Triggered] GET answers: page", "@pagerduty-users")
    assert told.runbook == "get-availability"
    assert told.reason.startswith("ALARM: `${sereno-local-slo-get-availability-page-1h-5m} ||")
    assert told.reason.endswith("` holds")


def test_its_end_is_told_as_a_recovery(desk: Desk) -> None:
    desk.passes(True)
    assert (30, "on-call", "slo-get-availability-page", "OK") in desk.passes(*[False] * 31)
    last = [n for n in desk.inbox.all() if n.alarm.endswith("get-availability-page")][-1]
    assert last.description.splitlines()[0] == "[P2] [Recovered] GET answers: page"


def test_its_end_is_told_nobody_where_the_handle_stands_in_a_condition(desk: Desk) -> None:
    desk.edit(PAGE, message="{{#is_alert}}@pagerduty-users{{/is_alert}}")
    told = desk.passes(True, *[False] * 31)
    assert [each for each in told if each[2] == "slo-get-availability-page"] == [FIRES]
    assert desk.states()["slo-get-availability-page"] == "OK"


def test_the_fake_shows_the_state_that_was_judged(desk: Desk) -> None:
    desk.passes(True)
    assert desk.monitor(PAGE)["overall_state"] == "Alert"
    shown = desk.call("GET", f"/api/v1/monitor/{desk.monitor(PAIR)['id']}")
    assert shown["overall_state"] == "Alert"


@pytest.mark.parametrize(
    ("silenced", "told"),
    [pytest.param({"*": None}, False, id="for good"), pytest.param({"*": 1}, True, id="until long ago")],
)
def test_a_monitor_muted_by_hand_tells_nobody(desk: Desk, silenced: dict[str, Any], told: bool) -> None:
    desk.edit(PAGE, options={"silenced": silenced})
    assert (FIRES in desk.passes(True)) is told
    assert desk.states()["slo-get-availability-page"] == "ALARM"
    quiet = {each.name.removeprefix(names.prefix(desk.system)): each.quiet for each in desk.ticker.alarms()}
    assert (quiet["slo-get-availability-page"], quiet["slo-canary-round-trip-page"]) == (
        "" if told else "muted",
        "",
    )


def test_a_mute_by_the_command_holds_from_the_next_minute_and_its_lifting_too(desk: Desk) -> None:
    calls = connect(desk.system, desk.url).calls
    paging.lay(calls, desk.system, "get-availability/page", 3_600, "we know", datetime.now(UTC))
    assert FIRES not in desk.passes(True)
    paging.lift(calls, desk.system, "get-availability/page")
    assert FIRES in desk.passes(True)  # it is still so, and nobody knows it yet


def test_a_downtime_that_recurs_by_the_metric_clock_is_honoured(desk: Desk) -> None:
    hour = datetime.fromtimestamp(desk.minute, UTC).replace(minute=0) + timedelta(days=1)
    recurrence = {"rrule": "FREQ=DAILY;INTERVAL=1", "duration": "2h", "start": f"{hour:%Y-%m-%dT%H:%M}"}
    attributes = {
        "monitor_identifier": {"monitor_id": desk.monitor(PAGE)["id"]},
        "scope": "*",
        "schedule": {"recurrences": [recurrence], "timezone": "UTC"},
    }
    desk.call("POST", "/api/v2/downtime", {"data": {"type": "downtime", "attributes": attributes}})
    assert FIRES in desk.passes(True)  # it begins tomorrow
    desk.minute += 86_400
    assert desk.passes(False) == []
    assert desk.states()["slo-get-availability-page"] == "OK"
    desk.minute += 7_200
    assert desk.passes(False) == [(1, "on-call", "slo-get-availability-page", "OK")]  # which nobody knew


def test_an_edited_condition_counts_from_the_next_minute(desk: Desk) -> None:
    query = desk.monitor("alert/dlq-not-empty")["query"]
    desk.edit(
        "alert/dlq-not-empty", query=query.replace("> 0", "< 1"), options={"thresholds": {"critical": 1.0}}
    )
    told = desk.passes(False)
    assert told == [(1, "on-call", "alert-dlq-not-empty", "ALARM")]


def test_an_edited_message_tells_whom_it_names_now(desk: Desk) -> None:
    desk.edit(PAGE, message="look at {{value}}\n@slack-users-tickets @nobody-here @ada@example.com")
    assert (1, "team-tickets", "slo-get-availability-page", "ALARM") in desk.passes(True)
    assert desk.ticker.problems() == [
        "@nobody-here is no receiver's handle: nobody is told",
        "a mail address is no receiver's handle: nobody is told",
    ]


def test_a_deleted_monitor_is_judged_no_more(desk: Desk) -> None:
    desk.call("DELETE", f"/api/v1/monitor/{desk.monitor(PAGE)['id']}")
    assert FIRES not in desk.passes(True)
    assert "slo-get-availability-page" not in desk.states()


def test_an_slo_that_is_gone_is_named_and_the_others_go_on(desk: Desk) -> None:
    slo = next(i for i, each in desk.fake.slos.items() if "sereno_address:slo/row-freshness" in each["tags"])
    desk.call("DELETE", f"/api/v1/slo/{slo}?force=true")
    assert FIRES in desk.passes(True)
    (first, *_) = desk.ticker.problems()
    assert "slo-row-freshness-" in first
    assert "not among the resources" in first


def test_a_test_page_reaches_its_receiver(desk: Desk) -> None:
    calls = connect(desk.system, desk.url).calls
    receiver = desk.system.receivers["on-call"]
    assert all(step.well for step in paging.page(calls, desk.system, receiver, lambda _: None))
    desk.passes(False)
    (page,) = desk.inbox.all()
    assert (page.receiver, page.alarm, page.description) == ("on-call", "", TEST)


def test_a_fake_that_refuses_is_told_and_what_was_read_before_is_judged(desk: Desk) -> None:
    desk.edit("alert/dlq-not-empty", name="edited")
    desk.fake.before = lambda *_: Answer(403, {"errors": ["Forbidden"]})
    assert FIRES in desk.passes(True)
    assert desk.ticker.problems()[0].startswith("the monitors cannot be read: ")


def test_nothing_is_read_while_nothing_changes(desk: Desk) -> None:
    before = len(desk.fake.calls)
    desk.passes(False, True, False)
    assert len(desk.fake.calls) == before
