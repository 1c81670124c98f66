"""Each receiver's SNS topic ends in a queue that is read here, into the inbox.

A message is known by the ticker's id where it has one, else by its SNS message id.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sereno.local.alarm_api import ID, METRIC_TIME, Client
from sereno.local.clock import Clock
from sereno.local.inbox import Inbox, Notification

WAIT = 1  # seconds of a long poll
PAUSE = 0.5  # seconds before the emulator is asked again after it failed


class Topics:
    """Reads from its own thread, at once. `receivers`: each one's topic ARNs (made if they are not there)."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        inbox: Inbox,
        receivers: Mapping[str, Sequence[str]],
        queue: str = "sereno-inbox",
    ) -> None:
        self._client = client
        self._clock = clock
        self._inbox = inbox
        self._receivers = {
            arn: [name for name, arns in receivers.items() if arn in arns]
            for arns in receivers.values()
            for arn in arns
        }
        self._closing = threading.Event()
        self._url = _subscribed(client, queue, self._receivers)
        self._thread = threading.Thread(target=self._read, name="inbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()  # what is being waited for ends with the poll, or with the emulator

    def _read(self) -> None:
        while not self._closing.is_set():
            try:
                self._receive()
            except (BotoCoreError, ClientError):
                self._closing.wait(PAUSE)  # the emulator is away; the queue keeps what comes

    def _receive(self) -> None:
        sqs = self._client("sqs")
        got = sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT)
        for message in got.get("Messages", []):
            self._keep(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def _keep(self, envelope: Mapping[str, Any]) -> None:
        attributes = {name: a["Value"] for name, a in envelope.get("MessageAttributes", {}).items()}
        id_ = attributes.get(ID) or envelope["MessageId"]
        at = float(attributes.get(METRIC_TIME) or self._clock.metric(time.time()))
        told = self._receivers.get(envelope["TopicArn"], [])
        self._inbox.keep(id_, [self._notification(receiver, envelope, at) for receiver in told])

    def _notification(self, receiver: str, envelope: Mapping[str, Any], at: float) -> Notification:
        alarm = _alarm(envelope["Message"])
        if alarm is None:
            text, subject = envelope["Message"], envelope.get("Subject", "")
            return Notification(receiver, "", "", at, text, self._inbox.runbook(text), subject)
        description = str(alarm.get("AlarmDescription") or "")
        return Notification(
            receiver,
            str(alarm["AlarmName"]),
            str(alarm.get("NewStateValue", "")),
            at,
            str(alarm.get("NewStateReason", "")),
            self._inbox.runbook(description),
            description,
        )


def _alarm(message: str) -> Mapping[str, Any] | None:
    try:
        parsed = json.loads(message)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) and "AlarmName" in parsed else None


def _subscribed(client: Client, queue: str, topics: Mapping[str, Sequence[str]]) -> str:
    """The URL of a queue to which every topic delivers."""
    sqs, sns = client("sqs"), client("sns")
    url: str = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, list(topics)))})
    for topic in topics:
        sns.create_topic(Name=topic.rpartition(":")[2])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def _policy(queue: str, topics: Sequence[str]) -> Mapping[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
            }
        ],
    }
