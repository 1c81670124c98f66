"""One PostgreSQL connection an environment, kept between invocations, never waited for without bound.

Of a failed statement it says only whose fault it is (`common.faults`): no message of the
server leaves this module, because messages quote rows. psycopg is imported at the first statement.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common import settings
from common.faults import Refused, Unavailable
from common.hosts import loopback
from common.logins import Logins, logins
from common.settings import Misconfigured

if TYPE_CHECKING:
    import psycopg

    from common.connection import Connection

Row = tuple[Any, ...]

_DETAIL_MOST = 300  # characters of an account of libpq's

GRACE_SECONDS = 0.5  # the server ends a slow statement itself; this much later we no longer believe it will


@dataclass(frozen=True, slots=True)
class Server:
    """Where the database is and how long we wait for it.

    The server ends a slow statement itself: each role's `statement_timeout` is set where the
    role is made (infra/migrations), since RDS Proxy refuses connections with `options`
    (https://github.com/psycopg/psycopg2/issues/1577) and a SET pins its sessions.
    """

    host: str
    port: int
    name: str
    sslrootcert: str
    connect_timeout_seconds: int
    statement_timeout_ms: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Server:
        return cls(
            host=settings.text(environ, "DB_HOST"),
            port=int(settings.number(environ, "DB_PORT")),
            name=settings.text(environ, "DB_NAME"),
            sslrootcert=environ.get("DB_SSLROOTCERT", ""),
            connect_timeout_seconds=int(settings.number(environ, "DB_CONNECT_TIMEOUT_SECONDS")),
            statement_timeout_ms=int(settings.number(environ, "DB_STATEMENT_TIMEOUT_MS")),
        )

    def options(self) -> dict[str, str | int]:
        """Connection options, as libpq names them. Off this machine, only a verified server will do."""
        options: dict[str, str | int] = {
            "host": self.host,
            "port": self.port,
            "dbname": self.name,
            "connect_timeout": self.connect_timeout_seconds,
            "sslmode": "prefer",
        }
        if sys.platform == "linux":  # what we sent and nobody acknowledges: a failed-over host
            options["tcp_user_timeout"] = self.statement_timeout_ms
        if not loopback(self.host):
            if not self.sslrootcert:
                raise Misconfigured(
                    "DB_SSLROOTCERT is not set; name the file with the database's root certificates"
                )
            options |= {"sslmode": "verify-full", "sslrootcert": self.sslrootcert}
        return options


class Database:
    """Runs statements. Each must be safe to run twice: a lost connection is replaced and asked once more."""

    def __init__(self, server: Server, logins: Logins) -> None:
        self._server, self._logins = server, logins
        self._connection: Connection | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Database:
        return cls(Server.of(environ), logins(environ))

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """The rows it gives. Raises `Refused` or `Unavailable`."""
        kept = self._connection is not None
        try:
            return self._run(statement, parameters)
        except Unavailable:
            # A kept connection may have died in the freezer, which only its next use tells
            # (`closed` and `broken` do not know). A new one that fails will not do better.
            if not kept or self._connection is not None:
                raise
        return self._run(statement, parameters)

    def close(self) -> None:
        """Gives the connection up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _run(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        import psycopg

        if self._connection is None:
            self._connection = self._connect()
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except psycopg.Error as error:
            if _lost(error):
                self.close()
            raise _fault(error) from None  # its text may quote a row

    def _connect(self) -> Connection:
        """A connection; with a fresh login if the first one is no longer good."""
        import psycopg

        try:
            return self._open()
        except psycopg.OperationalError as error:
            if not _login_refused(error):
                raise _not_connected(error) from None
        self._logins.forget()
        try:
            return self._open()
        except psycopg.OperationalError as error:
            raise _not_connected(error) from None

    def _open(self) -> Connection:
        from common.connection import Connection

        login = self._logins.get()
        return Connection.open(
            bound_seconds=self._server.statement_timeout_ms / 1000 + GRACE_SECONDS,
            user=login.user,
            password=login.password,
            **self._server.options(),
        )


def _lost(error: psycopg.Error) -> bool:
    """Whether the connection is of no more use: gone, ended, or to a writer that became a reader (25006)."""
    import psycopg

    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state[:2] == "08" or state[:4] == "57P0" or state == "25006"


def _fault(error: psycopg.Error) -> Refused | Unavailable:
    import psycopg

    state = error.sqlstate
    if state is None:
        kind = type(error).__name__.strip("_")
        return Refused(kind) if isinstance(error, psycopg.DataError) else Unavailable(kind)
    return Refused(state) if state[:2] in ("22", "23") else Unavailable(state)


def _not_connected(error: psycopg.OperationalError) -> Unavailable:
    """With libpq's account of how it failed, on one line."""
    return Unavailable("no connection", " ".join(str(error).split())[:_DETAIL_MOST])


def _login_refused(error: psycopg.OperationalError) -> bool:
    """28P01 or 28000 while connecting: libpq hands on no SQLSTATE then, only the words."""
    return "authentication failed" in str(error)
