"""The W3C trace context, by hand: a cold start needs no library to pass a trace on.

https://www.w3.org/TR/trace-context/ and, for what AWS adds to a request,
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_XRAY_ROOT = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})")
_STATE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_STATE_MOST = 512  # characters; the specification asks to pass on at least as many


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span's place: hexadecimal ids, whether it is recorded, and the vendors' state."""

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""

    @property
    def traceparent(self) -> str:
        """The header, version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def parse(traceparent: str | None, tracestate: str | None = None) -> TraceContext | None:
    """What the two headers say; None if they say nothing valid."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None or not _acceptable(match):
        return None
    _, trace_id, span_id, flags, _ = match.groups()
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & 1), _state(tracestate or ""))


def _acceptable(match: re.Match[str]) -> bool:
    """Version ff and ids of only zeros are invalid; version 00 has nothing after its flags."""
    version, trace_id, span_id, _, rest = match.groups()
    return version != "ff" and not (version == "00" and rest) and bool(int(trace_id, 16) and int(span_id, 16))


def _state(text: str) -> str:
    """A tracestate as it may be passed on; a malformed or over-long one is dropped whole."""
    return text if len(text) <= _STATE_MOST and _STATE.fullmatch(text) else ""


def child(parent: TraceContext | None) -> TraceContext:
    """A new span's place below `parent`, or at the root of a new trace, which nobody records."""
    if parent is None:
        return TraceContext(os.urandom(16).hex(), os.urandom(8).hex(), sampled=False)
    return TraceContext(parent.trace_id, os.urandom(8).hex(), parent.sampled, parent.state)


def xray_root(header: str | None) -> str:
    """The trace id in `X-Amzn-Trace-Id: Root=1-...`, as AWS shows it; "" if there is none.

    API Gateway sends a root without a parent, so it can be written down but not continued.
    """
    for part in (header or "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == "Root" and _XRAY_ROOT.fullmatch(value):
            return value
    return ""
