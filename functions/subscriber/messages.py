"""From an SQS record to the row it asks for, or to why it never can be one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from common import ids
from telemetry import context
from telemetry.context import TraceContext

_YEARS = range(2000, 3000)  # PostgreSQL knows years that no reader's clock does, and a row would break them


@dataclass(frozen=True, slots=True)
class Row:
    """What to store. `published_at` stays text: the database reads it."""

    message_id: str
    name: str
    email: str
    synthetic: bool
    published_at: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a batch. `item` is what the queue calls it, `receives` how often it was delivered."""

    item: str
    receipt: str
    receives: int
    trace: TraceContext | None
    row: Row | None  # None: it can never be stored, and `fault` says why, without quoting it
    fault: str = ""


class _Unreadable(Exception):
    """Not a message of a user; the text says in which respect."""


def read(record: Mapping[str, Any]) -> Message:
    """The message in a record of an SQS event."""
    body, beside = _opened(record)
    row, fault = _row(body)
    return Message(
        item=record["messageId"],
        receipt=record["receiptHandle"],
        receives=int((record.get("attributes") or {}).get("ApproximateReceiveCount", 1)),
        trace=context.parse(beside.get("traceparent"), beside.get("tracestate")),
        row=row,
        fault=fault,
    )


def _opened(record: Mapping[str, Any]) -> tuple[Any, Mapping[str, str]]:
    """The published JSON and attributes. Without raw delivery both stand in SNS's own envelope."""
    body = _json(record["body"])
    if isinstance(body, dict) and body.get("Type") == "Notification" and "TopicArn" in body:
        return _json(body.get("Message")), _texts(body.get("MessageAttributes"), "Value")
    return body, _texts(record.get("messageAttributes"), "stringValue")


def _texts(attributes: Any, member: str) -> Mapping[str, str]:
    """The attributes that are text. An envelope is a publisher's word, and may hold anything."""
    pairs = attributes.items() if isinstance(attributes, dict) else ()
    found = {name: at.get(member) for name, at in pairs if isinstance(at, dict)}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _json(text: Any) -> Any:
    """What the text says; None if it is not JSON (a message must be an object, so null says as little)."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def _row(body: Any) -> tuple[Row | None, str]:
    try:
        return _checked(body), ""
    except _Unreadable as error:
        return None, str(error)


def _checked(body: Any) -> Row:
    """The row; fields it does not know are a later publisher's and no fault."""
    if not isinstance(body, dict):
        raise _Unreadable("not a JSON object")
    message_id = _text(body, "message_id")
    if not ids.ID.fullmatch(message_id):
        raise _Unreadable("message_id is not an id")
    synthetic = body.get("synthetic", False)
    if not isinstance(synthetic, bool):
        raise _Unreadable("synthetic is not true or false")
    return Row(message_id, _text(body, "name"), _text(body, "email"), synthetic, _when(body))


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise _Unreadable(f"{name} is not a string")
    return value


def _when(body: Mapping[str, Any]) -> str:
    value = _text(body, "published_at")
    try:
        when = datetime.fromisoformat(value)
        known = when.tzinfo is not None and when.astimezone(UTC).year in _YEARS
    except (ValueError, OverflowError):
        known = False
    if not known:
        raise _Unreadable("published_at is not a time with its zone, of these centuries")
    return value
