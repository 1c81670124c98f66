"""Publishing a user to the topic. boto3 is imported at the first POST."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from api.validation import User
from common import credentials, settings
from common.faults import Unavailable
from common.synthetic import CANARY
from telemetry.context import TraceContext

Publish = Callable[[str, Mapping[str, str]], None]


class NotPublished(Exception):
    """The topic did not take the message, or did not say so in time. `reason`: a class or error code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def message(user: User, message_id: str, at: datetime, *, synthetic: bool) -> str:
    """The message of a user: what the subscriber stores. `message_id` makes a second delivery harmless."""
    facts = {"message_id": message_id, "published_at": at.astimezone(UTC).isoformat(), "synthetic": synthetic}
    return json.dumps(asdict(user) | facts)


def attributes(trace: TraceContext, *, synthetic: bool) -> dict[str, str]:
    """What travels beside the message: at most 3, where raw delivery discards a message with more than 10.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
    """
    return (
        {"traceparent": trace.traceparent}
        | ({"tracestate": trace.state} if trace.state else {})
        | ({"synthetic": CANARY} if synthetic else {})
    )


def publisher(environ: Mapping[str, str]) -> Publish:
    """Publishes to USERS_TOPIC_ARN, within bounds below the function's own. Raises `NotPublished`."""
    from botocore.exceptions import BotoCoreError, ClientError

    topic = settings.text(environ, "USERS_TOPIC_ARN")
    attempts = int(settings.number(environ, "SNS_ATTEMPTS"))
    try:
        client = credentials.client(
            "sns",
            connect_timeout=settings.number(environ, "SNS_CONNECT_TIMEOUT_SECONDS"),
            read_timeout=settings.number(environ, "SNS_READ_TIMEOUT_SECONDS"),
            retries={"total_max_attempts": attempts, "mode": "standard"},
        )
    except Unavailable as error:
        raise NotPublished(error.reason) from None

    def publish(text: str, beside: Mapping[str, str]) -> None:
        try:
            client.publish(TopicArn=topic, Message=text, MessageAttributes=_typed(beside))
        except ClientError as error:
            raise NotPublished(str(error.response.get("Error", {}).get("Code", "ClientError"))) from None
        except BotoCoreError as error:
            raise NotPublished(type(error).__name__) from None

    return publish


def _typed(beside: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in beside.items()}
