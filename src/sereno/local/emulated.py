"""The emulator's own process: ministack, with what it lacks for us and without its opinions.

Run as `python -m sereno.local.emulated`, with ministack's environment variables (BIND_HOST,
GATEWAY_PORT ...). Read in ministack 1.5.33, which pyproject.toml pins. For its
CloudWatch see `emulated_alarms.py` and `emulated_mutes.py`.

It has no metrics of SQS and SNS either. Here they are counted where they happen, and served at `COUNTS`.

It would answer any web page, and run as a function whatever it is sent. Here it is behind `guard.py`.
"""

from __future__ import annotations

import importlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

from sereno.local import emulated_alarms, emulated_mutes, guard
from sereno.local.guard import Asgi

COUNTS = "/_sereno/counts"
POISON = 3  # received more often, a message no longer tells the queue's age


class Counts:
    """Totals since the start, by queue and by topic, and how often the alarms and mutes were changed."""

    def __init__(self) -> None:
        self.alarms = 0
        self.queues: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.topics: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def alarm_changed(self) -> None:
        self.alarms += 1


def depth(queue: Mapping[str, Any], now: float) -> dict[str, Any]:
    """How many messages wait and are in flight, and since when (epoch seconds) the oldest is there.

    The age is told as AWS tells it: not by a message received more than `POISON` times, which
    goes to the back, and in a dead-letter queue from the move (here: from when it was first seen).
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    messages = list(queue["messages"])
    since = [_since(m, now) for m in messages if _moved(m) or m["receive_count"] <= POISON]
    waiting = sum(m["visible_at"] <= now for m in messages)
    flying = sum(m["visible_at"] > now and m["receive_count"] > 0 for m in messages)
    return {"visible": waiting, "in_flight": flying, "oldest": min(since, default=None)}


def _moved(message: Mapping[str, Any]) -> bool:
    return "DeadLetterQueueSourceArn" in message.get("sys", {})


def _since(message: MutableMapping[str, Any], now: float) -> float:
    sent: float = message["sent_at"]
    return float(message.setdefault("sereno:moved_at", now)) if _moved(message) else sent


def patch() -> Asgi:
    """Changes ministack's modules in place; the ASGI application to serve instead of its own."""
    counts = Counts()
    cloudwatch, sqs, sns, functions, apis = (
        importlib.import_module(f"ministack.services.{name}")
        for name in ("cloudwatch", "sqs", "sns", "lambda_svc", "apigateway")
    )
    emulated_alarms.patch(cloudwatch, counts.alarm_changed)
    emulated_mutes.patch(cloudwatch, counts.alarm_changed)
    _count_sent(sqs, counts)
    _count_received(sqs, counts)
    _count_deleted(sqs, counts)
    _count_topics(sns, sqs, counts)
    _take_only_ours(functions)
    _keep_bytes(apis)

    def report() -> dict[str, Any]:
        now = time.time()
        queues = {q["name"]: depth(q, now) | counts.queues[q["name"]] for q in sqs._queues.to_dict().values()}
        return {"queues": queues, "topics": counts.topics, "alarms": counts.alarms}

    return guard.guarded(_serving(report, importlib.import_module("ministack.app").app))


def _count_sent(sqs: Any, counts: Counts) -> None:
    original = sqs._act_send_message

    def send(data: Mapping[str, Any], url: str) -> Any:
        answer = original(data, url)
        counts.queues[_name(data, url)]["sent"] += 1
        return answer

    emulated_alarms.replace(sqs, "_act_send_message", send)


def _count_received(sqs: Any, counts: Counts) -> None:
    original = sqs._collect_msgs

    def collect(queue: Mapping[str, Any], *rest: Any) -> Any:
        messages = original(queue, *rest)
        counts.queues[queue["name"]]["received"] += len(messages)
        return messages

    emulated_alarms.replace(sqs, "_collect_msgs", collect)


def _count_deleted(sqs: Any, counts: Counts) -> None:
    one, many = sqs._act_delete_message, sqs._act_delete_message_batch

    def delete(data: Mapping[str, Any], url: str) -> Any:
        answer = one(data, url)
        counts.queues[_name(data, url)]["deleted"] += 1
        return answer

    def delete_batch(data: Mapping[str, Any], url: str) -> Any:
        answer = many(data, url)
        counts.queues[_name(data, url)]["deleted"] += len(answer["Successful"])
        return answer

    emulated_alarms.replace(sqs, "_act_delete_message", delete)
    emulated_alarms.replace(sqs, "_act_delete_message_batch", delete_batch)


def _count_topics(sns: Any, sqs: Any, counts: Counts) -> None:
    fanout, deliver = sns._fanout, sns._deliver_to_sqs

    def publish(topic: str, *rest: Any, **named: Any) -> Any:
        counts.topics[_last(topic)]["published"] += 1
        return fanout(topic, *rest, **named)

    def deliver_to_queue(endpoint: str, *rest: Any, **named: Any) -> Any:
        queue = sqs._queue_by_arn(endpoint) or {"name": "", "messages": []}
        before = len(queue["messages"])
        deliver(endpoint, *rest, **named)
        arrived = len(queue["messages"]) > before
        counts.topics[_last(named["topic_arn"])]["delivered" if arrived else "failed"] += 1
        counts.queues[queue["name"]]["sent"] += arrived

    emulated_alarms.replace(sns, "_fanout", publish)
    emulated_alarms.replace(sns, "_deliver_to_sqs", deliver_to_queue)


def _take_only_ours(functions: Any) -> None:
    """Functions that are forwarded; those it would have to run itself are refused."""
    original = functions._create_function

    def create(data: dict[str, Any]) -> Any:
        if functions._proxy_url_for(data):
            return original(data)
        words = f"Nothing runs here; set the variable {functions._PROXY_ENV_VAR} to what runs {{}}"
        return functions.error_response_json(
            "InvalidParameterValueException", words.format(data.get("FunctionName")), 400
        )

    emulated_alarms.replace(functions, "_create_function", create)


def _keep_bytes(apis: Any) -> None:
    """A body of a text's type that is not UTF-8 is handed on as base64, where it would be garbled."""
    invoke, is_text = apis._invoke_lambda_proxy, apis._v2_request_body_is_text
    garbled = ContextVar("garbled", default=False)

    async def forward(integration: Any, api: str, *rest: Any, **named: Any) -> Any:
        garbled.set(not _is_utf8(rest[4]))
        return await invoke(integration, api, *rest, **named)

    emulated_alarms.replace(apis, "_invoke_lambda_proxy", forward)
    emulated_alarms.replace(
        apis, "_v2_request_body_is_text", lambda kind: not garbled.get() and is_text(kind)
    )


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _name(data: Mapping[str, Any], url: str) -> str:
    return str(data.get("QueueUrl", url)).rpartition("/")[2]


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def _serving(report: Callable[[], dict[str, Any]], emulator: Asgi) -> Asgi:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != COUNTS:
            return await emulator(scope, receive, send)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(report()).encode()})
        return None

    return app


def main() -> None:
    """Serves until it is told to end."""
    ministack: Any = importlib.import_module("ministack.app")
    ministack.app = patch()
    guard.run_nothing()
    ministack.main()


if __name__ == "__main__":
    main()
