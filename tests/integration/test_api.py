"""What callers of the API are promised, asked of the API itself, wherever it runs."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest

from tests.integration.conftest import Target

COLLECTION = Path(__file__).with_name("users.postman_collection.json")
KATHERINE = {"name": "Katherine Integration", "email": "katherine@example.com"}


def test_a_page_of_users_is_read_in_json(target: Target) -> None:
    answer = target.ask("GET", "/users?limit=3")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert set(answer.body) == {"users", "next"}
    assert len(answer.body["users"]) <= 3


def test_a_posted_user_becomes_a_row_that_is_read_by_its_message_id(target: Target) -> None:
    posted = target.ask("POST", "/users", KATHERINE)
    assert posted.status == 202
    path = f"/users/{posted.body['message_id']}"
    target.until(lambda: target.ask("GET", path).status == 200)
    found = target.ask("GET", path)
    assert found.status == 200
    assert {name: found.body[name] for name in KATHERINE} == KATHERINE


def test_the_dead_letter_queue_is_empty(target: Target) -> None:
    assert target.dead_letters() == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/users", None, id="a list without a signature"),
        pytest.param("GET", "/users/1", None, id="a user without a signature"),
        pytest.param("POST", "/users", KATHERINE, id="a new user without a signature"),
    ],
)
def test_permission_is_denied_to(target: Target, method: str, path: str, body: object) -> None:
    assert target.ask(method, path, body, signed=False).status == 403


def test_permission_is_denied_to_a_signature_of_an_unknown_key(target: Target) -> None:
    import boto3

    stranger = boto3.Session("AKIAUNKNOWN", "unknown", region_name=target.region)
    assert Target(target.url, target.region, stranger, "", 0).ask("GET", "/users").status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"name": "Ada"}, 422, id="a user without an e-mail address"),
        pytest.param({"name": "", "email": "ada@example.com"}, 422, id="a user without a name"),
        pytest.param({"name": "A" * 9000, "email": "ada@example.com"}, 413, id="a body over its bound"),
    ],
)
def test_a_problem_is_answered_to(target: Target, body: object, status: int) -> None:
    answer = target.ask("POST", "/users", body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.body["status"] == status


def test_a_user_that_nobody_posted_is_not_found(target: Target) -> None:
    assert target.ask("GET", f"/users/{uuid.uuid4()}").status == 404


def test_the_postman_collection_asks_the_same_paths() -> None:
    items = json.loads(COLLECTION.read_text())["item"]
    asked = {f"{item['request']['method']} {item['request']['url']}" for item in items}
    paths = {re.sub(r"\?.*|{{url}}", "", path) for path in asked}
    assert paths == {"GET /users", "GET /users/{{message_id}}", "POST /users"}
