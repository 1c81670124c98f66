"""Lambda's event source mapping for a queue: batches to a function, what it stored deleted.

Here and not the emulator's own, which takes at most 10 messages a batch and knows no window.
Semantics: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sereno.local.emulator import Queued
from sereno.local.pipeline import EventSource
from sereno.local.runtime import Function

RECEIVE: Final = 10  # messages, the most SQS gives at once
LONG_POLL: Final = 1  # seconds; Lambda waits longer, but a stop must not
PAUSE: Final = 1.0  # seconds until the next try after an error or a throttle
PATIENCE: Final = 3.0  # seconds that batches under way have at the end

Message = Mapping[str, Any]


class Poller:
    """Polls from a thread of its own; up to `maximum_concurrency` batches are under way at once."""

    def __init__(self, client: Any, queue: Queued, source: EventSource, function: Function) -> None:
        self._client = client
        self._queue = queue
        self._source = source
        self._function = function
        self._stop = threading.Event()
        self._enabled = threading.Event()
        self._enabled.set()
        self._gathering = threading.Lock()
        self._slots = threading.Semaphore(source.maximum_concurrency)
        self._thread = threading.Thread(target=self._poll, daemon=True, name="poller")

    def begin(self) -> None:
        self._thread.start()

    def disable(self) -> None:
        """Takes no more messages until `enable`, as UpdateEventSourceMapping can tell Lambda."""
        self._enabled.clear()
        with self._gathering:
            pass  # the batch being gathered is whole

    def enable(self) -> None:
        self._enabled.set()

    def close(self) -> None:
        """Takes no more messages, and waits a moment for the batches under way."""
        self._stop.set()
        self._thread.join()
        end = time.monotonic() + PATIENCE
        for _ in range(self._source.maximum_concurrency):
            self._slots.acquire(timeout=max(0.0, end - time.monotonic()))

    def _poll(self) -> None:
        while not self._stop.is_set():
            if not self._enabled.wait(LONG_POLL) or not self._slots.acquire(timeout=LONG_POLL):
                continue
            with self._gathering:
                batch = self._gather() if self._enabled.is_set() else []
            if batch:
                threading.Thread(target=self._work, args=(batch,), daemon=True, name="batch").start()
            else:
                self._slots.release()

    def _gather(self) -> list[Message]:
        """A batch: what there is, and what comes within the window, up to its size."""
        batch = self._receive(self._source.batch_size, LONG_POLL)
        end = time.monotonic() + self._source.batching_window_seconds
        while batch and len(batch) < self._source.batch_size and not self._stop.is_set():
            left = end - time.monotonic()
            more = self._receive(self._source.batch_size - len(batch), min(LONG_POLL, max(0, round(left))))
            batch += more
            if not more and left <= 0:
                break
        return batch

    def _receive(self, most: int, wait: int) -> list[Message]:
        try:
            answer = self._client.receive_message(
                QueueUrl=self._queue.url,
                MaxNumberOfMessages=min(RECEIVE, most),
                WaitTimeSeconds=wait,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError):
            self._stop.wait(PAUSE)
            return []
        return list(answer.get("Messages", ()))

    def _work(self, batch: Sequence[Message]) -> None:
        try:
            self._delete(self._done(batch))
        finally:
            self._slots.release()

    def _done(self, batch: Sequence[Message]) -> list[Message]:
        """Runs the function on a batch; the messages it is done with."""
        result = self._function.invoke(json.dumps(event(batch, self._queue.arn)).encode())
        if result.failed:
            self._stop.wait(PAUSE)
            return []
        if not self._source.report_batch_item_failures:
            return list(batch)
        failed = failures(result.payload, {message["MessageId"] for message in batch})
        return [message for message in batch if message["MessageId"] not in failed]

    def _delete(self, messages: Sequence[Message]) -> None:
        """What cannot be deleted is delivered again."""
        for chunk in _chunks(messages):
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(chunk)]
            try:
                self._client.delete_message_batch(QueueUrl=self._queue.url, Entries=entries)
            except (BotoCoreError, ClientError):
                self._stop.wait(PAUSE)


def failures(payload: bytes, ids: Collection[str]) -> Collection[str]:
    """The messages a function's answer names as failed; all of them where the answer is not well formed."""
    answer = json.loads(payload or b"null")
    named = answer.get("batchItemFailures") if isinstance(answer, dict) else answer
    if named is None:
        return ()
    if not isinstance(named, list) or not all(isinstance(each, dict) for each in named):
        return ids
    failed = [each.get("itemIdentifier") for each in named]
    return [each for each in failed if each in ids] if all(each in ids for each in failed) else ids


def event(batch: Sequence[Message], arn: str) -> dict[str, Any]:
    """The event Lambda makes of a batch."""
    return {"Records": [_record(message, arn) for message in batch]}


def _record(message: Message, arn: str) -> dict[str, Any]:
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {k: _attribute(v) for k, v in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }
    beside = message.get("MD5OfMessageAttributes")
    return record | ({"md5OfMessageAttributes": beside} if beside else {})


def _attribute(value: Message) -> dict[str, Any]:
    """A message attribute, its members named as in Lambda's events."""
    named: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "BinaryValue" in value:
        return named | {"binaryValue": base64.b64encode(value["BinaryValue"]).decode()}
    return named | {"stringValue": value["StringValue"]}


def _chunks(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), RECEIVE):
        yield messages[start : start + RECEIVE]
