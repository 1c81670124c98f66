"""The functions as Lambda runs them, a real PostgreSQL, and stand-ins for SNS and SQS on loopback."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
import yaml

from sereno.local.children import Children
from sereno.local.postgres import Postgres
from sereno.local.valkey import Valkey
from tests.functions.aws import Aws

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "functions"))

MIGRATIONS = ROOT / "infra" / "migrations"

ENVIRONMENT = "test"
DATABASE = "users"
PASSWORD = "for these tests only"


def pipeline() -> dict[str, Any]:
    """infra/pipeline.yaml, with its two words put in and without its local overlay."""
    text = (ROOT / "infra" / "pipeline.yaml").read_text()
    filled = text.replace("${prefix}", f"sereno-{ENVIRONMENT}").replace("${environment}", ENVIRONMENT)
    content: dict[str, Any] = yaml.safe_load(filled)
    return content


@dataclass
class Context:
    """The runtime's context of an invocation that has `left_ms` to go."""

    left_ms: int = 30_000
    aws_request_id: str = "c0ffee00-0000-4000-8000-000000000001"

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server with the table and the roles."""
    children = Children()
    try:
        server = Postgres(children, max_connections=20)
        server.start()
        server.create(DATABASE, MIGRATIONS)
        for role in ("users_api", "users_subscriber"):
            server.give_password(role, PASSWORD, DATABASE)
        yield server
    finally:
        children.close()


@pytest.fixture
def admin(postgres: Postgres) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The superuser, and an empty table."""
    with psycopg.connect(postgres.dsn(DATABASE), autocommit=True) as connection:
        connection.execute("TRUNCATE users")
        yield connection


@pytest.fixture
def aws() -> Iterator[Aws]:
    server = Aws()
    yield server
    server.close()


Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, postgres: Postgres, aws: Aws) -> Configure:
    """Puts a function's declared environment in place; the function's name, then further variables."""

    def put(function: str, **more: str) -> None:
        declared = pipeline()["functions"][function]["environment"]
        known = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": aws.url,
            "USERS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:users",
            "USERS_QUEUE_URL": f"{aws.url}/000000000000/users",
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(postgres.port),
            "DB_NAME": DATABASE,
            "DB_AUTH": "trust",
            "CACHE_HOST": "",
            "PGPASSWORD": PASSWORD,  # libpq's own way: the login stays the role's
        }
        for name, value in (declared | known | more).items():
            monkeypatch.setenv(name, str(value))

    return put


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """An empty cache with the users that pipeline.yaml declares, and one who may do anything."""
    children = Children()
    declared = [(user["name"], user["access"]) for user in pipeline()["cache"]["users"].values()]
    server = Valkey(children, [*declared, ("anyone", "on ~* +@all")])
    try:
        server.start()
        yield server
    finally:
        children.close()


class Stdout:
    """What is stdout now: pytest puts another in its place for each phase of a test."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def fresh(module: ModuleType, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """The state of a new environment: nothing connected, nothing counted."""
    from telemetry import tracing
    from telemetry.invocation import Telemetry

    monkeypatch.setattr(module, "TELEMETRY", Telemetry(service))
    tracing.tracer.cache_clear()
    from api import cached

    cached.cache.cache_clear()
    for name in ("database", "publisher", "hider", "limits", "cache"):
        kept = getattr(module, name, None)
        if kept is not None:
            kept.cache_clear()
    for handler in logging.getLogger(service).handlers:
        handler.stream = Stdout()  # type: ignore[attr-defined]


@pytest.fixture
def api(configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[ModuleType]:
    """`api.handler` in a new environment."""
    from api import handler

    configure("api")
    fresh(handler, monkeypatch, "users-api")
    yield handler
    if handler.database.cache_info().currsize:
        handler.database().close()


@pytest.fixture
def subscriber(configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[ModuleType]:
    """`subscriber.handler` in a new environment."""
    from subscriber import handler

    configure("subscriber")
    fresh(handler, monkeypatch, "users-subscriber")
    yield handler
    if handler.database.cache_info().currsize:
        handler.database().close()


@pytest.fixture
def canary(configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> ModuleType:
    """`canary.handler` in a new environment; CANARY_URL is the test's to set."""
    from canary import handler

    configure("canary")
    fresh(handler, monkeypatch, "users-canary")
    return handler


@dataclass(frozen=True)
class Written:
    """What a function wrote: its metrics (name -> values) and its log lines."""

    text: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "_aws" not in line]

    @property
    def metrics(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for line in self.lines:
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
                for metric in directive["Metrics"]:
                    found.setdefault(metric["Name"], []).extend(line[metric["Name"]])
        return found

    @property
    def signals(self) -> set[tuple[str, str, str]]:
        """(metric, unit, service)."""
        return {
            (metric["Name"], metric["Unit"], line["service"])
            for line in self.lines
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", ())
            for metric in directive["Metrics"]
        }


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Callable[[], Written]:
    """What was written since the last call."""
    return lambda: Written(capsys.readouterr().out)
