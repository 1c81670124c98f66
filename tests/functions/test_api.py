"""The API's handler: events in, answers out, with a real database and a topic that can fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.functions import events
from tests.functions.aws import Aws
from tests.functions.conftest import Configure, Context, Written

ANA = {"name": "Ana", "email": "ana@example.org"}
ID = "0a1b2c3d-0000-4000-8000-00000000000a"

Admin = psycopg.Connection[tuple[Any, ...]]
Output = Callable[[], Written]


def insert(admin: Admin, id_: str = ID, *, synthetic: bool = False) -> None:
    admin.execute(
        "INSERT INTO users (message_id, name, email, synthetic, published_at, stored_at)"
        " VALUES (%s, 'Ana', 'ana@example.org', %s, '2026-11-24 10:15:00.5+00', '2026-11-24 10:15:01.25+00')",
        (id_, synthetic),
    )


USER = {
    "id": ID,
    "name": "Ana",
    "email": "ana@example.org",
    "published_at": "2026-11-24T10:15:00.500000Z",
    "stored_at": "2026-11-24T10:15:01.250000Z",
}


def call(handler: ModuleType, event: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, content and headers of the answer."""
    answer = handler.handler(event, Context())
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_lists_users(api: ModuleType, admin: Admin) -> None:
    insert(admin)
    insert(admin, ID[:-1] + "b", synthetic=True)
    status, content, headers = call(api, events.http("GET", "/users"))
    assert (status, content) == (200, {"users": [USER], "next": None})
    assert headers == {"content-type": "application/json", "cache-control": "no-store"}


@pytest.mark.parametrize("synthetic", [False, True], ids=["a person's", "the canary's own"])
def test_finds_a_user(api: ModuleType, admin: Admin, synthetic: bool) -> None:
    insert(admin, synthetic=synthetic)
    status, content, _ = call(api, events.http("GET", f"/users/{ID}"))
    assert (status, content) == (200, USER)


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param(ID, id="an id without a row"),
        pytest.param("7", id="what never was an id"),
        pytest.param("\x00", id="NUL"),
        pytest.param("'; DROP TABLE users; --", id="a quote"),
        pytest.param("x" * 5000, id="a long id"),
    ],
)
def test_finds_no_user(api: ModuleType, admin: Admin, id_: str) -> None:
    status, content, headers = call(api, events.http("GET", f"/users/{id_}"))
    assert (status, content["type"]) == (404, "urn:sereno:problem:no-such-user")
    assert headers["content-type"] == "application/problem+json"


def test_a_problem_says_what_rfc_9457_asks(api: ModuleType) -> None:
    assert call(api, events.http("GET", "/users", query={"limit": "0"}))[:2] == (
        400,
        {
            "type": "urn:sereno:problem:invalid-query",
            "title": "Invalid query",
            "status": 400,
            "detail": "The query of GET /users is not valid.",
            "errors": [{"pointer": "?limit", "detail": "must be a whole number from 1 to 100"}],
        },
    )


def test_takes_a_user_and_publishes_it_once(api: ModuleType, aws: Aws) -> None:
    status, content, _ = call(api, events.post(ANA))
    assert (status, list(content)) == (202, ["message_id"])
    [(message, attributes)] = aws.published
    published = json.loads(message)
    assert published.pop("published_at").endswith("+00:00")
    assert published == {**ANA, "message_id": content["message_id"], "synthetic": False}
    assert list(attributes) == ["traceparent"]


def test_marks_what_a_canary_posts(api: ModuleType, aws: Aws) -> None:
    call(api, events.post(ANA, {"x-sereno-synthetic": "canary"}))
    [(message, attributes)] = aws.published
    assert (json.loads(message)["synthetic"], attributes["synthetic"]) == (True, "canary")


def test_each_post_has_an_id_of_its_own(api: ModuleType, aws: Aws) -> None:
    ids = {call(api, events.post(ANA))[1]["message_id"] for _ in range(3)}
    assert ids == {json.loads(message)["message_id"] for message, _ in aws.published}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("event", "status"),
    [
        pytest.param(events.post("{"), 400, id="not JSON"),
        pytest.param(events.post({"name": "Ana"}), 422, id="a field missing"),
        pytest.param(events.post({**ANA, "name": "A\x00"}), 422, id="NUL"),
        pytest.param(events.post({**ANA, "name": "A\ud800"}), 422, id="half a surrogate pair"),
        pytest.param(events.post("x" * 1_000_000), 413, id="a megabyte"),
        pytest.param(events.http("POST", "/users", body=json.dumps(ANA)), 415, id="no content type"),
        pytest.param(events.http("POST", "/users", headers={"content-type": events.JSON}), 400, id="no body"),
        pytest.param(
            events.http("POST", "/users", headers={"content-type": events.JSON}, body="!", encoded=True),
            400,
            id="no base64",
        ),
        pytest.param(events.http("PUT", "/users", body=json.dumps(ANA)), 405, id="another method"),
        pytest.param(events.http("POST", "/people", body=json.dumps(ANA)), 404, id="another path"),
    ],
)
def test_publishes_nothing_for(api: ModuleType, aws: Aws, event: dict[str, Any], status: int) -> None:
    assert call(api, event)[0] == status
    assert aws.calls == 0


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        pytest.param("400 Throttling", 2, id="the topic throttles"),
        pytest.param("500 InternalError", 2, id="the topic fails"),
        pytest.param("403 AuthorizationError", 1, id="the function may not publish"),
        pytest.param("404 NotFound", 1, id="there is no topic"),
    ],
)
def test_says_503_when(api: ModuleType, aws: Aws, written: Output, fault: str, attempts: int) -> None:
    aws.fault = fault
    status, content, headers = call(api, events.post(ANA))
    assert (status, content["type"], headers["retry-after"]) == (503, "urn:sereno:problem:unavailable", "5")
    assert aws.calls == attempts
    output = written()
    assert "PublishLatency" not in output.metrics
    assert [line["reason"] for line in output.logs if line["level"] == "ERROR"] == [fault.split()[1]]


def test_says_503_when_nothing_listens(api: ModuleType, aws: Aws) -> None:
    aws.close()
    assert call(api, events.post(ANA))[0] == 503


def test_says_503_in_time_when_the_topic_hangs(api: ModuleType, aws: Aws, configure: Configure) -> None:
    configure("api", SNS_READ_TIMEOUT_SECONDS="0.05")
    aws.fault = "hang"
    assert call(api, events.post(ANA))[0] == 503
    assert aws.calls == 2


def test_recovers_with_the_topic(api: ModuleType, aws: Aws) -> None:
    aws.fault = "500 InternalError"
    assert call(api, events.post(ANA))[0] == 503
    aws.fault = ""
    assert call(api, events.post(ANA))[0] == 202


@pytest.mark.parametrize("path", ["/users", f"/users/{ID}"])
def test_says_503_without_a_database(
    api: ModuleType, configure: Configure, written: Output, path: str
) -> None:
    configure("api", DB_PORT="1")
    status, content, headers = call(api, events.http("GET", path))
    assert (status, content["type"], headers["retry-after"]) == (503, "urn:sereno:problem:unavailable", "5")
    metrics = written().metrics
    assert metrics.pop("GetLatency")[0] > 0
    assert metrics == {"GetAnswered": [0], "GetFast": [0], "DatabaseUnavailable": [1], "ColdStarts": [1]}


def test_a_failure_nobody_foresaw_is_a_get_not_answered(
    api: ModuleType, monkeypatch: pytest.MonkeyPatch, written: Output
) -> None:
    monkeypatch.delenv("DB_HOST")
    with pytest.raises(Exception, match="DB_HOST is not set"):
        call(api, events.http("GET", "/users"))
    metrics = written().metrics
    assert (metrics["GetAnswered"], metrics["GetFast"], len(metrics["GetLatency"])) == ([0], [0], 1)


def test_counts_a_fast_get(api: ModuleType, admin: Admin, written: Output) -> None:
    call(api, events.http("GET", "/users"))  # connects
    written()
    call(api, events.http("GET", f"/users/{ID}"))
    metrics = written().metrics
    assert metrics.pop("GetLatency")[0] < 300
    assert metrics == {"GetAnswered": [1], "GetFast": [1], "DatabaseUnavailable": [0], "ColdStarts": [0]}


def test_a_slow_get_is_answered_but_not_fast(
    api: ModuleType, admin: Admin, configure: Configure, written: Output
) -> None:
    configure("api", GET_LATENCY_THRESHOLD_MS="0.001")
    call(api, events.http("GET", "/users"))
    metrics = written().metrics
    assert (metrics["GetAnswered"], metrics["GetFast"]) == ([1], [0])


def test_a_bad_query_is_answered(api: ModuleType, written: Output) -> None:
    call(api, events.http("GET", "/users", query={"limit": "x"}))
    metrics = written().metrics
    assert (metrics["GetAnswered"], metrics["GetFast"]) == ([1], [1])
    assert "DatabaseUnavailable" not in metrics


def test_what_is_no_route_is_no_get(api: ModuleType, written: Output) -> None:
    call(api, events.http("GET", "/favicon.ico"))
    assert written().metrics == {"ColdStarts": [1]}


def test_a_connection_is_kept(api: ModuleType, admin: Admin) -> None:
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'users_api'"
    for _ in range(3):
        assert call(api, events.http("GET", "/users"))[0] == 200
    assert admin.execute(count).fetchone() == (1,)


def test_a_connection_lost_in_the_freezer_is_replaced_unnoticed(
    api: ModuleType, admin: Admin, written: Output
) -> None:
    call(api, events.http("GET", "/users"))
    admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'users_api'")
    written()
    assert call(api, events.http("GET", "/users"))[0] == 200
    assert written().metrics["DatabaseUnavailable"] == [0]


def test_no_address_and_no_name_reaches_the_log(
    api: ModuleType, admin: Admin, aws: Aws, written: Output
) -> None:
    secret = {"name": "Zacharias Quux", "email": "zacharias@quux.example"}
    for event in (
        events.post(secret),
        events.post({**secret, "more": 1}),
        events.post(json.dumps(secret)[:-1]),
    ):
        call(api, event)
    aws.fault = "500 InternalError"
    call(api, events.post(secret))
    assert not re.search("zacharias|quux", written().text, re.IGNORECASE)
