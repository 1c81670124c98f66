"""How a function signs in to the database: `DB_AUTH` is `iam`, `secret` or `trust`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from common import credentials, settings, sigv4
from common.faults import Unavailable
from common.settings import Misconfigured


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to connect as; no password where the server asks for none."""

    user: str
    password: str | None = field(default=None, repr=False)


class Logins:
    """Gives the login, and a fresh one after `forget`: a secret may have been rotated, a token have aged."""

    def __init__(self, fetch: Callable[[], Login], *, keep: bool) -> None:
        self._fetch, self._keep = fetch, keep
        self._kept: Login | None = None

    def get(self) -> Login:
        login = self._kept or self._fetch()
        self._kept = login if self._keep else None
        return login

    def forget(self) -> None:
        self._kept = None


def logins(environ: Mapping[str, str]) -> Logins:
    """The way the environment asks for."""
    how = settings.text(environ, "DB_AUTH")
    if how == "trust":
        return Logins(lambda: Login(settings.text(environ, "DB_USER")), keep=True)
    if how == "iam":
        return Logins(lambda: _token(environ), keep=False)
    if how == "secret":
        return Logins(lambda: _secret(environ), keep=True)
    raise Misconfigured(f"the environment variable DB_AUTH is {how!r}; write iam, secret or trust")


def _token(environ: Mapping[str, str]) -> Login:
    """Signed here, in a millisecond; each connection has its own, so none is ever too old."""
    keys = credentials.find(environ)
    if keys is None:
        raise Misconfigured("DB_AUTH is iam, and the function has no AWS credentials to sign with")
    user, host = settings.text(environ, "DB_USER"), settings.text(environ, "DB_HOST")
    port = int(settings.number(environ, "DB_PORT"))
    return Login(user, sigv4.database_token(keys, settings.text(environ, "AWS_REGION"), host, port, user))


def _secret(environ: Mapping[str, str]) -> Login:
    """From Secrets Manager, in the shape RDS gives its own: {"username", "password"}."""
    from botocore.exceptions import BotoCoreError, ClientError

    retries = {"total_max_attempts": 2, "mode": "standard"}
    client = credentials.client("secretsmanager", connect_timeout=1, read_timeout=2, retries=retries)
    try:
        answer = client.get_secret_value(SecretId=settings.text(environ, "DB_SECRET_ARN"))
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(f"SecretsManager {type(error).__name__}") from None
    try:
        secret = json.loads(answer["SecretString"])
        user, password = secret.get("username"), secret["password"]
    except (KeyError, TypeError, ValueError, AttributeError):  # none yet, or not RDS's shape; never quoted
        raise Unavailable("SecretsManager no login in the secret") from None
    return Login(user or settings.text(environ, "DB_USER"), password)
