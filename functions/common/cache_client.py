"""Valkey's client with one end to all of a question's waits. Imported at the first question to a cache only.

valkey-py's own timeouts begin anew at each byte, and what it reads has no bound; here both hold for a whole
question: connecting, TLS, signing in, the question, the answer, and all of it once more where a connection
was lost. Not counted are the fetching of AWS credentials, and what no program can bound: resolving a name.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import valkey
from valkey.backoff import NoBackoff
from valkey.credentials import CredentialProvider
from valkey.exceptions import AuthenticationError, InvalidResponse
from valkey.retry import Retry

from common.deadline import Deadline, connected

Token = Callable[[], str | None]  # a password for one connection; None: there is nothing to sign it with
T = TypeVar("T")

MOST_BYTES: Final = 1_000_000  # of an answer: a page of 100 users, each character escaped, is some 450 kB


class _Exchange:
    """What is left, of time and of bytes to receive, for one question."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.begin()

    def begin(self) -> None:
        self._deadline, self._bytes = Deadline(self._seconds), MOST_BYTES

    @property
    def deadline(self) -> Deadline:
        return self._deadline

    def receive(self, count: int) -> None:
        """Counts bytes; raises InvalidResponse when there were too many."""
        self._bytes -= count
        if self._bytes < 0:
            raise InvalidResponse("too long an answer")

    @contextmanager
    def apart(self) -> Iterator[None]:
        """The block's time is not the server's."""
        left = self._deadline.left()
        yield
        self._deadline = Deadline(left)


class _Bounded:
    """What the client needs of a socket."""

    def __init__(self, inner: socket.socket, exchange: _Exchange) -> None:
        self._inner, self._exchange = inner, exchange
        self._asked: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        """May shorten a wait: 0 asks only what is there."""
        self._asked = seconds

    def recv(self, most: int) -> bytes:
        left = self._exchange.deadline.left()
        self._inner.settimeout(left if self._asked is None else min(left, self._asked))
        data = self._inner.recv(most)
        self._exchange.receive(len(data))
        return data

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._inner.settimeout(self._exchange.deadline.left())
            rest = rest[self._inner.send(rest) :]

    def shutdown(self, how: int) -> None:
        self._inner.shutdown(how)

    def close(self) -> None:
        self._inner.close()


class _Connection(valkey.Connection):
    """Connects within the exchange; `tls` verifies the server, None where it is this machine."""

    def __init__(self, *, exchange: _Exchange, tls: ssl.SSLContext | None, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._exchange, self._tls = exchange, tls

    def _connect(self) -> _Bounded:
        addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        plain = connected(addresses, self._exchange.deadline)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Bounded(self._secured(plain), self._exchange)
        except OSError:
            plain.close()
            raise

    def _secured(self, plain: socket.socket) -> socket.socket:
        if self._tls is None:
            return plain
        plain.settimeout(self._exchange.deadline.left())
        return self._tls.wrap_socket(plain, server_hostname=self.host)


class _SignIn(CredentialProvider):
    """Each connection has a token of its own, so none is ever too old."""

    def __init__(self, user: str, token: Token, exchange: _Exchange) -> None:
        self._user, self._token, self._exchange = user, token, exchange

    def get_credentials(self) -> tuple[str, str]:
        with self._exchange.apart():
            made = self._token()
        if made is None:
            raise AuthenticationError("no AWS credentials to sign with")
        return self._user, made


class Client:
    """Connects at its first question, and waits `seconds` for all of each.

    A lost connection is replaced and the command sent once more, in what is left of the time.
    """

    def __init__(
        self, host: str, port: int, user: str, token: Token, seconds: float, tls: ssl.SSLContext | None
    ) -> None:
        self._exchange = _Exchange(seconds)
        lost = valkey.ConnectionError
        self._pool = valkey.ConnectionPool(
            connection_class=_Connection,
            exchange=self._exchange,
            tls=tls,
            host=host,
            port=port,
            credential_provider=_SignIn(user, token, self._exchange),
            socket_timeout=None,
            retry=Retry(NoBackoff(), 1, (lost,)),
            retry_on_error=[lost],
            lib_name=None,  # two commands a connection less
            lib_version=None,
            decode_responses=True,
        )
        self._valkey = valkey.Valkey(connection_pool=self._pool)

    def ask(self, question: Callable[[valkey.Valkey], T]) -> T:
        """What it gives. Raises ValkeyError, OSError, and of what answers but is no Valkey ValueError
        and RecursionError; what `token` raises, too."""
        self._exchange.begin()
        return question(self._valkey)

    def close(self) -> None:
        self._pool.disconnect()
