"""What a canary does and how it judges: pure, with the transport and the clock given.

Each measured call is made once: a retry would hide what a caller sees. Only the wait for
the row asks again and again, which is what waiting is; its period is the resolution of
the round-trip time. No answer in time is bad, never missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from common.synthetic import CANARY, HEADER


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` 0: nothing did, and `error` says why. `phases`: milliseconds, in order."""

    status: int
    body: bytes = b""
    error: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)

    @property
    def milliseconds(self) -> float:
        return sum(self.phases.values())


Send = Callable[[str, str, Mapping[str, str], bytes], Reply]  # method, path, headers, body; never raises


class Clock(Protocol):
    """Seconds that only grow, and waiting."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a round trip may take and how often it is looked for, in seconds."""

    deadline: float
    poll: float


@dataclass(frozen=True, slots=True)
class Listed:
    """One GET /users."""

    good: bool
    reply: Reply
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One POST and the wait for its row. `seconds` from sending the POST to the answer with the row."""

    good: bool
    seconds: float
    polls: int
    message_id: str = ""
    reason: str = ""


def list_users(send: Send) -> Listed:
    """GET /users: good when it is answered 200 with a page."""
    reply = send("GET", "/users", {HEADER: CANARY}, b"")
    reason = "" if reply.status == 200 and "users" in _object(reply) else _reason("GET /users", reply, 200)
    return Listed(good=not reason, reply=reply, reason=reason)


def round_trip(send: Send, clock: Clock, run: str, wait: Wait) -> RoundTrip:
    """POST a user that only this run makes, then GET it until it is there or the deadline has passed."""
    started = clock.now()
    reply = send("POST", "/users", {HEADER: CANARY, "content-type": "application/json"}, body(run))
    message_id = _object(reply).get("message_id")
    if reply.status != 202 or not isinstance(message_id, str):
        return RoundTrip(False, clock.now() - started, 0, reason=_reason("POST /users", reply, 202))
    return _wait_for(send, clock, message_id, started, wait)


def _wait_for(send: Send, clock: Clock, message_id: str, started: float, wait: Wait) -> RoundTrip:
    """An answer that comes after the deadline is too late, also when it is the row."""
    path, polls = f"/users/{quote(message_id, safe='')}", 0
    while True:
        reply = send("GET", path, {HEADER: CANARY}, b"")
        polls, seconds = polls + 1, clock.now() - started
        found = reply.status == 200 and _object(reply).get("id") == message_id
        if found and seconds <= wait.deadline:
            return RoundTrip(True, seconds, polls, message_id)
        if found or seconds + wait.poll > wait.deadline:
            late = "found too late" if found else f"not found in time; {_reason('the last GET', reply, 200)}"
            return RoundTrip(False, seconds, polls, message_id, late)
        clock.sleep(wait.poll)


def body(run: str) -> bytes:
    """A user of nobody's: the domain `invalid` belongs to no one (RFC 2606)."""
    return json.dumps({"name": f"Canary {run}", "email": f"canary+{run}@sereno.invalid"}).encode()


def _object(reply: Reply) -> Mapping[str, object]:
    """The body as a JSON object; empty if it is none."""
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _reason(what: str, reply: Reply, wanted: int) -> str:
    if not reply.status:
        return f"{what}: {reply.error}"
    if reply.status == wanted:
        return f"{what}: answered {wanted} with an unexpected body"
    return f"{what}: answered {reply.status}"
