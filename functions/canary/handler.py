"""The scheduled Lambda. An attempt that fails is a metric; a canary that cannot attempt is a Lambda error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from canary import probe, run
from canary.probe import Listed, Reply, RoundTrip, Send
from telemetry import signals
from telemetry.invocation import Event, Invocation, LambdaContext, Telemetry

TELEMETRY: Final = Telemetry(signals.CANARY)


def handler(event: Event, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - the schedule says nothing
    """One run: what was measured, as the log has it too. Raises `Misconfigured` before any attempt."""
    with TELEMETRY.invocation(context, "canary", "INTERNAL") as invocation:
        prepared = run.prepare(os.environ)
        send = _traced(prepared.transport.send, invocation)
        listed = probe.list_users(send)
        _report_listed(listed, invocation)
        trip = probe.round_trip(send, run.SystemClock(), prepared.id, prepared.wait)
        _report_trip(trip, prepared, invocation)
        if not (listed.good and trip.good):
            invocation.span.fail("bad")
    return {"run": prepared.id, "get": listed.good, "roundTrip": trip.good}


def _traced(send: Send, invocation: Invocation) -> Send:
    """Each request in a span of its own, whose context it carries: from here a row can be followed."""

    def traced(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        with invocation.child(method, "CLIENT", {"http.request.method": method, "url.path": path}) as span:
            reply = send(method, path, {**headers, "traceparent": span.context.traceparent}, body)
            span.set({f"sereno.phase.{name}": took for name, took in reply.phases.items()})
            if reply.status:
                span.set({"http.response.status_code": reply.status})
            if not reply.status or reply.status >= 500:
                span.fail(reply.error or str(reply.status))
        return reply

    return traced


def _report_listed(listed: Listed, invocation: Invocation) -> None:
    invocation.metrics.add(signals.CANARY_GETS, 1)
    invocation.metrics.add(signals.CANARY_GETS_GOOD, int(listed.good))
    invocation.metrics.add(signals.CANARY_GET_TIME, listed.reply.milliseconds)
    _say(listed.good, "GET", {"reason": listed.reason, "phases": dict(listed.reply.phases)}, invocation)


def _report_trip(trip: RoundTrip, prepared: run.Run, invocation: Invocation) -> None:
    invocation.metrics.add(signals.ROUND_TRIPS, 1)
    invocation.metrics.add(signals.ROUND_TRIPS_GOOD, int(trip.good))
    if trip.good:
        invocation.metrics.add(signals.ROUND_TRIP_TIME, trip.seconds * 1000)
    facts = {
        "run": prepared.id,
        "reason": trip.reason,
        "message_id": trip.message_id,
        "seconds": round(trip.seconds, 3),
        "polls": trip.polls,
        "resolution_seconds": prepared.wait.poll,
    }
    _say(trip.good, "Round trip", facts, invocation)


def _say(good: bool, what: str, facts: Mapping[str, object], invocation: Invocation) -> None:
    if good:
        invocation.log.info(f"{what}: good", extra=dict(facts))
    else:
        invocation.log.error(f"{what}: bad", extra=dict(facts))
