"""What Datadog keeps: the states its monitors took, and how an SLO stood."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sereno.language import names
from sereno.vendors.backend import Event, Unavailable
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.fake import Answer, Before
from sereno.vendors.datadog.fake_history import Change, Counted
from sereno.vendors.datadog.history import Standing, Watched, events
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import SHOP

DLQ = names.live(SHOP, "alert/dlq-not-empty")
PAGE = names.live(SHOP, "slo/orders-availability/page")
SLOS = ("slo/orders-latency", "slo/orders-availability", "slo/none")
SILENT = names.live(SHOP, "slo/orders-latency/no-data")


def monitor(account: Account, name: str) -> int:
    """The id of the monitor that the name is of."""
    found = [
        key
        for key, body in account.fake.monitors.items()
        for tag in body["tags"]
        if tag.startswith("sereno_address:") and names.live(SHOP, tag.partition(":")[2]) == name
    ]
    return found[0]


@pytest.fixture
def applied(account: Account) -> Account:
    account.applied(SHOP, SHOP)
    return account


def told(account: Account, *names_: str, start: int = 0, end: int = 1_000) -> Any:
    return account.backend(SHOP).events(names_, start, end)


def test_the_changes_of_the_alarms_that_were_asked_for_oldest_first(applied: Account) -> None:
    applied.fake.page = 2
    page, dlq = monitor(applied, PAGE), monitor(applied, DLQ)
    applied.fake.changes = [
        Change(dlq, 300, "OK", "Alert"),
        Change(page, 60, "OK", "Alert"),
        Change(page, 120, "Alert", "Alert"),
        Change(page, 240, "Alert", "OK"),
        Change(monitor(applied, SILENT), 90, "OK", "No Data"),
    ]
    found = told(applied, PAGE, DLQ)

    assert [(event.name, event.at, event.state) for event in found] == [
        (PAGE, 60, "ALARM"),
        (PAGE, 240, "OK"),
        (DLQ, 300, "ALARM"),
    ]


@pytest.mark.parametrize(
    ("name", "state", "expected"),
    [
        (SILENT, "No Data", "ALARM"),
        (DLQ, "No Data", "INSUFFICIENT_DATA"),
        (DLQ, "Warn", "OK"),
        (DLQ, "Alert", "ALARM"),
    ],
    ids=["of what tells of silence", "of what does not", "a warning", "an alert"],
)
def test_what_a_state_is_elsewhere(applied: Account, name: str, state: str, expected: str) -> None:
    applied.fake.changes = [Change(monitor(applied, name), 60, "OK", state)]

    assert [event.state for event in told(applied, name)] == [expected]


def test_only_what_lies_in_the_stretch_of_time(applied: Account) -> None:
    key = monitor(applied, DLQ)
    states = ["Alert", "OK", "Alert", "OK"]
    applied.fake.changes = [Change(key, 100 * n, "", state) for n, state in enumerate(states, 1)]

    assert [event.at for event in told(applied, DLQ, start=200, end=400)] == [200, 300]


def test_what_is_not_there_has_no_events_and_nothing_is_asked(applied: Account) -> None:
    applied.fake.calls.clear()

    assert told(applied, "shop-test-alert-gone") == ()
    assert [call for call in applied.fake.calls if "events" in call] == []


@given(
    changes=st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 90), st.sampled_from(["OK", "Alert"])), max_size=30
    ),
    page=st.integers(1, 7),
)
def test_pages_do_not_matter_and_no_state_comes_twice(changes: list[tuple[int, int, str]], page: int) -> None:
    every = [Change(of, at, "", state) for of, at, state in changes]
    watched = {n: Watched(f"m{n}", tells_of_silence=False) for n in (1, 2, 3)}
    found = events(Pages(every, page), watched, 0, 80)  # type: ignore[arg-type]

    assert not isinstance(found, Unavailable)
    assert found == events(Pages(every, 1_000), watched, 0, 80)  # type: ignore[arg-type]
    for name in ("m1", "m2", "m3"):
        states = [event.state for event in found if event.name == name]
        assert all(one != other for one, other in pairwise(states))
    assert all(0 <= event.at < 80 for event in found)


class Pages:
    """The search alone, as the fake answers it."""

    def __init__(self, changes: list[Change], page: int) -> None:
        from sereno.vendors.datadog.fake import Fake

        self.fake = Fake(page=page, changes=changes)

    def cursored(self, path: str, body: dict[str, Any], size: int) -> Any:
        page: dict[str, Any] = {"limit": size}
        while page:
            answer = self.fake.answer("POST", path, ("local", "local"), {**body, "page": page}).body
            yield from answer["data"]
            after = answer["meta"].get("page", {}).get("after")
            page = {"limit": size, "cursor": after} if after else {}


def answering(part: str, answer: Answer) -> Before:
    """Wherever the path has this part."""

    def before(method: str, path: str, body: Any) -> Answer | None:
        return answer if part in path else None

    return before


FORBIDDEN = Answer(403, {"errors": ["Forbidden"]})


def test_keys_that_may_not_read_events_are_a_sentence_and_never_no_events(applied: Account) -> None:
    applied.fake.before = answering("/events", FORBIDDEN)
    found = told(applied, DLQ)

    assert isinstance(found, Unavailable)
    assert "the application key must have the scopes of events" in found.reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([{"id": "e"}], "it has no attributes"),
        ([{"attributes": {"attributes": None}}], "it has no attributes"),
        ([{"attributes": {"attributes": {"monitor_id": 0, "status": "odd"}}}], "the state `odd`"),
        ([{"attributes": {"attributes": {"monitor_id": 0, "status": "ok"}, "timestamp": "soon"}}], "no time"),
    ],
)
def test_what_has_another_form_is_said_and_never_left_out(
    applied: Account, data: list[dict[str, Any]], words: str
) -> None:
    key = monitor(applied, DLQ)
    for each in data:
        inner = (each.get("attributes") or {}).get("attributes")
        if inner:
            inner["monitor_id"] = key
    applied.fake.before = answering("/events", Answer(200, {"data": data}))
    found = told(applied, DLQ)

    assert isinstance(found, Unavailable)
    assert words in found.reason


def test_a_status_and_a_written_time_stand_in_for_a_transition_and_milliseconds(applied: Account) -> None:
    inner = {"monitor": {"id": monitor(applied, DLQ)}, "status": "error", "title": "[Triggered]"}
    event = {"attributes": {"attributes": inner, "timestamp": "1970-01-01T00:05:00.500Z"}}
    applied.fake.before = answering("/events", Answer(200, {"data": [event]}))

    assert told(applied, DLQ) == (Event(DLQ, 300.5, "ALARM", "[Triggered]"),)


def test_how_each_slo_stood(applied: Account) -> None:
    key = next(k for k, slo in applied.fake.slos.items() if slo["name"] == "Orders latency")
    applied.fake.counted = {key: Counted((60, 120, 180), (90, 97, 1), (100, 100, 100))}
    found = applied.backend(SHOP).standing(SLOS, 0, 120)

    assert found["slo/orders-latency"] == Standing(
        good=Decimal("93.5"), left=Decimal("-62.5"), counted=(Decimal("187.0"), Decimal("200.0"))
    )
    assert found["slo/orders-availability"] == Standing(None, None, (Decimal("0.0"), Decimal("0.0")))


def test_keys_that_may_not_read_an_slos_history(applied: Account) -> None:
    applied.fake.before = answering("history", FORBIDDEN)
    found = applied.backend(SHOP).standing(SLOS, 0, 120)

    assert {type(each) for each in found.values()} == {Unavailable}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"errors": [{"error": "no timeseries"}]}, "no timeseries"),
        ({"data": None}, "Datadog gave no history of the SLO"),
        ({"data": {"overall": {"errors": [{"error_message": "query timed out"}]}}}, "query timed out"),
    ],
)
def test_no_history_has_a_reason(applied: Account, answer: dict[str, Any], reason: str) -> None:
    applied.fake.before = answering("history", Answer(200, answer))

    assert set(applied.backend(SHOP).standing(SLOS, 0, 120).values()) == {Unavailable(reason)}


def test_the_fake_refuses_what_is_no_search(applied: Account) -> None:
    calls = applied.backend(SHOP).calls

    with pytest.raises(Refused, match="Invalid search"):
        calls.call("POST", "/api/v2/events/search", {"filter": {"query": "anything"}})
    history = f"/api/v1/slo/{next(iter(applied.fake.slos))}/history"
    with pytest.raises(Refused, match="from_ts must be before to_ts"):
        calls.call("GET", history, query={"from_ts": 9, "to_ts": 9})


def test_monitors_that_may_not_be_read(applied: Account) -> None:
    applied.fake.before = answering("", FORBIDDEN)

    assert isinstance(told(applied, DLQ), Unavailable)


def test_another_environments_monitors_are_not_asked_about(applied: Account) -> None:
    other = replace(SHOP, environment=replace(SHOP.environment, name="staging"))
    applied.applied(other, other)
    applied.fake.changes = [Change(key, 60, "OK", "Alert") for key in applied.fake.monitors]

    assert [event.name for event in told(applied, DLQ)] == [DLQ]
