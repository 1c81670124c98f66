"""From event to route."""

from __future__ import annotations

import pytest

from api import routing
from api.problems import Problem
from api.routing import Match
from tests.functions import events


@pytest.mark.parametrize(
    ("method", "path", "match"),
    [
        pytest.param("GET", "/users", Match("GET /users"), id="the list"),
        pytest.param("GET", "/users/7", Match("GET /users/{id}", "7"), id="one user"),
        pytest.param("POST", "/users", Match("POST /users"), id="a new user"),
    ],
)
@pytest.mark.parametrize("stage", ["$default", "prod"])
def test_is_a_route(method: str, path: str, match: Match, stage: str) -> None:
    assert routing.match(routing.request(events.http(method, path, stage=stage))) == match


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        pytest.param("GET", "/", 404, None, id="the root"),
        pytest.param("GET", "/users/", 404, None, id="a slash too many"),
        pytest.param("GET", "/users/7/name", 404, None, id="below a user"),
        pytest.param("GET", "/usersx", 404, None, id="a longer word"),
        pytest.param("POST", "/", 404, None, id="a POST to nowhere"),
        pytest.param("DELETE", "/users", 405, "GET, POST", id="deleting the list"),
        pytest.param("HEAD", "/users", 405, "GET, POST", id="HEAD"),
        pytest.param("POST", "/users/7", 405, "GET", id="a POST to a user"),
    ],
)
def test_is_no_route(method: str, path: str, status: int, allow: str | None) -> None:
    problem = routing.match(routing.request(events.http(method, path)))
    assert isinstance(problem, Problem)
    assert (problem.status, problem.headers.get("allow")) == (status, allow)


def test_headers_are_read_in_lower_case() -> None:
    event = events.http("GET", "/users", headers={"X-Sereno-Synthetic": "canary"})
    assert routing.request(event).headers["x-sereno-synthetic"] == "canary"


def test_an_event_needs_no_query_and_no_body() -> None:
    asked = routing.request(events.http("GET", "/users"))
    assert (asked.query, asked.body, asked.base64) == ({}, "", False)
