"""The OpenTelemetry SDK with OTLP over HTTP. Imported only when an exporter is configured.

Spans are kept until the invocation ends and sent then, in one request: a frozen
environment runs no background thread, so a batch processor would send them at the next
thaw or never. A collector that is away costs at most `MOST_SECONDS` once a minute.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace.propagation import set_span_in_context
from opentelemetry.trace.span import TraceState

from telemetry.context import TraceContext
from telemetry.tracing import Attributes, Kind, Span

USUAL_SECONDS: Final = 0.5  # a collector beside the function answers in milliseconds
MOST_SECONDS: Final = 1.0  # a tenth of the shortest function timeout
PAUSE_SECONDS: Final = 60.0  # after a failure
MOST_SPANS: Final = 2048  # kept in an invocation: a batch of 100 messages makes 102


class SystemRandomIds(IdGenerator):
    """Ids from the system: the SDK's own use `random`, whose state a SnapStart snapshot would repeat."""

    def generate_span_id(self) -> int:
        return int.from_bytes(os.urandom(8)) or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(os.urandom(16)) or 1


class Kept(SpanProcessor):
    """Ended spans, until they are taken."""

    def __init__(self) -> None:
        self._spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled and len(self._spans) < MOST_SPANS:
            self._spans.append(span)

    def take(self) -> list[ReadableSpan]:
        taken, self._spans = self._spans, []
        return taken


class SdkSpan:
    """A span of the SDK, in the words of `telemetry.tracing`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def context(self) -> TraceContext:
        place = self._span.get_span_context()
        return TraceContext(
            trace.format_trace_id(place.trace_id),
            trace.format_span_id(place.span_id),
            place.trace_flags.sampled,
            place.trace_state.to_header(),
        )

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def fail(self, error_type: str) -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(trace.StatusCode.ERROR)


class OtlpTracer:
    """Records with the SDK and sends with its OTLP exporter."""

    def __init__(
        self, service: str, environ: Mapping[str, str], exporter: SpanExporter | None = None
    ) -> None:
        _quiet_library()
        self._kept = Kept()
        self._exporter = exporter or OTLPSpanExporter(timeout=flush_seconds(environ))
        provider = TracerProvider(
            resource=Resource.create({} if environ.get("OTEL_SERVICE_NAME") else {"service.name": service}),
            id_generator=SystemRandomIds(),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._kept)
        self._tracer = provider.get_tracer("sereno")
        self._resumes = 0.0  # monotonic seconds: no sending before

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        *,
        parent: TraceContext | None = None,
        links: Sequence[TraceContext] = (),
        attributes: Attributes | None = None,
        started_ns: int | None = None,
    ) -> Iterator[Span]:
        span = self._tracer.start_span(
            name,
            context=_below(parent),
            kind=trace.SpanKind[kind],
            links=[trace.Link(_place(link)) for link in links],
            attributes=attributes,
            start_time=started_ns,
        )
        opened = SdkSpan(span)
        try:
            yield opened
        except BaseException as error:
            opened.fail(type(error).__name__)
            raise
        finally:
            span.end()

    def flush(self) -> bool:
        spans = self._kept.take()
        if not spans or time.monotonic() < self._resumes:
            return True
        if self._exporter.export(spans) is SpanExportResult.SUCCESS:
            return True
        self._resumes = time.monotonic() + PAUSE_SECONDS
        return False


def flush_seconds(environ: Mapping[str, str]) -> float:
    """How long sending may take: the standard variables (seconds, as Python's SDK has it), up to a bound."""
    asked = environ.get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") or environ.get("OTEL_EXPORTER_OTLP_TIMEOUT")
    try:
        return min(float(asked), MOST_SECONDS) if asked else USUAL_SECONDS
    except ValueError:
        return USUAL_SECONDS


def _below(parent: TraceContext | None) -> Context:
    return Context() if parent is None else set_span_in_context(trace.NonRecordingSpan(_place(parent)))


def _place(at: TraceContext) -> trace.SpanContext:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if at.sampled else trace.TraceFlags.DEFAULT)
    state = TraceState.from_header([at.state]) if at.state else None
    return trace.SpanContext(int(at.trace_id, 16), int(at.span_id, 16), True, flags, state)


def _quiet_library() -> None:
    """The exporter logs each failure with its reason; the invocation says it once, through our Logger."""
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
