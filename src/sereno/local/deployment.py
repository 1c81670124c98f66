"""`infra/pipeline.yaml` brought to life on this machine, as Terraform brings it to life in AWS."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sereno.errors import Unable
from sereno.local import gateway, ports
from sereno.local.children import Children
from sereno.local.emulator import KEY, Emulator, Queued, as_gateway
from sereno.local.environment import Config
from sereno.local.pipeline import FunctionSpec, Pipeline, Scalar
from sereno.local.postgres import Postgres
from sereno.local.sigv4 import Key
from sereno.local.valkey import Valkey

FUNCTIONS = "functions"  # the folder that is the task root of all three
SECRET = "database.secret."  # noqa: S105 - before a role's name, in `environment_from`


@dataclass(frozen=True, slots=True)
class Messaging:
    """The topic, and the queue it delivers into."""

    topic: str
    queue: Queued


@dataclass(frozen=True, slots=True)
class Role:
    """A function's credentials: the temporary keys Lambda would give it."""

    key: str
    secret: Key

    @classmethod
    def new(cls) -> Role:
        return cls(
            "ASIA" + secrets.token_hex(8).upper(), Key(secrets.token_urlsafe(30), secrets.token_urlsafe(60))
        )

    def variables(self) -> dict[str, str]:
        """The credentials where the SDKs look for them."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret.secret,
            "AWS_SESSION_TOKEN": self.secret.token,
        }


def messaging(pipeline: Pipeline, emulator: Emulator) -> Messaging:
    """Topic, queue, dead-letter queue, and what joins them."""
    topic, queue = emulator.topic(pipeline.topic.name), emulator.queue(pipeline.queue)
    emulator.subscribe(topic, queue.arn, raw=pipeline.queue.raw_message_delivery)
    return Messaging(topic, queue)


def api(pipeline: Pipeline, emulator: Emulator, url: Callable[[str], str], *, api_id: str, iam: bool) -> None:
    """The HTTP API; `url` says where a function's events are invoked."""
    behind = {route.function for route in pipeline.api.routes}
    arns = {key: _register(pipeline.functions[key], emulator, url) for key in sorted(behind)}
    routes = {route.route: arns[route.function] for route in pipeline.api.routes}
    emulator.http_api(api_id, pipeline.api.name, pipeline.api.stage, routes, iam=iam)


def front(
    pipeline: Pipeline, emulator: Emulator, roles: Iterable[Role], api_id: str, *, iam: bool
) -> gateway.Api:
    """What the gateway is to stand in front of; it knows the functions' keys and a person's."""
    declared = pipeline.api
    return gateway.Api(
        id=api_id,
        stage=declared.stage,
        region=emulator.region,
        routes=tuple(route.route for route in declared.routes),
        host=emulator.address,
        base=emulator.path(api_id, declared.stage),
        translate=as_gateway,
        timeout=declared.integration_timeout_ms / 1000,
        rate=declared.throttling.rate_per_second,
        burst=declared.throttling.burst,
        iam=iam,
        keys={KEY: Key(KEY)} | {role.key: role.secret for role in roles},
    )


def _register(spec: FunctionSpec, emulator: Emulator, url: Callable[[str], str]) -> str:
    config = Config(name=spec.name, handler=spec.handler, root=Path(FUNCTIONS), timeout=spec.timeout_seconds)
    return emulator.function(config, url(spec.name))


def outputs(
    pipeline: Pipeline, sent: Messaging, database: Postgres, url: str, cache: Valkey | None = None
) -> dict[str, str]:
    """What `environment_from` may name and only the running stack knows; no cache has an empty host."""
    return {
        "topic.arn": sent.topic,
        "queue.url": sent.queue.url,
        "database.host": ports.HOST,
        "database.port": str(database.port),
        "database.name": pipeline.database.name,
        "api.url": url,
        "cache.host": ports.HOST if cache else "",
        "cache.port": str(cache.port) if cache else "",
    }


def cache(pipeline: Pipeline, children: Children) -> Valkey:
    """The cache that the pipeline declares. Unable where it declares none."""
    if pipeline.cache is None:
        raise Unable("infra/pipeline.yaml declares no `cache` to start")
    return Valkey(children, [(user.name, user.access) for user in pipeline.cache.users.values()])


def passwords(pipeline: Pipeline, emulator: Emulator, database: Postgres) -> dict[str, str]:
    """Gives each role that a function signs in as a password; the secrets' ARNs, as outputs."""
    names = {name for spec in pipeline.functions.values() for name in spec.environment_from.values()}
    roles = sorted(name.removeprefix(SECRET) for name in names if name.startswith(SECRET))
    return {SECRET + role: _secret(role, pipeline, emulator, database) for role in roles}


def _secret(role: str, pipeline: Pipeline, emulator: Emulator, database: Postgres) -> str:
    password = secrets.token_urlsafe(24)
    database.give_password(role, password, pipeline.database.name)
    value = json.dumps({"username": role, "password": password})
    return emulator.secret(f"{pipeline.database.cluster}/{role}", value)


def config(
    spec: FunctionSpec, project: Path, region: str, known: Mapping[str, str], given: Mapping[str, str]
) -> Config:
    """A function as the runtime runs it. `given` are variables of the stack's own."""
    return Config(
        name=spec.name,
        handler=spec.handler,
        root=project / FUNCTIONS,
        timeout=spec.timeout_seconds,
        memory=spec.memory_mb,
        reserved=spec.reserved_concurrency,
        region=region,
        variables={
            **{name: _text(value) for name, value in spec.environment.items()},
            **{name: known[source] for name, source in spec.environment_from.items()},
            **given,
        },
    )


def _text(value: Scalar) -> str:
    """A value as Terraform's `tostring` gives it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
