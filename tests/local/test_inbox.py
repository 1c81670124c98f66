"""Each receiver's notifications arrive once, with their metric time and runbook."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sereno.local.alarm_api import ID, METRIC_TIME
from sereno.local.clock import Clock
from sereno.local.inbox import Inbox, Notification
from sereno.local.topics import Topics

Client = Callable[[str], Any]

CLOCK = Clock(warp=60.0)
RUNBOOKS = {
    "https://example.com/runbooks/get": "get",
    "https://example.com/runbooks/get-latency": "get-latency",
}
ALARM = {
    "AlarmName": "sereno-local-slo-get-availability-page",
    "AlarmDescription": "GET burns.\nRunbook: https://example.com/runbooks/get-latency\nOwner: team",
    "NewStateValue": "ALARM",
    "NewStateReason": "both burn",
}


@pytest.fixture
def topics() -> dict[str, str]:
    """Receiver -> ARN of a topic of this test's own."""
    mine = uuid.uuid4().hex[:8]
    return {name: f"arn:aws:sns:us-east-1:000000000000:{name}-{mine}" for name in ("on-call", "team-tickets")}


@pytest.fixture
def inbox(client: Client, topics: dict[str, str]) -> Iterator[Inbox]:
    made = Inbox(RUNBOOKS)
    receivers = {name: [arn] for name, arn in topics.items()}
    reading = Topics(client, CLOCK, made, receivers, f"inbox-{uuid.uuid4().hex[:8]}")
    yield made
    reading.close()


def _publish(client: Client, topic: str, message: Any, at: int | None = None) -> None:
    attributes = {}
    if at is not None:
        attributes = {
            METRIC_TIME: {"DataType": "Number", "StringValue": str(at)},
            ID: {"DataType": "String", "StringValue": f"{message['AlarmName']} {at} {topic}"},
        }
    text = message if isinstance(message, str) else json.dumps(message)
    client("sns").publish(TopicArn=topic, Subject="a subject", Message=text, MessageAttributes=attributes)


def _of(receiver: str) -> Callable[[Notification], bool]:
    return lambda notification: notification.receiver == receiver


def test_a_verdict_reaches_its_receiver_with_metric_time_and_runbook(
    client: Client, topics: dict[str, str], inbox: Inbox
) -> None:
    _publish(client, topics["on-call"], ALARM, at=1_800_000_060)
    assert inbox.wait_for(_of("on-call"), 10) == Notification(
        "on-call",
        ALARM["AlarmName"],
        "ALARM",
        1_800_000_060,
        "both burn",
        "get-latency",
        ALARM["AlarmDescription"],
    )


def test_what_is_sent_twice_is_kept_once_for_each_receiver(
    client: Client, topics: dict[str, str], inbox: Inbox
) -> None:
    for _ in range(2):
        for topic in topics.values():
            _publish(client, topic, ALARM, at=1_800_000_060)
    _publish(client, topics["on-call"], "the last", at=None)
    assert inbox.wait_for(lambda n: n.reason == "the last", 10)
    assert [n.receiver for n in inbox.all()] == ["on-call", "team-tickets", "on-call"]


def test_a_message_that_is_no_alarm_is_kept_as_it_came(
    client: Client, topics: dict[str, str], inbox: Inbox
) -> None:
    before = CLOCK.now()
    _publish(client, topics["team-tickets"], "a test page: see https://example.com/runbooks/get")
    found = inbox.wait_for(_of("team-tickets"), 10)
    assert found
    assert before <= found.at <= CLOCK.now()
    assert (found.alarm, found.state, found.reason, found.runbook, found.description) == (
        "",
        "",
        "a test page: see https://example.com/runbooks/get",
        "get",
        "a subject",
    )


def test_an_alarm_without_a_known_runbook_has_none(
    client: Client, topics: dict[str, str], inbox: Inbox
) -> None:
    _publish(client, topics["on-call"], {"AlarmName": "bare", "NewStateValue": "OK"})
    found = inbox.wait_for(_of("on-call"), 10)
    assert found
    assert (found.alarm, found.state, found.runbook) == ("bare", "OK", "")


def test_a_topic_of_two_receivers_tells_both(client: Client, topics: dict[str, str]) -> None:
    arn = topics["on-call"]
    inbox = Inbox({})
    reading = Topics(client, CLOCK, inbox, {"a": [arn], "b": [arn]}, f"inbox-{uuid.uuid4().hex[:8]}")
    _publish(client, arn, ALARM)
    assert inbox.wait_for(_of("b"), 10)
    assert [n.receiver for n in inbox.all()] == ["a", "b"]
    reading.close()


def test_waiting_ends_in_time_and_for_what_is_already_there(
    client: Client, topics: dict[str, str], inbox: Inbox
) -> None:
    assert inbox.wait_for(_of("on-call"), 0.05) is None
    _publish(client, topics["on-call"], ALARM)
    waiting: list[Notification | None] = []
    threads = [
        threading.Thread(target=lambda: waiting.append(inbox.wait_for(_of("on-call"), 10))) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [n and n.alarm for n in waiting] == [ALARM["AlarmName"]] * 2
    assert inbox.wait_for(_of("on-call"), 0)
