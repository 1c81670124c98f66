"""A Valkey server that may be asked in place of the database, and whose absence costs a bounded time.

After a failure it is left alone for CACHE_PAUSE_SECONDS, so that a dead one costs one wait and not one a
request. No message of its client leaves this module, since it might quote a row. The client is imported at
the first question.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from common import credentials, settings, sigv4
from common.caching import PAUSED
from common.faults import Unavailable
from common.hosts import loopback

if TYPE_CHECKING:
    import ssl

    import valkey

    from common.cache_client import Client

_NO_ANSWER: Final = "not an answer"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the cache is, as whom we sign in, how long we wait for a question, whatever it takes."""

    host: str
    port: int
    name: str  # the cache's own, which IAM tokens are for
    user: str
    sslrootcert: str
    timeout_seconds: float
    pause_seconds: float

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Server:
        return cls(
            host=settings.text(environ, "CACHE_HOST"),
            port=int(settings.number(environ, "CACHE_PORT")),
            name=settings.text(environ, "CACHE_NAME"),
            user=settings.text(environ, "CACHE_USER"),
            sslrootcert=environ.get("CACHE_SSLROOTCERT", ""),
            timeout_seconds=settings.number(environ, "CACHE_TIMEOUT_MS") / 1000,
            pause_seconds=settings.number(environ, "CACHE_PAUSE_SECONDS"),
        )

    def tls(self) -> ssl.SSLContext | None:
        """Off this machine, only a verified server will do. Raises OSError where its roots are not."""
        if loopback(self.host):
            return None
        import ssl

        return ssl.create_default_context(cafile=self.sslrootcert or None)


class Cache:
    """Asks a server. Every question may be asked twice: a connection that died in the freezer is replaced."""

    def __init__(self, server: Server, token: Callable[[], str | None]) -> None:
        self._server, self._token = server, token
        self._client: Client | None = None
        self._paused_until = 0.0

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Cache:
        server = Server.of(environ)
        return cls(server, lambda: token(environ, server))

    def read(self, *keys: str) -> list[str | None]:
        """What stands under each key, None for nothing. Raises `Unavailable`, as all of these do."""
        found = self._ask(lambda client: client.mget(keys))
        if not isinstance(found, list) or len(found) != len(keys) or not all(map(_is_value, found)):
            raise self._failed(_NO_ANSWER)
        return found

    def write(self, key: str, value: str, milliseconds: int) -> None:
        """Puts a value that goes by itself after so long."""
        self._done(self._ask(lambda client: client.set(key, value, px=milliseconds)))

    def renew(self, key: str, value: str) -> None:
        """Puts a value that stays."""
        self._done(self._ask(lambda client: client.set(key, value)))

    def settle(self, key: str, value: str) -> str:
        """Puts a value where none is; what stands there then."""
        before = self._ask(lambda client: client.set(key, value, nx=True, get=True))
        if not _is_value(before):
            raise self._failed(_NO_ANSWER)
        return value if before is None else str(before)

    def close(self) -> None:
        """Gives the connection up."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _done(self, answer: object) -> None:
        if answer is not True:
            raise self._failed(_NO_ANSWER)

    def _ask(self, question: Callable[[valkey.Valkey], Any]) -> Any:
        if time.monotonic() < self._paused_until:
            raise Unavailable(PAUSED)
        from valkey.exceptions import ValkeyError

        try:
            if self._client is None:
                self._client = self._connect()
            return self._client.ask(question)
        except Unavailable as error:  # of the credentials
            raise self._failed(error.reason) from None
        except (ValkeyError, OSError, ValueError, RecursionError) as error:
            raise self._failed(_reason(error)) from None

    def _failed(self, reason: str) -> Unavailable:
        """The connection is given up: what else stands in it may answer another question."""
        self.close()
        self._paused_until = time.monotonic() + self._server.pause_seconds
        return Unavailable(reason)

    def _connect(self) -> Client:
        from common.cache_client import Client

        server = self._server
        return Client(
            server.host, server.port, server.user, self._token, server.timeout_seconds, server.tls()
        )


def _reason(error: Exception) -> str:
    """The kind of failure; of TLS, which the client calls a lost connection, its own."""
    within = error.__context__
    return type(within if within and type(within).__module__ == "ssl" else error).__name__


def _is_value(answer: object) -> bool:
    return answer is None or isinstance(answer, str)


def token(environ: Mapping[str, str], server: Server) -> str | None:
    """A password for IAM, signed here. AWS ends a connection 12 hours after it; the next has its own."""
    keys = credentials.find(environ)
    if keys is None:
        return None
    return sigv4.cache_token(keys, settings.text(environ, "AWS_REGION"), server.name, server.user)
