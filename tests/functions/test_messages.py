"""From SQS record to row."""

from __future__ import annotations

import json

import pytest

from subscriber import messages
from subscriber.messages import Message, Row
from telemetry.context import TraceContext
from tests.functions import events

TRACE = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", True, "congo=t61")
BESIDE = {"traceparent": TRACE.traceparent, "tracestate": TRACE.state}
ROW = Row(
    "00000000-0000-4000-8000-000000000007",
    "Ana 7",
    "ana7@example.org",
    False,
    "2026-11-24T10:15:00.123456+00:00",
)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(events.record(events.message(7), 7, receives=3, attributes=BESIDE), id="delivered raw"),
        pytest.param(
            events.record(events.enveloped(events.message(7), BESIDE), 7, receives=3), id="in SNS's envelope"
        ),
    ],
)
def test_is_read(record: dict[str, object]) -> None:
    assert messages.read(record) == Message("item-7", "receipt-7", 3, TRACE, ROW)


def test_a_canarys_row_is_marked() -> None:
    row = messages.read(events.record(events.message(7, synthetic=True))).row
    assert row is not None
    assert row.synthetic


def test_a_later_publisher_may_say_more() -> None:
    assert messages.read(events.record(events.message(7, colour="blue"))).row == ROW


def test_without_a_trace_it_is_a_message_all_the_same() -> None:
    assert (
        messages.read(events.record(events.message(7), attributes={"traceparent": "nonsense"})).trace is None
    )


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        pytest.param("", "not a JSON object", id="nothing"),
        pytest.param("{", "not a JSON object", id="half an object"),
        pytest.param("[]", "not a JSON object", id="a list"),
        pytest.param("null", "not a JSON object", id="null"),
        pytest.param("[" * 100_000, "not a JSON object", id="thousands of brackets"),
        pytest.param(
            json.dumps({"Type": "Notification", "TopicArn": "t"}), "not a JSON object", id="an empty envelope"
        ),
        pytest.param(events.message(7, message_id=None), "message_id is not a string", id="no id"),
        pytest.param(events.message(7, message_id="a b"), "message_id is not an id", id="an id with a space"),
        pytest.param(events.message(7, message_id="a" * 65), "message_id is not an id", id="a long id"),
        pytest.param(events.message(7, name=7), "name is not a string", id="a number for a name"),
        pytest.param(events.message(7, email=None), "email is not a string", id="no address"),
        pytest.param(
            events.message(7, synthetic="no"), "synthetic is not true or false", id="a word for a mark"
        ),
        pytest.param(
            events.message(7, published_at="yesterday"),
            "published_at is not a time with its zone, of these centuries",
            id="no time",
        ),
        pytest.param(
            events.message(7, published_at="2026-11-24T10:15:00"),
            "published_at is not a time with its zone, of these centuries",
            id="no zone",
        ),
    ],
)
def test_can_never_be_stored(body: str, fault: str) -> None:
    message = messages.read(events.record(body))
    assert (message.row, message.fault) == (None, fault)


@pytest.mark.parametrize(
    "attributes",
    [
        [1],
        "x",
        {"a": 1},
        {"traceparent": {"Value": 5}},
        {"traceparent": {"Value": TRACE.traceparent}, "tracestate": {"Value": [1]}},
    ],
    ids=["a list", "a text", "no attribute", "a number", "a list for a text"],
)
def test_an_envelope_with_odd_attributes_is_a_message_all_the_same(attributes: object) -> None:
    envelope = {"Type": "Notification", "TopicArn": "t", "Message": events.message(7)}
    record = events.record(json.dumps({**envelope, "MessageAttributes": attributes}), 7)
    assert messages.read(record).row == ROW


def test_a_record_without_its_own_attributes_was_received_once() -> None:
    record = events.record(events.message(7), 7, receives=3)
    del record["attributes"]
    assert messages.read(record).receives == 1


@pytest.mark.parametrize(
    "when",
    [
        "9999-12-31T23:59:59-15:00",
        "0001-01-01T00:00:00+15:00",
        "3000-01-01T00:00:00+00:00",
        "1999-12-31T23:59:59Z",
    ],
)
def test_a_time_that_would_break_its_readers_is_refused(when: str) -> None:
    read = messages.read(events.record(events.message(7, published_at=when)))
    assert (read.row, read.fault) == (None, "published_at is not a time with its zone, of these centuries")
