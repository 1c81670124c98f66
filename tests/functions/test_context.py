"""The W3C trace context."""

from __future__ import annotations

import pytest

from telemetry import context
from telemetry.context import TraceContext

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        pytest.param(f"00-{TRACE}-{SPAN}-01", True, id="sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-00", False, id="not sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-03", True, id="with a flag of level 2"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", True, id="of a later version"),
    ],
)
def test_is_read(header: str, sampled: bool) -> None:
    assert context.parse(header) == TraceContext(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", id="the version that is invalid"),
        pytest.param(f"00-{TRACE}-{SPAN}-01-more", id="version 00 with more"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", id="a trace id of zeros"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", id="a span id of zeros"),
        pytest.param(f"00-{TRACE.upper()}-{SPAN}-01", id="capitals"),
        pytest.param(f"00-{TRACE[:-1]}-{SPAN}-01", id="a short trace id"),
        pytest.param(f"00-{TRACE}-{SPAN}-01\n", id="a line break"),
        pytest.param("x" * 100_000, id="a long header"),
    ],
)
def test_is_not_read(header: str | None) -> None:
    assert context.parse(header) is None


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        pytest.param(
            "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", id="as sent"
        ),
        pytest.param("a=b\nx: y", "", id="not with a line break"),
        pytest.param("a=" + "b" * 511, "", id="not when too long"),
        pytest.param(None, "", id="none"),
    ],
)
def test_a_state_is_passed_on(state: str | None, kept: str) -> None:
    found = context.parse(f"00-{TRACE}-{SPAN}-01", state)
    assert found is not None
    assert found.state == kept


def test_what_is_written_is_read() -> None:
    place = TraceContext(TRACE, SPAN, True)
    assert context.parse(place.traceparent) == place


def test_a_child_stays_in_its_trace() -> None:
    parent = TraceContext(TRACE, SPAN, True, "a=b")
    below = context.child(parent)
    assert (below.trace_id, below.sampled, below.state) == (TRACE, True, "a=b")
    assert below.span_id != SPAN


def test_a_root_begins_a_trace_that_nobody_records() -> None:
    first, second = context.child(None), context.child(None)
    assert first.trace_id != second.trace_id
    assert not first.sampled
    assert context.parse(first.traceparent) == first


@pytest.mark.parametrize(
    ("header", "root"),
    [
        pytest.param(
            "Root=1-67423b14-3c2b1a0f9e8d7c6b5a493827",
            "1-67423b14-3c2b1a0f9e8d7c6b5a493827",
            id="the gateway's",
        ),
        pytest.param(
            "Self=1-x;Root=1-67423b14-3c2b1a0f9e8d7c6b5a493827;Parent=53995c3f42cd8ad8;Sampled=1",
            "1-67423b14-3c2b1a0f9e8d7c6b5a493827",
            id="with more around it",
        ),
        pytest.param("Root=1-67423b14", "", id="half a root"),
        pytest.param(None, "", id="none"),
    ],
)
def test_the_root_of_an_x_ray_header(header: str | None, root: str) -> None:
    assert context.xray_root(header) == root
