"""One invocation: its log keys, its metrics and its span, and that they leave before it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from telemetry import metrics as metrics_
from telemetry import tracing
from telemetry.context import TraceContext
from telemetry.metrics import Metrics
from telemetry.signals import COLD_STARTS
from telemetry.tracing import Attributes, Kind, Span, Tracer

Event = dict[str, Any]  # as json.loads gave it to the runtime


class LambdaContext(Protocol):
    """What the functions use of the runtime's context."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a handler reports through while it runs."""

    log: Logger
    metrics: Metrics
    tracer: Tracer
    span: Span

    def child(
        self, name: str, kind: Kind, attributes: Attributes | None = None
    ) -> AbstractContextManager[Span]:
        """A span below the invocation's own."""
        return self.tracer.span(name, kind, parent=self.span.context, attributes=attributes)


class Telemetry:
    """A function's telemetry, made once an environment."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._log = Logger(service=service)
        self._cold = True

    @contextmanager
    def invocation(
        self,
        context: LambdaContext,
        name: str,
        kind: Kind,
        *,
        parent: TraceContext | None = None,
        links: Sequence[TraceContext] = (),
        attributes: Attributes | None = None,
    ) -> Iterator[Invocation]:
        """Around a handler's work. Metrics and spans leave also when it raises."""
        cold, self._cold = self._cold, False
        metrics = metrics_.collector(self._service)
        tracer = tracing.tracer(self._service)
        facts = {"faas.invocation_id": context.aws_request_id, "faas.coldstart": cold, **(attributes or {})}
        try:
            with (
                tracer.span(name, kind, parent=parent, links=links, attributes=facts) as span,
                self._log.append_context_keys(
                    request_id=context.aws_request_id, trace_id=span.context.trace_id, cold_start=cold
                ),
            ):
                yield Invocation(self._log, metrics, tracer, span)
        finally:
            metrics.add(COLD_STARTS, int(cold))
            metrics.flush()
            if not tracer.flush():
                self._log.warning("The trace could not be sent; next try in a minute")
