"""The database starts, stops, comes back with its rows, and runs from wherever it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sereno.errors import Unable
from sereno.local import libpq, postgres
from sereno.local.children import Children, open_to_others
from sereno.local.postgres import Postgres


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Postgres]:
    made = Children()
    server = Postgres(made)
    server.start()
    yield server
    made.close()


def one(dsn: str, query: str) -> object:
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_a_server_keeps_port_and_rows_through_stops_of_both_kinds(children: Children, tmp_path: Path) -> None:
    (tmp_path / "002-row.sql").write_text("insert into t values (1); insert into t values (2);")
    (tmp_path / "001-table.sql").write_text("create table t (n int primary key);")
    server = Postgres(children, max_connections=23)
    server.start()
    server.create("d", tmp_path)
    for immediate in (False, True):
        server.stop(immediate=immediate)
        with pytest.raises(psycopg.OperationalError, match="refused"):
            one(server.dsn(), "select 1")
        server.start()
    assert one(server.dsn("d"), "select sum(n) from t") == 3
    assert one(server.dsn(), "show max_connections") == "23"
    assert int(str(one(server.dsn(), "show server_version_num"))) >= 160000
    assert one(server.dsn(), "show listen_addresses") == "127.0.0.1"
    server.stop()
    server.stop()


def test_an_immediate_stop_loses_no_commit(children: Children) -> None:
    server = Postgres(children)
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table t (n int)")
        for n in range(50):
            connection.execute("insert into t values (%s)", (n,))
        server.stop(immediate=True)
    server.start()
    assert one(server.dsn(), "select count(*) from t") == 50


def test_a_failing_row_leaves_no_address_in_the_log(children: Children) -> None:
    migrations = Path(__file__).parents[2] / "infra" / "migrations"
    server = Postgres(children)
    server.start()
    server.create("d", migrations)
    statement = "INSERT INTO users (message_id, name, email, published_at) VALUES ('m', %s, %s, now())"
    with psycopg.connect(server.dsn("d"), autocommit=True) as connection:
        for name in ("", None):
            with pytest.raises(psycopg.IntegrityError, match=r"a@b\.example"):
                connection.execute(statement, [name, "a@b.example"])
    log = (children.folder / "db" / "log").read_text()
    assert "ERROR:  " in log
    assert "b.example" not in log


OTHERS = {
    "PGSERVICE": "elsewhere",
    "PGHOSTADDR": "192.0.2.1",
    "PGOPTIONS": "-c no_such_setting=1",
    "PGSSLMODE": "verify-full",
    "PGREQUIREAUTH": "none",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCHANNELBINDING": "require",
    "PGGSSENCMODE": "require",
    "PGREQUIRESSL": "1",
    "PGCLIENTENCODING": "SQL_ASCII",
}


@pytest.mark.parametrize("name", OTHERS)
def test_libpqs_variables_of_this_machine_do_not_count(
    running: Postgres, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, OTHERS[name])
    libpq.forget_environment()
    with libpq.connected(running.dsn(), "this") as connection:
        assert connection.execute("SHOW client_encoding").fetchone() == ("UTF8",)


def test_the_environment_is_forgotten_by_whoever_makes_a_server(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    Postgres(children)
    assert "PGHOSTADDR" not in os.environ


def test_a_database_that_is_away_is_one_sentence(children: Children) -> None:
    server = Postgres(children)
    with pytest.raises(Unable, match=r"^the role r got no password: connection failed: .*refused[^\n]*$"):
        server.give_password("r", "p", "d")


@pytest.mark.parametrize(
    ("end", "died"),
    [
        pytest.param(lambda server: os.kill(pid(server), signal.SIGKILL), True, id="killed by someone else"),
        pytest.param(lambda server: server.stop(), False, id="stopped in order"),
        pytest.param(lambda server: server.stop(immediate=True), False, id="stopped as in a crash"),
        pytest.param(lambda _: None, False, id="running"),
    ],
)
def test_a_server_died_that_nobody_stopped(
    children: Children, end: Callable[[Postgres], None], died: bool
) -> None:
    server = Postgres(children)
    server.start()
    assert server.running
    end(server)
    assert waited(lambda: server.died) == died
    server.stop()
    assert not server.died


def pid(server: Postgres) -> int:
    """The process id of its postmaster."""
    return int(str(one(server.dsn(), "SELECT pg_read_file('postmaster.pid')")).split()[0])


def waited(true: Callable[[], bool]) -> bool:
    """Whether it became true within a moment."""
    end = time.monotonic() + 2
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            b"a\ninitdb: error: could not write: No space left on device\ninitdb: removing x\n",
            "could not write",
        ),
        (b"LOG: a\nFATAL:  could not map memory\nLOG:  database system is shut down\n", "could not map"),
        (b"one\ntwo\n", "two"),
        (b"", "it said nothing"),
    ],
    ids=["initdb's error", "the server's", "no error", "silence"],
)
def test_the_cause_is_found_in_what_a_program_said(said: bytes, cause: str) -> None:
    assert cause in postgres._cause(said)


def test_a_migration_that_fails_names_its_file_and_what_the_database_said(
    children: Children, tmp_path: Path
) -> None:
    (tmp_path / "001.sql").write_text("create tabel t (n int);")
    server = Postgres(children)
    server.start()
    with pytest.raises(Unable, match=r'001\.sql: syntax error at or near "tabel"'):
        server.create("d", tmp_path)


def test_the_major_version_asked_for_is_taken_when_it_is_there() -> None:
    said = subprocess.run([postgres.binaries(16) / "postgres", "--version"], capture_output=True, text=True)
    assert "(PostgreSQL) 16." in said.stdout


def test_without_any_server_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "OLDEST", 99)
    with pytest.raises(Unable, match=r"no PostgreSQL 99 .*`pip install 'sereno\[local\]'"):
        postgres.binaries()


@pytest.mark.parametrize("others", [True, False], ids=["open to others", "below a private home"])
def test_binaries_are_copied_only_where_another_user_cannot_reach_them(
    others: bool, children: Children, tmp_path: Path
) -> None:
    where = children.folder if others else tmp_path
    wheel = postgres.binaries(18).parents[1]
    for folder in (wheel, wheel.with_name(wheel.name + ".libs")):
        if folder.is_dir():
            shutil.copytree(
                folder, where / folder.name, ignore=shutil.ignore_patterns("pginstall", "include")
            )
    home = where / wheel.name / "pginstall18" / "bin"
    assert open_to_others(home) == others
    reach = postgres._within_reach(home, children.folder)
    assert (reach == home) == others
    as_whom = {} if os.geteuid() else {"user": "nobody"}
    said = subprocess.run([reach / "initdb", "--version"], capture_output=True, text=True, **as_whom)
    assert "(PostgreSQL) 18." in said.stdout
