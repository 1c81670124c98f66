"""The table and the roles, in a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from sereno.local.postgres import Postgres
from tests.functions.conftest import DATABASE, MIGRATIONS, PASSWORD, pipeline

Admin = psycopg.Connection[tuple[Any, ...]]

COLUMNS = "message_id, name, email, synthetic, published_at"


def connect(postgres: Postgres, role: str) -> Admin:
    return psycopg.connect(
        host="127.0.0.1", port=postgres.port, dbname=DATABASE, user=role, password=PASSWORD, autocommit=True
    )


def test_migrations_may_run_again(admin: Admin) -> None:
    admin.execute(f"INSERT INTO users ({COLUMNS}) VALUES ('a', 'Ana', 'ana@b', false, now())")
    for file in sorted(MIGRATIONS.glob("*.sql")):
        admin.execute(file.read_bytes())
    assert admin.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_stored_at_is_the_time_of_the_row_and_not_of_its_transaction(admin: Admin) -> None:
    with admin.transaction():
        admin.execute("SELECT pg_sleep(0.01)")
        admin.execute(f"INSERT INTO users ({COLUMNS}) VALUES ('a', 'Ana', 'ana@b', false, now())")
        assert admin.execute("SELECT stored_at > now() + interval '9 ms' FROM users").fetchone() == (True,)


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        pytest.param(("", "Ana", "ana@b"), "users_message_id_length", id="an empty id"),
        pytest.param(("a" * 65, "Ana", "ana@b"), "users_message_id_length", id="a long id"),
        pytest.param(("a", "", "ana@b"), "users_name_length", id="an empty name"),
        pytest.param(("a", "n" * 201, "ana@b"), "users_name_length", id="a long name"),
        pytest.param(("a", "Ana", "e" * 255), "users_email_length", id="a long address"),
    ],
)
def test_the_table_refuses(admin: Admin, row: tuple[str, str, str], constraint: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        admin.execute(f"INSERT INTO users ({COLUMNS}) VALUES (%s, %s, %s, false, now())", row)
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        pytest.param(
            "users_api", f"INSERT INTO users ({COLUMNS}) VALUES ('a','a','a@b',false,now())", id="insert"
        ),
        pytest.param("users_api", "DELETE FROM users", id="delete"),
        pytest.param("users_subscriber", "UPDATE users SET name = 'x'", id="update"),
        pytest.param("users_subscriber", "TRUNCATE users", id="truncate"),
        pytest.param("users_subscriber", "DROP TABLE users", id="drop"),
        pytest.param("users_subscriber", "CREATE TABLE other ()", id="create"),
    ],
)
def test_a_role_may_not(postgres: Postgres, admin: Admin, role: str, statement: str) -> None:
    with connect(postgres, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("function", ["api", "subscriber"])
def test_the_server_ends_a_statement_when_the_function_stops_waiting(
    postgres: Postgres, function: str
) -> None:
    declared = pipeline()["functions"][function]["environment"]
    with connect(postgres, declared["DB_USER"]) as connection:
        shown = connection.execute(
            "SELECT extract(epoch FROM current_setting('statement_timeout')::interval) * 1000"
        )
        assert shown.fetchone() == (declared["DB_STATEMENT_TIMEOUT_MS"],)


def plan(admin: Admin, statement: str) -> str:
    return "\n".join(row[0] for row in admin.execute(f"EXPLAIN {statement}"))


def test_pages_and_cleaning_read_an_index_and_sort_nothing(admin: Admin) -> None:
    admin.execute(
        f"INSERT INTO users ({COLUMNS}, stored_at) SELECT 'm' || n, 'n', 'e@x', n % 9 = 0, now(),"
        " now() - n * interval '1 s' FROM generate_series(1, 5000) n"
    )
    admin.execute("ANALYZE users")
    page = plan(
        admin,
        "SELECT message_id FROM users"
        " WHERE NOT synthetic AND (stored_at, message_id) < (now() - interval '1 h', 'm')"
        " ORDER BY stored_at DESC, message_id DESC LIMIT 21",
    )
    old = plan(
        admin,
        "SELECT message_id FROM users WHERE synthetic AND stored_at < clock_timestamp() - interval '70 min'"
        " ORDER BY stored_at LIMIT 100",
    )
    assert (
        "Index Only Scan Backward using users_pages" in page
        or "Index Scan Backward using users_pages" in page
    )
    assert "users_synthetic" in old
    assert "Sort" not in page + old
