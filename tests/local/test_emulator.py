"""The adapter: what another emulator would have to do, asked of the one we have."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sereno.local.children import Children
from sereno.local.emulator import Emulator, Queued, as_gateway
from sereno.local.environment import Config
from sereno.local.pipeline import DeadLetter, EventSource, Queue
from sereno.local.poller import Poller
from sereno.local.runtime import Function, Runtime

TASK = Path(__file__).with_name("task")


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture(scope="module")
def cloud(children: Children) -> Emulator:
    made = Emulator(children)
    made.start()
    made.wait()
    return made


@pytest.fixture(scope="module")
def runtime(children: Children) -> Iterator[Runtime]:
    made = Runtime(children)
    yield made
    made.close()


def config(name: str, handler: str) -> Config:
    return Config(name=name, handler=f"{handler}.handler", root=TASK, timeout=5.0)


def new_queue(cloud: Emulator, receives: int = 3, hidden: int = 1) -> Queued:
    name = f"q{uuid.uuid4().hex[:8]}"
    dead = DeadLetter(name=f"{name}-dlq", message_retention_seconds=1_209_600, max_receive_count=receives)
    return cloud.queue(
        Queue(
            name=name,
            raw_message_delivery=True,
            visibility_timeout_seconds=hidden,
            message_retention_seconds=345_600,
            receive_wait_seconds=0,
            dead_letter=dead,
        )
    )


def received(cloud: Emulator, url: str, wait: int = 5) -> list[dict[str, Any]]:
    answer = cloud.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", ()))


def test_a_topic_delivers_raw_into_a_queue_with_its_attributes_beside(cloud: Emulator) -> None:
    topic, queue = cloud.topic("raw"), new_queue(cloud)
    cloud.subscribe(topic, queue.arn, raw=True)
    beside = {"traceparent": {"DataType": "String", "StringValue": "00-a-b-01"}}
    cloud.client("sns").publish(TopicArn=topic, Message='{"n": 1}', MessageAttributes=beside)
    (message,) = received(cloud, queue.url)
    assert (message["Body"], message["MessageAttributes"]) == ('{"n": 1}', beside)


def test_what_is_received_too_often_goes_to_the_dead_letter_queue(cloud: Emulator) -> None:
    queue = new_queue(cloud, receives=2, hidden=0)
    cloud.client("sqs").send_message(QueueUrl=queue.url, MessageBody="poison")
    assert [m["Body"] for _ in range(2) for m in received(cloud, queue.url)] == ["poison", "poison"]
    assert received(cloud, queue.url, 0) == []
    assert [m["Body"] for m in received(cloud, queue.dead_letter_url)] == ["poison"]


def test_a_secret_is_read_by_its_arn(cloud: Emulator) -> None:
    arn = cloud.secret("db/role", '{"password": "p"}')
    assert (
        cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == '{"password": "p"}'
    )


def ask(
    cloud: Emulator, method: str, path: str, headers: dict[str, str] | None = None, sent: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(cloud.address, timeout=10)
    connection.request(method, path, sent, headers or {})
    answer = connection.getresponse()
    status, headers_, body = as_gateway(answer.status, answer.getheaders(), answer.read())
    connection.close()
    return status, dict(headers_), body


@pytest.fixture(scope="module")
def base(cloud: Emulator, runtime: Runtime) -> str:
    """An HTTP API's path: one route works, one fails, one is throttled."""
    functions = {
        "GET /items/{id}": config("works", "probe"),
        "POST /items": config("takes", "probe"),
        "GET /fails": config("fails", "absent"),
        "GET /throttled": Config(name="throttled", handler="probe.handler", root=TASK, reserved=0),
    }
    arns = {}
    for route, each in functions.items():
        runtime.add(each)
        arns[route] = cloud.function(each, runtime.url(each.name))
    cloud.http_api("api-1", "api", "$default", arns, iam=False)
    return cloud.path("api-1", "$default")


def test_an_http_api_invokes_a_handler_with_an_event_of_payload_format_2(cloud: Emulator, base: str) -> None:
    trace = "Root=1-67891233-abcdef012345678912345678"
    status, headers, body = ask(cloud, "GET", f"{base}/items/a%20b?x=1&y=2", {"X-Amzn-Trace-Id": trace})
    said = json.loads(body)
    event = said["event"]
    assert (status, event["version"], event["routeKey"]) == (200, "2.0", "GET /items/{id}")
    assert (event["pathParameters"], event["queryStringParameters"]) == ({"id": "a b"}, {"x": "1", "y": "2"})
    assert (event["requestContext"]["apiId"], event["requestContext"]["stage"]) == ("api-1", "$default")
    assert event["requestContext"]["http"]["method"] == "GET"
    assert said["environment"]["_X_AMZN_TRACE_ID"] == trace
    assert not [name for name in headers if name.lower().startswith("x-amz-")]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"name": "\xc3\xa9"}', ('{"name": "é"}', False)),
        (b'{"name": "\xff"}', ("eyJuYW1lIjogIv8ifQ==", True)),
        (b'{"name": "\xed\xa0\x80"}', ("eyJuYW1lIjogIu2ggCJ9", True)),
    ],
    ids=["UTF-8, as text", "a byte that is not UTF-8, in base64", "a lone surrogate, in base64"],
)
def test_a_body_reaches_the_function_byte_for_byte(
    cloud: Emulator, base: str, body: bytes, told: tuple[str, bool]
) -> None:
    said = ask(cloud, "POST", f"{base}/items", {"Content-Type": "application/json"}, body)[2]
    event = json.loads(said)["event"]
    assert (event["body"], event["isBase64Encoded"]) == told


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/fails", 500, "Internal Server Error"),
        ("/throttled", 503, "Service Unavailable"),
        ("/nowhere", 404, "Not Found"),
    ],
    ids=["a handler that fails", "a function without concurrency", "no route"],
)
def test_the_answer_is_api_gateways_to(
    cloud: Emulator, base: str, path: str, status: int, message: str
) -> None:
    answer = ask(cloud, "GET", base + path)
    assert (answer[0], json.loads(answer[2])) == (status, {"message": message})


def test_with_iam_an_unsigned_request_is_forbidden(cloud: Emulator, runtime: Runtime) -> None:
    each = config("signed", "probe")
    runtime.add(each)
    cloud.http_api(
        "api-2", "api", "$default", {"GET /x": cloud.function(each, runtime.url("signed"))}, iam=True
    )
    assert ask(cloud, "GET", cloud.path("api-2", "$default") + "/x")[0] == 403


def source(**changes: Any) -> EventSource:
    defaults = {"batch_size": 100, "batching_window_seconds": 0, "maximum_concurrency": 2}
    return EventSource(**({**defaults, "report_batch_item_failures": True} | changes))


def send(cloud: Emulator, queue: Queued, bodies: list[str]) -> None:
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
        cloud.client("sqs").send_message_batch(QueueUrl=queue.url, Entries=entries)


def depth(cloud: Emulator, url: str) -> tuple[int, int]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    said = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(said[names[0]]), int(said[names[1]])


def until(seconds: float, true: Any) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def batches(runtime: Runtime, tmp_path: Path) -> Function:
    """A function that keeps each batch in a file, and fails the messages that say so."""
    name = f"batches-{uuid.uuid4().hex[:6]}"
    return runtime.add(
        Config(name=name, handler="batches.handler", root=TASK, timeout=5.0, variables={"OUT": str(tmp_path)})
    )


def kept(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]


def test_poison_in_a_batch_of_100_goes_alone_to_the_dead_letter_queue(
    cloud: Emulator, batches: Function, tmp_path: Path
) -> None:
    queue = new_queue(cloud, receives=3, hidden=3)  # longer than a busy machine takes for a batch
    send(cloud, queue, [f"good {n}" for n in range(57)] + ["bad"] + [f"good {n}" for n in range(57, 99)])
    poller = Poller(cloud.client("sqs"), queue, source(), batches)
    poller.begin()
    assert until(60, lambda: depth(cloud, queue.dead_letter_url) == (1, 0))
    poller.close()
    events = kept(tmp_path)
    assert len(events[0]["Records"]) == 100
    assert [[r["body"] for r in event["Records"]] for event in events[1:]] == [["bad"], ["bad"]]
    assert [m["Body"] for m in received(cloud, queue.dead_letter_url)] == ["bad"]
    assert depth(cloud, queue.url) == (0, 0)


def test_a_record_is_as_lambda_makes_it(cloud: Emulator, batches: Function, tmp_path: Path) -> None:
    topic, queue = cloud.topic("records"), new_queue(cloud)
    cloud.subscribe(topic, queue.arn, raw=True)
    beside = {"traceparent": {"DataType": "String", "StringValue": "00-a-b-01"}}
    cloud.client("sns").publish(TopicArn=topic, Message="good", MessageAttributes=beside)
    poller = Poller(cloud.client("sqs"), queue, source(), batches)
    poller.begin()
    assert until(10, lambda: kept(tmp_path))
    poller.close()
    (record,) = kept(tmp_path)[0]["Records"]
    named = {"dataType": "String", "stringValue": "00-a-b-01"}
    assert record["messageAttributes"] == {
        "traceparent": named | {"stringListValues": [], "binaryListValues": []}
    }
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert set(record["attributes"]) >= {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", queue.arn)
    assert record["awsRegion"] == "us-east-1"


def test_a_window_gathers_what_comes_within_it(cloud: Emulator, batches: Function, tmp_path: Path) -> None:
    queue = new_queue(cloud, hidden=30)
    poller = Poller(cloud.client("sqs"), queue, source(batching_window_seconds=2), batches)
    poller.begin()
    for n in range(3):
        send(cloud, queue, [f"good {n}"])
        time.sleep(0.2)  # they come one after the other: that is what a window is for
    assert until(10, lambda: kept(tmp_path))
    poller.close()
    assert [len(event["Records"]) for event in kept(tmp_path)] == [3]


def test_a_message_hidden_by_the_function_comes_back_when_it_said(
    cloud: Emulator, batches: Function, tmp_path: Path
) -> None:
    queue = new_queue(cloud, receives=5, hidden=60)
    batches.configure(
        variables=dict(batches.config.variables)
        | {"HIDE": "2", "QUEUE": queue.url, "AWS_ENDPOINT_URL": cloud.url}
        | {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    )
    send(cloud, queue, ["bad"])
    poller = Poller(cloud.client("sqs"), queue, source(), batches)
    poller.begin()
    assert until(20, lambda: len(kept(tmp_path)) == 2)
    poller.close()
    first, second = (event["at"] for event in kept(tmp_path))
    assert 1.9 < second - first < 10


def test_a_function_that_fails_gets_its_whole_batch_again(
    cloud: Emulator, batches: Function, tmp_path: Path
) -> None:
    queue = new_queue(cloud, receives=9, hidden=1)
    send(cloud, queue, ["raise once", "good"])
    poller = Poller(cloud.client("sqs"), queue, source(), batches)
    poller.begin()
    assert until(15, lambda: depth(cloud, queue.url) == (0, 0))
    poller.close()
    bodies = [sorted(r["body"] for r in event["Records"]) for event in kept(tmp_path)]
    assert bodies == [["good", "raise once"], ["good", "raise once"]]


def test_a_disabled_poller_takes_nothing_until_it_is_enabled(
    cloud: Emulator, batches: Function, tmp_path: Path
) -> None:
    queue = new_queue(cloud)
    poller = Poller(cloud.client("sqs"), queue, source(), batches)
    poller.begin()
    poller.disable()
    send(cloud, queue, ["good"])
    assert not until(1.5, lambda: depth(cloud, queue.url) != (1, 0))
    poller.enable()
    assert until(5, lambda: kept(tmp_path))
    poller.close()
