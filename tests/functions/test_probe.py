"""What the canary calls good and bad: scripted answers, a clock that only the script moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from api import validation
from api.validation import User
from canary import probe
from canary.probe import Reply, Wait

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
WAIT = Wait(deadline=30.0, poll=0.5)
ACCEPTED = Reply(202, json.dumps({"message_id": ID}).encode())
FOUND = Reply(200, json.dumps({"id": ID}).encode())
ABSENT = Reply(404, b"{}")
LOST = Reply(0, error="timeout")


@dataclass
class World:
    """Answers each request from the script (the last one for ever), each taking `takes` seconds."""

    script: list[Reply]
    takes: float = 0.25
    time: float = 100.0
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.asked.append((method, path, headers, body))
        self.time += self.takes
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.mark.parametrize(
    ("replies", "seconds", "polls"),
    [
        pytest.param([ACCEPTED, FOUND], 0.5, 1, id="the row is there at once"),
        pytest.param([ACCEPTED, ABSENT, ABSENT, FOUND], 2.0, 3, id="the row is there at the third look"),
        pytest.param(
            [ACCEPTED, Reply(503), LOST, FOUND], 2.0, 3, id="looking fails twice, the row is in time"
        ),
        pytest.param(
            [ACCEPTED, *[ABSENT] * 39, FOUND], 29.75, 40, id="the row is there just before the deadline"
        ),
    ],
)
def test_a_round_trip_is_good(replies: list[Reply], seconds: float, polls: int) -> None:
    world = World(replies)
    trip = probe.round_trip(world.send, world, "r1", WAIT)
    assert (trip.good, trip.seconds, trip.polls, trip.message_id, trip.reason) == (
        True,
        seconds,
        polls,
        ID,
        "",
    )


@pytest.mark.parametrize(
    ("replies", "takes", "reason"),
    [
        pytest.param(
            [ACCEPTED, ABSENT],
            0.25,
            "not found in time; the last GET: answered 404",
            id="the row never comes",
        ),
        pytest.param([ACCEPTED, LOST], 0.25, "not found in time; the last GET: timeout", id="nobody answers"),
        pytest.param(
            [ACCEPTED, Reply(200, b'{"id": "another"}')],
            0.25,
            "not found in time; the last GET: answered 200 with an unexpected body",
            id="another row",
        ),
        pytest.param([ACCEPTED, ABSENT, FOUND], 14.7, "found too late", id="the row comes too late"),
        pytest.param([Reply(503)], 0.25, "POST /users: answered 503", id="the POST is refused"),
        pytest.param([Reply(403)], 0.25, "POST /users: answered 403", id="the signature is refused"),
        pytest.param([LOST], 0.25, "POST /users: timeout", id="the POST is not answered"),
        pytest.param(
            [Reply(202, b"{}")], 0.25, "POST /users: answered 202 with an unexpected body", id="no id"
        ),
        pytest.param(
            [Reply(202, b"\xff")], 0.25, "POST /users: answered 202 with an unexpected body", id="no JSON"
        ),
    ],
)
def test_a_round_trip_is_bad(replies: list[Reply], takes: float, reason: str) -> None:
    world = World(replies, takes)
    trip = probe.round_trip(world.send, world, "r1", WAIT)
    assert (trip.good, trip.reason) == (False, reason)


@pytest.mark.parametrize("takes", [0.25, 4.9], ids=["quick answers", "answers near their timeout"])
def test_a_run_ends_soon_after_its_deadline(takes: float) -> None:
    world = World([ACCEPTED, ABSENT], takes)
    probe.round_trip(world.send, world, "r1", WAIT)
    assert 100 + WAIT.deadline - WAIT.poll - takes <= world.time <= 100 + WAIT.deadline + takes


def test_a_post_is_sent_once() -> None:
    world = World([Reply(503)])
    probe.round_trip(world.send, world, "r1", WAIT)
    assert [method for method, *_ in world.asked] == ["POST"]


def test_every_request_is_marked() -> None:
    world = World([ACCEPTED, ABSENT, FOUND])
    probe.round_trip(world.send, world, "r1", WAIT)
    probe.list_users(world.send)
    assert {headers["x-sereno-synthetic"] for _, _, headers, _ in world.asked} == {"canary"}
    assert [path for _, path, _, _ in world.asked] == ["/users", f"/users/{ID}", f"/users/{ID}", "/users"]


def test_what_it_posts_is_a_user_of_this_run_only() -> None:
    user = validation.user(
        {"content-type": "application/json"}, probe.body("r7").decode(), encoded=False, most=8192
    )
    assert user == User("Canary r7", "canary+r7@sereno.invalid")


@pytest.mark.parametrize(
    ("reply", "good", "reason"),
    [
        pytest.param(Reply(200, b'{"users": [], "next": null}'), True, "", id="a page"),
        pytest.param(
            Reply(200, b"{}"), False, "GET /users: answered 200 with an unexpected body", id="no page"
        ),
        pytest.param(
            Reply(200, b"<html>"), False, "GET /users: answered 200 with an unexpected body", id="no JSON"
        ),
        pytest.param(Reply(500), False, "GET /users: answered 500", id="an error"),
        pytest.param(Reply(0, error="gaierror"), False, "GET /users: gaierror", id="an unknown host"),
    ],
)
def test_a_list_is(reply: Reply, good: bool, reason: str) -> None:
    listed = probe.list_users(World([reply]).send)
    assert (listed.good, listed.reason) == (good, reason)
