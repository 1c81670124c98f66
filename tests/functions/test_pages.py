"""Keyset pages: their tokens, their query, and that a walk through them sees every row once."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import pages, users
from api.pages import Asked, Key
from api.problems import Problem
from common import ids
from common.database import Database
from tests.functions.conftest import Configure

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
AT = datetime(2026, 11, 24, 10, 15, 0, 123456, UTC)


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@given(at=st.datetimes(timezones=st.just(UTC)), id_=st.uuids().map(str))
def test_a_token_is_read_as_it_was_written(at: datetime, id_: str) -> None:
    assert pages.read(pages.token(Key(at, id_))) == Key(at, id_)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        pytest.param({}, Asked(20, None), id="nothing: 20 from the newest"),
        pytest.param({"limit": "1"}, Asked(1), id="the smallest page"),
        pytest.param({"limit": "100"}, Asked(100), id="the largest page"),
        pytest.param(
            {"after": pages.token(Key(AT, ID)), "limit": "7"}, Asked(7, Key(AT, ID)), id="a later page"
        ),
    ],
)
def test_a_query_asks_for(query: dict[str, str], asked: Asked) -> None:
    assert pages.asked(query) == asked


LIMIT = ("?limit", "must be a whole number from 1 to 100")
AFTER = ("?after", "must be the `next` of an earlier page, as it was given")


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        pytest.param({"limit": "0"}, [LIMIT], id="no rows"),
        pytest.param({"limit": "101"}, [LIMIT], id="a row too many"),
        pytest.param({"limit": "-1"}, [LIMIT], id="a negative limit"),
        pytest.param({"limit": "1,2"}, [LIMIT], id="a limit twice, as the gateway joins them"),
        pytest.param({"limit": "٣"}, [LIMIT], id="another script's digit"),
        pytest.param({"limit": "9" * 5000}, [LIMIT], id="thousands of digits"),
        pytest.param({"limit": ""}, [LIMIT], id="an empty limit"),
        pytest.param({"after": ""}, [AFTER], id="an empty token"),
        pytest.param({"after": "###"}, [AFTER], id="no base64"),
        pytest.param({"after": "A" * 100_000}, [AFTER], id="a long token"),
        pytest.param({"after": encoded({"a": 1})}, [AFTER], id="a token of another shape"),
        pytest.param({"after": encoded([1, 2])}, [AFTER], id="a token of numbers"),
        pytest.param({"after": encoded([AT.isoformat(), "x'; --"])}, [AFTER], id="a token with another id"),
        pytest.param({"after": encoded(["2026-11-24T10:15:00", ID])}, [AFTER], id="a token without a zone"),
        pytest.param({"after": encoded(["24 Nov", ID])}, [AFTER], id="a token without a time"),
        pytest.param(
            {"afer": "x", "limit": "x", "after": "x"},
            [LIMIT, AFTER, ("?afer", "is not a parameter of GET /users; it has limit and after")],
            id="everything at once, a slip of the pen too",
        ),
    ],
)
def test_a_query_is_refused(query: dict[str, str], faults: list[tuple[str, str]]) -> None:
    problem = pages.asked(query)
    assert isinstance(problem, Problem)
    assert problem.status == 400
    assert [(fault.pointer, fault.detail) for fault in problem.faults] == faults


@given(st.text(max_size=250))
def test_any_text_is_a_key_or_none(text: str) -> None:
    key = pages.read(text)
    assert key is None or ids.ID.fullmatch(key.id)


def insert(
    admin: psycopg.Connection[tuple[Any, ...]], numbers: range, at: datetime, *, synthetic: bool = False
) -> list[str]:
    """Rows of one moment, so that only the id orders them."""
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in numbers]
    with admin.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO users (message_id, name, email, synthetic, published_at, stored_at)"
            " VALUES (%s, 'Ana', 'ana@b', %s, %s, %s)",
            [(id_, synthetic, at, at) for id_ in ids],
        )
    return ids


def walk(database: Database, limit: int, between: Any = lambda: None) -> list[str]:
    """The ids of all pages, with something happening after each."""
    seen: list[str] = []
    token: str | None = None
    while True:
        asked = pages.asked({"limit": str(limit)} | ({"after": token} if token else {}))
        assert isinstance(asked, Asked)
        page = users.page(database, asked)
        seen += [user["id"] for user in page["users"]]
        token = page["next"]
        if token is None:
            return seen
        between()


@pytest.fixture
def database(configure: Configure) -> Any:
    import os

    configure("api")
    database = Database.of(os.environ)
    yield database
    database.close()


@pytest.mark.parametrize("limit", [1, 3, 4, 7, 12, 13, 100])
def test_a_walk_sees_every_row_once_newest_first(admin: Any, database: Database, limit: int) -> None:
    older = insert(admin, range(1, 8), AT)
    newer = insert(admin, range(21, 26), AT + timedelta(microseconds=1))
    insert(admin, range(31, 36), AT, synthetic=True)
    assert walk(database, limit) == [*reversed(newer), *reversed(older)]


def test_rows_that_arrive_meanwhile_neither_hide_nor_repeat_others(admin: Any, database: Database) -> None:
    there = insert(admin, range(1, 12), AT)
    counter = iter(range(1, 99))

    def arrive() -> None:
        step = next(counter)
        insert(admin, range(100 * step, 100 * step + 5), AT + timedelta(seconds=step))

    seen = walk(database, 3, arrive)
    assert seen == list(reversed(there))


def test_the_last_page_may_be_exactly_full(admin: Any, database: Database) -> None:
    insert(admin, range(1, 5), AT)
    assert users.page(database, Asked(4))["next"] is None


def test_no_rows_are_a_page_too(admin: Any, database: Database) -> None:
    assert users.page(database, Asked(20)) == {"users": [], "next": None}
