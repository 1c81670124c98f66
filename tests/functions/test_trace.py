"""One POST, followed to its row by the spans that left the functions over OTLP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import psycopg
import pytest

from sereno.local.otlp import Span
from sereno.local.traces import TraceReceiver, TraceStore
from telemetry import tracing
from telemetry.context import TraceContext
from tests.functions import events
from tests.functions.aws import Aws
from tests.functions.conftest import Configure, Context, Written

Admin = psycopg.Connection[tuple[Any, ...]]

CALLER = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", True, "congo=t61rcWkgMzE")
ANA = {"name": "Ana Quux", "email": "ana@quux.example"}


@pytest.fixture
def spans(api: ModuleType, subscriber: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[TraceStore]:
    """Where both functions send their spans."""
    store = TraceStore()
    receiver = TraceReceiver(store)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    tracing.tracer.cache_clear()
    yield store
    tracing.tracer.cache_clear()
    receiver.close()
    store.close()


def post(api: ModuleType, aws: Aws, headers: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """A POST; its message's id, and the message as the queue delivers it."""
    answer = api.handler(events.post(ANA, headers), Context())
    message, attributes = aws.published[-1]
    return json.loads(answer["body"])["message_id"], events.record(message, 7, attributes=attributes)


def named(spans: tuple[Span, ...], name: str) -> Span:
    [found] = [span for span in spans if span.name == name]
    return found


def test_a_post_is_followed_to_its_row(
    api: ModuleType, subscriber: ModuleType, spans: TraceStore, aws: Aws, admin: Admin
) -> None:
    headers = {"traceparent": CALLER.traceparent, "tracestate": CALLER.state}
    message_id, record = post(api, aws, headers)
    subscriber.handler(events.batch(record, events.record(events.message(8), 8)), Context())

    one = spans.trace(CALLER.trace_id)
    server, publish, row = (named(one, name) for name in ("POST /users", "publish users", "store row"))
    assert [server.parent_id, publish.parent_id, row.parent_id] == [
        CALLER.span_id,
        server.span_id,
        publish.span_id,
    ]
    assert [span.service for span in (server, publish, row)] == ["users-api", "users-api", "users-subscriber"]
    assert [span.kind for span in (server, publish, row)] == ["SERVER", "PRODUCER", "CONSUMER"]
    assert row.attributes == {"messaging.message.id": message_id, "sereno.fate": "stored"}

    every = spans.follow(message_id)
    batch, statement = named(every, "process users"), named(every, "INSERT users")
    assert (batch.links, row.links) == (
        ((CALLER.trace_id, publish.span_id),),
        ((batch.trace_id, batch.span_id),),
    )
    assert (batch.trace_id != CALLER.trace_id, statement.parent_id) == (True, batch.span_id)
    assert not any(span.error for span in every)


def test_the_state_of_the_caller_reaches_the_queue(api: ModuleType, spans: TraceStore, aws: Aws) -> None:
    post(api, aws, {"traceparent": CALLER.traceparent, "tracestate": CALLER.state})
    assert aws.published[0][1]["tracestate"] == CALLER.state


def test_without_a_caller_who_traces_a_trace_begins(
    api: ModuleType, subscriber: ModuleType, spans: TraceStore, aws: Aws, admin: Admin
) -> None:
    message_id, record = post(api, aws, {})
    subscriber.handler(events.batch(record), Context())
    every = spans.follow(message_id)
    server, row = named(every, "POST /users"), named(every, "store row")
    assert (server.parent_id, row.trace_id) == ("", server.trace_id)
    assert server.attributes["aws.xray.trace_id"] == "1-67423b14-3c2b1a0f9e8d7c6b5a493827"


def test_a_span_says_the_route_and_not_the_path(api: ModuleType, spans: TraceStore, admin: Admin) -> None:
    api.handler(
        events.http(
            "GET", "/users/0a1b2c3d-0000-4000-8000-00000000000a", headers={"traceparent": CALLER.traceparent}
        ),
        Context(),
    )
    server = named(spans.trace(CALLER.trace_id), "GET /users/{id}")
    assert server.attributes == {
        "http.request.method": "GET",
        "http.route": "/users/{id}",
        "http.response.status_code": 404,
        "aws.xray.trace_id": "1-67423b14-3c2b1a0f9e8d7c6b5a493827",
        "faas.invocation_id": "c0ffee00-0000-4000-8000-000000000001",
        "faas.coldstart": True,
    }
    assert not server.error


@pytest.mark.parametrize(
    ("event", "names"),
    [
        pytest.param(
            events.http("GET", "/users", headers={"traceparent": CALLER.traceparent}),
            ["GET /users", "SELECT users"],
            id="no database",
        ),
        pytest.param(
            events.post(ANA, {"traceparent": CALLER.traceparent}),
            ["POST /users", "publish users"],
            id="no topic",
        ),
    ],
)
def test_a_503_is_an_error(
    api: ModuleType,
    spans: TraceStore,
    aws: Aws,
    configure: Configure,
    event: dict[str, Any],
    names: list[str],
) -> None:
    configure("api", DB_PORT="1")
    aws.fault = "500 InternalError"
    assert api.handler(event, Context())["statusCode"] == 503
    assert [(span.name, span.error) for span in spans.trace(CALLER.trace_id)] == [
        (name, True) for name in names
    ]


@pytest.mark.parametrize(
    ("body", "port", "fate", "reason"),
    [
        pytest.param(
            events.message(7, name="A\x00"), None, "rejected", "22P05", id="a row the database refuses"
        ),
        pytest.param(
            events.message(7, name=7), None, "rejected", "name is not a string", id="a malformed message"
        ),
        pytest.param(events.message(7), "1", "waiting", "no connection", id="a database that is away"),
    ],
)
def test_a_failed_message_is_an_error_in_its_own_trace(
    subscriber: ModuleType,
    spans: TraceStore,
    admin: Admin,
    configure: Configure,
    body: str,
    port: str | None,
    fate: str,
    reason: str,
) -> None:
    configure("subscriber", **({"DB_PORT": port} if port else {}))
    subscriber.handler(
        events.batch(events.record(body, 7, attributes={"traceparent": CALLER.traceparent})), Context()
    )
    row = named(spans.trace(CALLER.trace_id), "store row")
    assert (row.error, row.attributes["sereno.fate"], row.attributes["error.type"]) == (True, fate, reason)
    batch = spans.trace(row.links[0][0])
    assert named(batch, "process users").error


def test_no_address_and_no_name_reaches_a_span(
    api: ModuleType, subscriber: ModuleType, spans: TraceStore, aws: Aws, admin: Admin
) -> None:
    message_id, record = post(api, aws, {"traceparent": CALLER.traceparent})
    subscriber.handler(events.batch(record), Context())
    assert spans.follow(message_id)
    assert "quux" not in repr(spans.follow(message_id)).lower()


def test_a_log_line_names_its_trace(
    api: ModuleType, spans: TraceStore, aws: Aws, written: Callable[[], Written]
) -> None:
    post(api, aws, {"traceparent": CALLER.traceparent})
    assert [line["trace_id"] for line in written().logs] == [CALLER.trace_id]


def test_a_collector_that_is_away_is_said_once(
    api: ModuleType,
    spans: TraceStore,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    written: Callable[[], Written],
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    tracing.tracer.cache_clear()
    for _ in range(3):
        assert api.handler(events.post(ANA), Context())["statusCode"] == 202
    warnings = [line["message"] for line in written().logs if line["level"] == "WARNING"]
    assert warnings == ["The trace could not be sent; next try in a minute"]
