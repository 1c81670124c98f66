"""When spans are sent, in how long, and what becomes of them without a collector."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry import otlp, tracing
from telemetry.context import TraceContext
from tests.functions.conftest import ROOT

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
PLACE = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", True, "congo=t61")
OTHER = TraceContext("1af7651916cd43dd8448eb211c80319c", "c7ad6b7169203331", True)


@pytest.mark.parametrize(
    ("environ", "exports"),
    [
        pytest.param({}, False, id="nothing is configured"),
        pytest.param(ENDPOINT, True, id="an endpoint"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x/v1/traces"}, True, id="one for traces"),
        pytest.param({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, False, id="one for metrics only"),
        pytest.param({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, False, id="the SDK is disabled"),
        pytest.param({**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE "}, False, id="the SDK is disabled, loudly"),
        pytest.param({**ENDPOINT, "OTEL_SDK_DISABLED": "false"}, True, id="the SDK is not disabled"),
        pytest.param({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False, id="no traces"),
        pytest.param({**ENDPOINT, "OTEL_TRACES_EXPORTER": "otlp"}, True, id="traces by OTLP"),
        pytest.param(
            {**ENDPOINT, "OTEL_TRACES_EXPORTER": "console"}, False, id="traces by what is not built in"
        ),
    ],
)
def test_traces_are_sent_when(environ: dict[str, str], exports: bool) -> None:
    assert tracing.exports(environ) == exports


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        pytest.param({}, 0.5, id="nothing is said"),
        pytest.param({"OTEL_EXPORTER_OTLP_TIMEOUT": "0.2"}, 0.2, id="less is asked"),
        pytest.param({"OTEL_EXPORTER_OTLP_TIMEOUT": "10"}, 1.0, id="more is asked"),
        pytest.param(
            {"OTEL_EXPORTER_OTLP_TIMEOUT": "0.2", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "0.3"},
            0.3,
            id="traces differ",
        ),
        pytest.param({"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, 0.5, id="nonsense is asked"),
    ],
)
def test_sending_may_take(environ: dict[str, str], seconds: float) -> None:
    assert otlp.flush_seconds(environ) == seconds


class Memory(SpanExporter):
    """Keeps what it is given; fails while told to."""

    def __init__(self) -> None:
        self.batches: list[Sequence[ReadableSpan]] = []
        self.fails = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.batches.append(spans)
        return SpanExportResult.FAILURE if self.fails else SpanExportResult.SUCCESS


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def tracer(memory: Memory) -> otlp.OtlpTracer:
    return otlp.OtlpTracer("users-api", {}, memory)


def test_a_span_says_where_it_belongs(tracer: otlp.OtlpTracer, memory: Memory) -> None:
    with tracer.span(
        "store row", "CONSUMER", parent=PLACE, links=[OTHER], attributes={"a": 1}, started_ns=7_000_000_000
    ) as span:
        span.set({"b": 2})
    assert tracer.flush()
    [[sent]] = memory.batches
    assert sent.context is not None
    assert sent.parent is not None
    assert (sent.name, sent.kind.name, sent.start_time, dict(sent.attributes or {})) == (
        "store row",
        "CONSUMER",
        7_000_000_000,
        {"a": 1, "b": 2},
    )
    assert (f"{sent.context.trace_id:032x}", f"{sent.parent.span_id:016x}") == (PLACE.trace_id, PLACE.span_id)
    assert [f"{link.context.span_id:016x}" for link in sent.links] == [OTHER.span_id]
    assert span.context == TraceContext(PLACE.trace_id, f"{sent.context.span_id:016x}", True, "congo=t61")
    assert sent.resource.attributes["service.name"] == "users-api"


def test_a_failure_leaves_no_message(tracer: otlp.OtlpTracer, memory: Memory) -> None:
    with pytest.raises(ValueError, match="ana@"), tracer.span("GET /users", "SERVER"):
        raise ValueError("ana@example.org")
    tracer.flush()
    [[sent]] = memory.batches
    assert (sent.status.status_code.name, sent.attributes) == ("ERROR", {"error.type": "ValueError"})
    assert "ana@example.org" not in sent.to_json()


def test_what_the_caller_does_not_sample_is_not_sent(tracer: otlp.OtlpTracer, memory: Memory) -> None:
    unsampled = TraceContext(PLACE.trace_id, PLACE.span_id, False)
    with tracer.span("GET /users", "SERVER", parent=unsampled) as span:
        assert (span.context.trace_id, span.context.sampled) == (PLACE.trace_id, False)
    tracer.flush()
    assert memory.batches == []


def test_after_a_failure_nothing_is_sent_for_a_while(
    tracer: otlp.OtlpTracer, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(otlp.time, "monotonic", lambda: now)
    flushed = []
    for memory.fails, now in ((True, 1000.0), (False, 1059.0), (False, 1060.0)):  # noqa: B007 - the clock's
        with tracer.span("GET /users", "SERVER"):
            pass
        flushed.append(tracer.flush())
    assert (flushed, len(memory.batches)) == ([False, True, True], 2)


def test_the_name_of_the_service_may_be_given(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("OTEL_SERVICE_NAME", "mine")
    tracer = otlp.OtlpTracer("users-api", os.environ, memory)
    with tracer.span("GET /users", "SERVER"):
        pass
    tracer.flush()
    assert memory.batches[0][0].resource.attributes["service.name"] == "mine"


def test_ids_are_the_systems_and_not_a_snapshots(tracer: otlp.OtlpTracer) -> None:
    import random

    seen = []
    for _ in range(2):
        random.seed(7)
        with tracer.span("GET /users", "SERVER") as span:
            seen.append(span.context.trace_id)
    assert seen[0] != seen[1]


@pytest.fixture
def silent() -> Iterator[str]:
    """A collector that takes a request and never answers."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            over.wait(30)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    over.set()
    server.shutdown()
    server.server_close()


def test_a_silent_collector_costs_no_more_than_the_bound(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", silent)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    tracer = otlp.OtlpTracer("users-api", os.environ)
    with tracer.span("GET /users", "SERVER"):
        pass
    before = time.monotonic()
    assert not tracer.flush()
    assert time.monotonic() - before < 0.6


def test_without_an_exporter_a_context_still_travels() -> None:
    carrier = tracing._Carrier()
    with carrier.span("GET /users", "SERVER", parent=PLACE) as span:
        span.set({"a": 1})
        span.fail("500")
        assert (span.context.trace_id, span.context.sampled, span.context.state) == (
            PLACE.trace_id,
            True,
            "congo=t61",
        )
        assert span.context.span_id != PLACE.span_id
    assert carrier.flush()


# `botocore` itself is there, its 1 ms: Powertools asks for it by name.
HEAVY = (
    "boto3",
    "botocore.session",
    "botocore.client",
    "psycopg",
    "pydantic",
    "opentelemetry",
    "requests",
    "urllib3",
    "valkey",
)
IMPORTS = """
import sys
import {handler}.handler
print(*[name for name in {heavy} if name in sys.modules])
"""


@pytest.mark.parametrize("handler", ["api", "subscriber", "canary"])
def test_a_cold_start_imports_nothing_heavy(handler: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS.format(handler=handler, heavy=HEAVY)],
        cwd=ROOT / "functions",
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
