"""Who would have been told, and of what: each receiver's topic ends in a queue that is read here.

A message is kept once, however often it arrives: by the ticker's id where it has one, else by
its SNS message id.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sereno.local.alarm_api import ID, METRIC_TIME, Client
from sereno.local.clock import Clock

KEPT = 10_000  # notifications
WAIT = 1  # seconds of a long poll
PAUSE = 0.5  # seconds before the emulator is asked again after it failed


@dataclass(frozen=True, slots=True)
class Notification:
    """What a receiver got. `alarm` and `state` are empty where a message is no alarm's (a test page)."""

    receiver: str
    alarm: str
    state: str
    at: float  # metric time, epoch seconds
    reason: str  # the message itself where it is no alarm's
    runbook: str  # a name of System.runbooks; empty: the description links none
    description: str


class Inbox:
    """Reads from its own thread, at once; safe from any other.

    `receivers` gives each receiver's topic ARNs (made if they are not there), `runbooks` the name
    of each runbook by its URL, by which an alarm's description is known to mean it.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        receivers: Mapping[str, Sequence[str]],
        runbooks: Mapping[str, str],
        queue: str = "sereno-inbox",
    ) -> None:
        self._client = client
        self._clock = clock
        self._receivers = {
            arn: [name for name, arns in receivers.items() if arn in arns]
            for arns in receivers.values()
            for arn in arns
        }
        self._runbooks = runbooks
        self._kept: deque[Notification] = deque(maxlen=KEPT)
        self._ids: deque[str] = deque(maxlen=KEPT)
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._url = _subscribed(client, queue, self._receivers)
        self._thread = threading.Thread(target=self._read, name="inbox", daemon=True)
        self._thread.start()

    def all(self) -> tuple[Notification, ...]:
        """Everything kept, as it arrived."""
        with self._news:
            return tuple(self._kept)

    def wait_for(self, wanted: Callable[[Notification], bool], timeout: float) -> Notification | None:
        """The first that is wanted, of those kept or to come; None when none comes in time."""

        def found() -> Notification | None:
            return next((notification for notification in self._kept if wanted(notification)), None)

        with self._news:
            return self._news.wait_for(found, timeout)

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
        with self._news:
            if id_ in self._ids:
                return
            self._ids.append(id_)
            for receiver in self._receivers.get(envelope["TopicArn"], []):
                self._kept.append(self._notification(receiver, envelope, at))
            self._news.notify_all()

    def _notification(self, receiver: str, envelope: Mapping[str, Any], at: float) -> Notification:
        alarm = _alarm(envelope["Message"])
        if alarm is None:
            text = envelope["Message"]
            return Notification(receiver, "", "", at, text, self._runbook(text), envelope.get("Subject", ""))
        description = str(alarm.get("AlarmDescription") or "")
        return Notification(
            receiver,
            str(alarm["AlarmName"]),
            str(alarm.get("NewStateValue", "")),
            at,
            str(alarm.get("NewStateReason", "")),
            self._runbook(description),
            description,
        )

    def _runbook(self, text: str) -> str:
        """Of several URLs that are there, the longest: one may begin as another does."""
        linked = [url for url in self._runbooks if url in text]
        return self._runbooks[max(linked, key=len)] if linked else ""


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
