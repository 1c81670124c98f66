"""Valkey's client with an end to every wait. Imported at the first question to a cache only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import valkey
from valkey.backoff import NoBackoff
from valkey.credentials import CredentialProvider
from valkey.exceptions import AuthenticationError
from valkey.retry import Retry

Token = Callable[[], str | None]  # a password for one connection; None: there is nothing to sign it with


class SignIn(CredentialProvider):
    """Each connection has a token of its own, so none is ever too old."""

    def __init__(self, user: str, token: Token) -> None:
        self._user, self._token = user, token

    def get_credentials(self) -> tuple[str, str]:
        made = self._token()
        if made is None:
            raise AuthenticationError("no AWS credentials to sign with")
        return self._user, made


def client(
    host: str, port: int, sign_in: SignIn, timeout_seconds: float, tls: dict[str, Any]
) -> valkey.Valkey:
    """A client that connects at its first command, in `timeout_seconds`, and waits as long for each answer.

    A lost connection is replaced and the command sent once more; after a timeout it is not, since the
    second would wait for the same.
    """
    lost = valkey.ConnectionError
    return valkey.Valkey(
        host=host,
        port=port,
        credential_provider=sign_in,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 1, (lost,)),
        retry_on_error=[lost],
        lib_name=None,  # two commands a connection less
        lib_version=None,
        decode_responses=True,
        **tls,
    )
