"""The database starts, stops, comes back with its rows, and runs from wherever it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sereno.errors import Unable
from sereno.local import postgres
from sereno.local.children import Children, open_to_others
from sereno.local.postgres import Postgres


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
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
