"""The connection: lost, slow, frozen, refused, and never waited for without bound."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from common import database as database_
from common.database import Database, Server
from common.faults import Refused, Unavailable
from common.logins import Login, Logins, logins
from common.settings import Misconfigured
from sereno.local.postgres import Postgres
from tests.functions.aws import Aws
from tests.functions.conftest import DATABASE, PASSWORD, Configure

Admin = psycopg.Connection[tuple[Any, ...]]


def server(postgres: Postgres, timeout_ms: int = 2000) -> Server:
    return Server("127.0.0.1", postgres.port, DATABASE, "", 2, timeout_ms)


def login(password: str = PASSWORD) -> Logins:
    return Logins(lambda: Login("users_api", password), keep=True)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    made = Database(server(postgres), login())
    yield made
    made.close()


def backend(database: Database) -> int:
    pid: int = database.run("SELECT pg_backend_pid()")[0][0]
    return pid


@pytest.mark.parametrize(
    ("statement", "fault", "reason"),
    [
        pytest.param("SELECT 1/0", Refused, "22012", id="a data exception is the data's fault"),
        pytest.param("SELECT 'x'::json", Refused, "22P02", id="so is text that is no JSON"),
        pytest.param("SELECT * FROM nothing", Unavailable, "42P01", id="a table that is not there is not"),
        pytest.param("INSERT INTO users SELECT", Unavailable, "42501", id="nor is a right that is missing"),
    ],
)
def test_a_failure_is(database: Database, statement: str, fault: type[Exception], reason: str) -> None:
    first = backend(database)
    with pytest.raises(fault) as failed:
        database.run(statement)
    assert (str(failed.value), failed.value.__cause__) == (reason, None)
    assert backend(database) == first  # and the connection is as good as before


def test_text_that_no_database_can_hold_is_the_datas_fault(database: Database) -> None:
    with pytest.raises(Refused, match="DataError"):
        database.run("SELECT %s", ("a\x00b",))


FAIL_ON = """
    CREATE OR REPLACE FUNCTION fail_on(backend int, state text) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_backend_pid() = backend THEN RAISE EXCEPTION USING ERRCODE = state; END IF;
        RETURN pg_backend_pid();
    END $$
"""


@pytest.mark.parametrize("state", ["57P01", "57P05", "08006", "25006"])
def test_a_lost_connection_is_replaced_and_asked_once_more(
    database: Database, admin: Admin, state: str
) -> None:
    admin.execute(FAIL_ON)
    first = backend(database)
    [(second,)] = database.run("SELECT fail_on(%s, %s)", (first, state))
    assert second != first


def test_a_new_connection_that_is_lost_is_not_tried_again(database: Database) -> None:
    before = time.monotonic()
    with pytest.raises(Unavailable):
        database.run("SELECT pg_terminate_backend(pg_backend_pid())")
    assert time.monotonic() - before < 1


def test_a_server_that_is_away_is_said_so_at_once(postgres: Postgres) -> None:
    away = Database(Server("127.0.0.1", 1, DATABASE, "", 2, 2000), login())
    before = time.monotonic()
    with pytest.raises(Unavailable, match="no connection") as failed:
        away.run("SELECT 1")
    assert "Connection refused" in failed.value.detail
    assert time.monotonic() - before < 1


def test_a_server_that_takes_connections_and_says_nothing_is_left(aws: Aws) -> None:
    silent = Database(Server("127.0.0.1", int(aws.url.rpartition(":")[2]), DATABASE, "", 2, 2000), login())
    before = time.monotonic()
    with pytest.raises(Unavailable, match="no connection"):
        silent.run("SELECT 1")
    assert time.monotonic() - before < 3.5


def test_a_frozen_server_is_left_after_the_bound(postgres: Postgres, admin: Admin) -> None:
    database = Database(server(postgres, timeout_ms=100), login())
    frozen = backend(database)
    os.kill(frozen, signal.SIGSTOP)
    try:
        before = time.monotonic()
        assert backend(database) != frozen
        assert 0.6 <= time.monotonic() - before < 3
    finally:
        os.kill(frozen, signal.SIGCONT)
        database.close()


def test_a_password_that_was_changed_is_fetched_again(postgres: Postgres, admin: Admin) -> None:
    fetched = iter([Login("users_api", "the old one"), Login("users_api", PASSWORD)])
    database = Database(server(postgres), Logins(lambda: next(fetched), keep=True))
    assert database.run("SELECT current_user") == [("users_api",)]
    database.close()


def test_a_password_that_stays_wrong_is_fetched_only_twice(postgres: Postgres) -> None:
    fetched = iter([Login("users_api", "wrong"), Login("users_api", "wrong too")])
    database = Database(server(postgres), Logins(lambda: next(fetched), keep=True))
    with pytest.raises(Unavailable, match="no connection"):
        database.run("SELECT 1")
    with pytest.raises(StopIteration):
        next(fetched)


def test_the_secret_has_the_login(configure: Configure, aws: Aws, postgres: Postgres) -> None:
    aws.secret = json.dumps({"username": "users_subscriber", "password": PASSWORD, "engine": "postgres"})
    configure(
        "api", DB_AUTH="secret", DB_SECRET_ARN="arn:aws:secretsmanager:us-east-1:0:secret:db", PGPASSWORD=""
    )
    database = Database.of(os.environ)
    assert database.run("SELECT current_user") == [("users_subscriber",)]
    database.close()


def test_without_its_secret_there_is_no_database(configure: Configure, aws: Aws) -> None:
    configure("api", DB_AUTH="secret", DB_SECRET_ARN="arn:aws:secretsmanager:us-east-1:0:secret:db")
    aws.fault = "400 ResourceNotFoundException"
    with pytest.raises(Unavailable, match="SecretsManager ResourceNotFoundException"):
        Database.of(os.environ).run("SELECT 1")


@pytest.mark.parametrize("secret", ["", "hunter2", "{}", '["hunter2"]', "null", '{"username": "users_api"}'])
def test_a_secret_without_a_login_is_no_database_and_is_not_quoted(
    configure: Configure, aws: Aws, secret: str
) -> None:
    aws.secret = secret
    configure("api", DB_AUTH="secret", DB_SECRET_ARN="arn:aws:secretsmanager:us-east-1:0:secret:db")
    with pytest.raises(Unavailable) as told:
        Database.of(os.environ).run("SELECT 1")
    assert (told.value.reason, told.value.detail) == ("SecretsManager no login in the secret", "")


def test_an_iam_login_is_a_token_for_this_user_and_server(configure: Configure) -> None:
    configure("api", DB_AUTH="iam", DB_HOST="db.example", DB_PORT="5432")
    made = logins(os.environ).get()
    assert made.user == "users_api"
    assert (made.password or "").startswith(
        "db.example:5432/?Action=connect&DBUser=users_api&X-Amz-Algorithm="
    )


def test_a_login_shows_no_password() -> None:
    assert "secret" not in repr(Login("users_api", "secret"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "/run/postgresql"])
def test_this_machine_needs_no_certificate(host: str) -> None:
    assert Server(host, 5432, "users", "", 2, 2000).options()["sslmode"] == "prefer"


@pytest.mark.parametrize("host", ["db.example", "10.0.0.7", "127.evil.example", "localhost.example"])
def test_any_other_is_verified(host: str) -> None:
    options = Server(host, 5432, "users", "roots.pem", 2, 2000).options()
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "roots.pem")
    with pytest.raises(Misconfigured, match="DB_SSLROOTCERT"):
        Server(host, 5432, "users", "", 2, 2000).options()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DB_PORT", "x", "DB_PORT is 'x'; write a positive number"),
        ("DB_CONNECT_TIMEOUT_SECONDS", "0", "DB_CONNECT_TIMEOUT_SECONDS is '0'; write a positive number"),
        ("DB_AUTH", "none", "DB_AUTH is 'none'; write iam, secret or trust"),
        ("DB_NAME", "", "DB_NAME is not set; infra/pipeline.yaml says what belongs in it"),
    ],
)
def test_a_wrong_deployment_names_the_variable(
    configure: Configure, name: str, value: str, words: str
) -> None:
    configure("api", **{name: value})
    with pytest.raises(Misconfigured, match=words):
        database_.Database.of(os.environ)
