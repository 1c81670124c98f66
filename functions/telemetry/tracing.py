"""Spans, recorded when an exporter is configured and otherwise only passed on.

The standard variables decide: with `OTEL_EXPORTER_OTLP_ENDPOINT` or
`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` the SDK is imported (`otlp.py`), unless
`OTEL_SDK_DISABLED=true` or `OTEL_TRACES_EXPORTER=none`. Without them nothing of
OpenTelemetry is imported, and a context still travels from POST to row.

Parents are passed by hand: the batch of a queue has many, and none of them is "current".
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

from telemetry import context
from telemetry.context import TraceContext

Kind = Literal["SERVER", "CLIENT", "PRODUCER", "CONSUMER", "INTERNAL"]
Attributes = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """An open span."""

    @property
    def context(self) -> TraceContext:
        """Its place, for children, links and messages."""
        ...

    def set(self, attributes: Attributes) -> None:
        """Adds attributes. Never names or addresses of persons."""
        ...

    def fail(self, error_type: str) -> None:
        """Marks an error: a status code, an SQLSTATE, a class; never a message, which may quote data."""
        ...


class Tracer(Protocol):
    """Opens spans and sends them off."""

    def span(
        self,
        name: str,
        kind: Kind,
        *,
        parent: TraceContext | None = None,
        links: Sequence[TraceContext] = (),
        attributes: Attributes | None = None,
        started_ns: int | None = None,
    ) -> AbstractContextManager[Span]:
        """A span around a block; an exception out of it marks it failed. `started_ns`: epoch nanoseconds."""
        ...

    def flush(self) -> bool:
        """Sends what has ended, in bounded time; False if it could not. What could not be sent is dropped."""
        ...


class _Carried:
    """A span nobody records."""

    def __init__(self, place: TraceContext) -> None:
        self.context = place

    def set(self, attributes: Attributes) -> None:
        pass

    def fail(self, error_type: str) -> None:
        pass


class _Carrier:
    """The tracer without an exporter."""

    @contextmanager
    def span(
        self,
        name: str,  # noqa: ARG002 - the protocol's
        kind: Kind,  # noqa: ARG002
        *,
        parent: TraceContext | None = None,
        links: Sequence[TraceContext] = (),  # noqa: ARG002
        attributes: Attributes | None = None,  # noqa: ARG002
        started_ns: int | None = None,  # noqa: ARG002
    ) -> Iterator[Span]:
        yield _Carried(context.child(parent))

    def flush(self) -> bool:
        return True


def exports(environ: Mapping[str, str]) -> bool:
    """Whether the standard variables ask for traces to be sent."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() not in ("", "otlp"):
        return False
    return bool(
        environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    )


@functools.cache
def tracer(service: str) -> Tracer:
    """The tracer of this environment; `service` names it unless OTEL_SERVICE_NAME does."""
    if not exports(os.environ):
        return _Carrier()
    from telemetry.otlp import OtlpTracer

    return OtlpTracer(service, os.environ)
