"""The schema through the Data API: run by two at once, killed in the middle, run again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra import migrate
from sereno.local.postgres import Postgres
from tests.infra.deployment import INFRA, KEYS
from tests.infra.emulated_aws import front

NOWHERE = 1  # the port of an emulator that is not asked
ARN = "arn:aws:any:us-east-1:000000000000"
PATIENCE = 20.0  # seconds


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[str]:
    """A database of this test's own, by name, in the server whose roles are there or not."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS migrated WITH (FORCE)")
        connection.execute("CREATE DATABASE migrated")
    yield "migrated"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("DROP DATABASE migrated WITH (FORCE)")


@pytest.fixture
def data_api(postgres: Postgres, schema: str) -> Iterator[str]:
    with front(NOWHERE, NOWHERE, postgres.dsn(schema)) as url:
        yield url


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    arns = {"cluster_arn": f"{ARN}:rds:cluster", "secret_arn": f"{ARN}:secretsmanager:secret"}
    database = {**arns, "name": "users", "proxy_secrets": {}}
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({"database": {"value": database}, "region": {"value": "us-east-1"}}))
    return path


def started(url: str, outputs: Path) -> subprocess.Popen[str]:
    command = [sys.executable, INFRA / "migrate.py", "--outputs", outputs]
    env = KEYS | {"AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1"}
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_at_once_both_find_it_done(data_api: str, outputs: Path) -> None:
    both = [started(data_api, outputs) for _ in range(2)]
    said = [each.communicate(timeout=PATIENCE) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert {words for words, _ in said} == {
        "The schema is that of 0001_users.sql, 0002_roles.sql, 0003_proxied.sql.\n"
    }


def test_killed_in_the_middle_it_leaves_nothing_and_is_run_again(
    postgres: Postgres, schema: str, data_api: str, outputs: Path
) -> None:
    with psycopg.connect(postgres.dsn(schema)) as holding:
        holding.execute(migrate.LOCK)
        killed = started(data_api, outputs)
        until(postgres, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        killed.kill()
        assert killed.communicate(timeout=PATIENCE)[0] == ""
        assert holding.execute("SELECT to_regclass('users')").fetchone() == (None,)
    # AWS ends a transaction that nobody goes on with, after three minutes.
    until(postgres, f"SELECT pg_terminate_backend(pid) {FORSAKEN}")
    again = started(data_api, outputs)
    said = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, said


FORSAKEN = "FROM pg_stat_activity WHERE datname = 'migrated' AND state = 'idle in transaction'"


def until(postgres: Postgres, question: str) -> None:
    """Asks until there is an answer."""
    end = time.monotonic() + PATIENCE
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        while connection.execute(question).fetchone() is None:
            assert time.monotonic() < end, question
