"""Spans arrive as any exporter sends them, garbage is answered, and a POST can be followed to its row."""

from __future__ import annotations

import dataclasses
import gzip
import http.client
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from sereno.local import otlp, traces
from sereno.local.otlp import Span
from sereno.local.traces import Summary, TraceReceiver, TraceStore

POST, BATCH, LATER = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def store() -> Iterator[TraceStore]:
    made = TraceStore()
    yield made
    made.close()


@pytest.fixture
def receiver(store: TraceStore) -> Iterator[TraceReceiver]:
    made = TraceReceiver(store)
    yield made
    made.close()


def _span(trace_id: str, number: int, **other: Any) -> Span:
    """A span of one nanosecond that begins at `number`."""
    named = {"service": "users-api", "name": f"n{number}", "kind": "INTERNAL", "parent_id": ""} | other
    return Span(trace_id, f"{number:016x}", start=number, end=number + 1, **named)


def _post(receiver: TraceReceiver, body: bytes, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(receiver.url).netloc, timeout=5)
    fields = {"Content-Type": otlp.JSON} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", fields.pop("path", "/v1/traces"), body, fields)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def _json(**span: Any) -> bytes:
    """A request of one span as the specification's example has it: ids in hexadecimal, times as text."""
    good = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": "eee19b7ec3c1b173",
        "name": "POST /users",
        "kind": 2,
        "startTimeUnixNano": "1544712660000000000",
        "endTimeUnixNano": "1544712661000000000",
        "status": {"code": 2},
        "attributes": [{"key": "http.status", "value": {"intValue": "503"}}],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "users-api"}}]}
    return json.dumps(
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [good | span]}]}]}
    ).encode()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_the_sdk_exports_is_kept(
    store: TraceStore, receiver: TraceReceiver, compression: Compression
) -> None:
    exporter = OTLPSpanExporter(f"{receiver.url}/v1/traces", compression=compression, timeout=5)
    provider = TracerProvider(resource=Resource({"service.name": "users-subscriber"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("store", kind=trace.SpanKind.CONSUMER) as span:
        span.set_attribute("messaging.message.id", "m-1")
        with tracer.start_as_current_span("INSERT", kind=trace.SpanKind.CLIENT) as child:
            child.set_status(trace.StatusCode.ERROR)
    provider.shutdown()
    place = span.get_span_context()
    first, second = store.trace(trace.format_trace_id(place.trace_id))
    assert (first.service, first.name, first.kind, first.error, first.parent_id, dict(first.attributes)) == (
        "users-subscriber",
        "store",
        "CONSUMER",
        False,
        "",
        {"messaging.message.id": "m-1"},
    )
    assert (second.parent_id, second.kind, second.error) == (first.span_id, "CLIENT", True)
    assert first.start <= second.start <= second.end <= first.end


def test_json_has_its_ids_in_hexadecimal(store: TraceStore, receiver: TraceReceiver) -> None:
    assert _post(receiver, _json()) == (200, b"{}")
    (span,) = store.trace("5B8EFFF798038103D269B633813FC60C")
    assert span == Span(
        "5b8efff798038103d269b633813fc60c",
        "eee19b7ec3c1b174",
        "eee19b7ec3c1b173",
        "users-api",
        "POST /users",
        "SERVER",
        1544712660000000000,
        1544712661000000000,
        True,
        {"http.status": 503},
    )


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"stringValue": "é"}, "é"),
        ({"boolValue": True}, True),
        ({"doubleValue": 1.5}, 1.5),
        ({"doubleValue": "NaN"}, "nan"),
        ({"bytesValue": "AQI="}, "0102"),
        ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "b"}]}}, [1, "b"]),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 2}}]}}, {"k": 2}),
        ({}, None),
    ],
)
def test_every_kind_of_attribute_is_kept_as_json(value: Mapping[str, Any], kept: Any) -> None:
    ((span,), refused) = otlp.parse(_json(attributes=[{"key": "x", "value": value}]), otlp.JSON)
    assert (dict(span.attributes), refused) == ({"x": kept}, 0)


def test_attributes_past_their_room_are_left_out() -> None:
    long = {"key": "long", "value": {"stringValue": "x" * otlp.ATTRIBUTES}}
    short = {"key": "short", "value": {"intValue": 1}}
    ((span,), _) = otlp.parse(_json(attributes=[short, long]), otlp.JSON)
    assert dict(span.attributes) == {"short": 1}


@pytest.mark.parametrize(
    "span",
    [{"traceId": "ab"}, {"spanId": ""}, {"endTimeUnixNano": str(2**63)}],
    ids=["trace", "span", "time"],
)
def test_a_span_that_cannot_be_kept_is_refused_and_told(
    store: TraceStore, receiver: TraceReceiver, span: Mapping[str, str]
) -> None:
    status, body = _post(receiver, _json(**span))
    assert (status, json.loads(body)["partialSuccess"]["rejectedSpans"]) == (200, "1")
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"short")
    status, body = _post(receiver, request.SerializeToString(), Content_Type=otlp.PROTOBUF)
    response = ExportTraceServiceResponse()
    response.ParseFromString(body)
    assert (status, response.partial_success.rejected_spans, store.recent()) == (200, 1, ())


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(b"{", {}, 400, id="JSON cut short"),
        pytest.param(b"[]", {}, 400, id="JSON that is no object"),
        pytest.param(b'{"resourceSpans": 3}', {}, 400, id="JSON of another shape"),
        pytest.param(_json(traceId="xyz"), {}, 400, id="an id that is no hexadecimal"),
        pytest.param(_json(traceId=7), {}, 400, id="an id that is no text"),
        pytest.param(b'{"a":' * 100_000, {}, 400, id="JSON nested without end"),
        pytest.param(b"\xff\xfe", {"Content_Type": otlp.PROTOBUF}, 400, id="no protobuf"),
        pytest.param(b"nope", {"Content_Encoding": "gzip"}, 400, id="no gzip"),
        pytest.param(gzip.compress(_json())[:-9], {"Content_Encoding": "gzip"}, 400, id="gzip cut short"),
        pytest.param(_json(), {"Content_Encoding": "br"}, 415, id="another encoding"),
        pytest.param(_json(), {"Content_Type": "text/plain"}, 415, id="another content type"),
        pytest.param(_json(), {"path": "/v1/logs"}, 404, id="another path"),
        pytest.param(b"", {"Content_Length": "999999999999"}, 413, id="a body too large"),
        pytest.param(b"", {"Content_Length": "-1"}, 400, id="a length that is none"),
    ],
)
def test_garbage_is_answered_and_the_next_request_is_served(
    receiver: TraceReceiver, body: bytes, headers: Mapping[str, str], status: int
) -> None:
    assert _post(receiver, body, **headers)[0] == status
    assert _post(receiver, _json()) == (200, b"{}")


def test_a_bomb_is_not_unfolded(receiver: TraceReceiver) -> None:
    bomb = gzip.compress(b" " * (otlp.UNPACKED + 1))
    assert len(bomb) < traces.BODY
    assert _post(receiver, bomb, Content_Encoding="gzip")[0] == 413


def test_a_client_that_hangs_up_disturbs_nobody(
    receiver: TraceReceiver, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = urlsplit(receiver.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"POST /v1/traces HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
    assert _post(receiver, _json()) == (200, b"{}")
    assert "Traceback" not in capfd.readouterr().err


def test_a_span_sent_twice_is_kept_once(store: TraceStore) -> None:
    store.add([_span(POST, 1)])
    store.add([_span(POST, 1, error=True)])
    assert [span.error for span in store.trace(POST)] == [True]


def test_the_oldest_spans_make_room(store: TraceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "SPANS", 3)
    store.add([_span(POST, n) for n in range(2)])
    store.add([_span(BATCH, n) for n in range(2, 4)])
    assert [(t.trace_id, t.spans) for t in store.recent()] == [(BATCH, 2), (POST, 1)]


def test_the_newest_traces_come_first_named_by_their_first_span(store: TraceStore) -> None:
    twin = dataclasses.replace(_span(POST, 3), span_id="0" * 15 + "9", name="began with n3")
    store.add([_span(POST, 5, error=True), _span(POST, 3), twin, _span(BATCH, 4)])
    assert store.recent() == (
        Summary(BATCH, "n4", "users-api", 4, 5, 1, 0),
        Summary(POST, "n3", "users-api", 3, 6, 3, 1),
    )
    assert store.recent(1) == (Summary(BATCH, "n4", "users-api", 4, 5, 1, 0),)
    assert store.recent(-1) == ()


M = {"messaging.message.id": "message-1"}


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        pytest.param([_span(POST, 1), _span(POST, 2, attributes=M)], [1, 2], id="the whole trace"),
        pytest.param(
            [_span(POST, 1, attributes=M), _span(BATCH, 2, links=((POST, "1"),)), _span(BATCH, 3)],
            [1, 2, 3],
            id="and the trace that links to it",
        ),
        pytest.param(
            [_span(POST, 1), _span(BATCH, 2, links=((POST, "1"),), attributes=M)],
            [1, 2],
            id="and the one it links to",
        ),
        pytest.param(
            [
                _span(POST, 1, attributes=M),
                _span(BATCH, 2, links=((POST, "1"),)),
                _span(LATER, 3, links=((BATCH, "2"),)),
            ],
            [1, 2, 3],
            id="over several links",
        ),
        pytest.param(
            [
                _span(POST, 1, attributes=M),
                _span(LATER, 2),
                _span(BATCH, 3, links=((POST, "1"), (LATER, "2"))),
            ],
            [1, 3],
            id="but not its neighbours in a batch",
        ),
        pytest.param([_span(POST, 1, attributes={"about": "message-11"})], [], id="nor one alike"),
        pytest.param([_span(POST, 1, attributes={"about": ["message-1"]})], [], id="nor a list of many"),
    ],
)
def test_a_message_is_followed(store: TraceStore, spans: Sequence[Span], found: list[int]) -> None:
    store.add(reversed(spans))
    assert [span.start for span in store.follow("message-1")] == found
