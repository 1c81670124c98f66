"""OTLP trace export requests -> spans. Pure; protobuf or JSON, as the content type says.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import Error as JsonError
from google.protobuf.json_format import ParseDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PROTOBUF, JSON = "application/x-protobuf", "application/json"
UNPACKED = 32 * 1024 * 1024  # bytes a gzip body may unfold to
ATTRIBUTES = 4_096  # characters of a span's attributes as JSON; what does not fit is left out
_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_ERROR = 2  # STATUS_CODE_ERROR
_IDS = ("traceId", "spanId", "parentSpanId")


class Unreadable(Exception):
    """Why a request is none; `status` is the HTTP answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Span:
    """One operation. Ids are lower-case hexadecimal, times nanoseconds since the epoch (wall clock)."""

    trace_id: str
    span_id: str
    parent_id: str  # empty: a root
    service: str
    name: str
    kind: str
    start: int
    end: int
    error: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()  # (trace id, span id) of what caused it from elsewhere


def parse(body: bytes, content_type: str, encoding: str = "") -> tuple[list[Span], int]:
    """The spans, and how many were refused for their ids or times. Raises `Unreadable`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise Unreadable(415, f"Content-Type must be {PROTOBUF} or {JSON}")
    raw = unpack(body, encoding)
    request = _json(raw) if kind == JSON else _protobuf(raw)
    every = list(_spans(request))
    good = [span for span in every if span is not None]
    return good, len(every) - len(good)


def answer(content_type: str, refused: int) -> bytes:
    """The body of a 200, which tells of refused spans."""
    if content_type == JSON:
        partial = {"rejectedSpans": str(refused), "errorMessage": _REFUSED} if refused else {}
        return json.dumps({"partialSuccess": partial} if partial else {}).encode()
    response = ExportTraceServiceResponse()
    if refused:
        response.partial_success.rejected_spans = refused
        response.partial_success.error_message = _REFUSED
    return bytes(response.SerializeToString())


_REFUSED = "a trace id has 16 bytes, a span id 8, and a time fits 63 bits"


def unpack(body: bytes, encoding: str) -> bytes:
    """The body without its gzip, bounded."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Unreadable(415, "Content-Encoding must be gzip or none")
    unfolding = zlib.decompressobj(wbits=31)
    try:
        raw = unfolding.decompress(body, UNPACKED)
    except zlib.error:
        raise Unreadable(400, "the body is not gzip") from None
    if unfolding.unconsumed_tail:
        raise Unreadable(413, f"the body unfolds to more than {UNPACKED} bytes")
    if not unfolding.eof:
        raise Unreadable(400, "the gzip body is cut short")
    return raw


def _protobuf(raw: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(raw)
    except DecodeError:
        raise Unreadable(400, "the body is no ExportTraceServiceRequest") from None
    return request


def _json(raw: bytes) -> ExportTraceServiceRequest:
    try:
        document = _with_bytes(json.loads(raw))
        if not isinstance(document, dict):
            raise TypeError
        request = ExportTraceServiceRequest()
        ParseDict(document, request, ignore_unknown_fields=True)
    except (JsonError, ValueError, TypeError, AttributeError, RecursionError):
        raise Unreadable(400, "the body is no ExportTraceServiceRequest") from None
    return request


def _with_bytes(node: Any) -> Any:
    """OTLP writes ids in hexadecimal, where protobuf's JSON has base64."""
    if isinstance(node, list):
        return [_with_bytes(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: base64.b64encode(bytes.fromhex(value)).decode() if name in _IDS else _with_bytes(value)
        for name, value in node.items()
    }


def _spans(request: Any) -> Iterator[Span | None]:
    for resource in request.resource_spans:
        service = str(_attributes(resource.resource.attributes).get("service.name", ""))
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _span(span, service)


def _span(span: Any, service: str) -> Span | None:
    ends = (span.start_time_unix_nano, span.end_time_unix_nano)
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or max(ends) >= 2**63:
        return None
    return Span(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        service,
        span.name,
        _KINDS[span.kind] if span.kind < len(_KINDS) else "UNSPECIFIED",
        *ends,
        span.status.code == _ERROR,
        _fitting(_attributes(span.attributes)),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )


def _fitting(attributes: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    room = ATTRIBUTES
    for name, value in attributes.items():
        room -= len(name) + len(json.dumps(value))
        if room >= 0:
            kept[name] = value
    return kept


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    """As JSON has it: bytes in hexadecimal, a number without end as text."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case "double_value" if not math.isfinite(value.double_value):
            return str(value.double_value)
        case kind:
            return getattr(value, kind)
