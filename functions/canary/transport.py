"""One signed HTTP request over a connection of its own, timed by phase, never retried."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from canary.probe import Reply
from common import sigv4
from common.credentials import Credentials
from common.deadline import Deadline, connected
from common.settings import Misconfigured

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_MOST_BYTES: Final = 1_000_000  # of an answer: a page of 100 users is some 50 kB


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which region; None for an API that asks nobody."""

    credentials: Credentials
    region: str


@dataclass(slots=True)
class _Stopwatch:
    """Milliseconds by phase, and the end of the time for them all."""

    deadline: Deadline
    phases: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Times a block, also one that fails."""
        self.deadline.left()
        started = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = (time.monotonic() - started) * 1000


class Transport:
    """Sends to one API. What the network or the API does wrong is a `Reply`, not an exception."""

    def __init__(self, url: str, timeout_seconds: float, signer: Signer | None) -> None:
        self._url, self._timeout, self._signer = _checked(url), timeout_seconds, signer
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request, whole, within the timeout."""
        watch = _Stopwatch(Deadline(self._timeout))
        full = self._url.path.rstrip("/") + path
        sent = self._signed(method, full, headers, body)
        try:
            with self._connect(watch) as connection:
                return _exchange(connection, watch, method, full, sent, body)
        except (OSError, http.client.HTTPException) as error:  # ssl.SSLError and gaierror are OSErrors
            return Reply(0, error=_name(error), phases=watch.phases)

    def _signed(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        if self._signer is None:
            return {**headers, "host": self._url.netloc}
        keys, region = self._signer.credentials, self._signer.region
        return sigv4.signed(keys, region, method, self._url.netloc, path, headers=headers, body=body)

    @contextmanager
    def _connect(self, watch: _Stopwatch) -> Iterator[socket.socket]:
        host = self._url.hostname or ""
        port = self._url.port or (443 if self._tls else 80)
        with watch.phase("dns"):
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with watch.phase("connect"):
            plain = connected(addresses, watch.deadline)
        with plain:
            if self._tls is None:
                yield plain
                return
            with watch.phase("tls"):
                plain.settimeout(watch.deadline.left())
                secure = self._tls.wrap_socket(plain, server_hostname=host)
            with secure:
                yield secure


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"{url!r} is not the URL of an API; write https://HOST or https://HOST/STAGE")
    return parts


def _exchange(
    inner: socket.socket,
    watch: _Stopwatch,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    """`wait` is from the first byte sent to the first received, `read` the rest."""
    connection = http.client.HTTPConnection(headers["host"])
    connection.sock = _Timed(inner, watch.deadline)
    with watch.phase("wait"):
        connection.request(method, path, body or None, {**headers, "connection": "close"})
        response = connection.getresponse()
    with watch.phase("read"):
        content = response.read(_MOST_BYTES)
    return Reply(response.status, content, phases=watch.phases)


class _Timed:
    """What http.client needs of a socket."""

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = inner, deadline

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - always "rb"
        return io.BufferedReader(_Received(self._socket, self._deadline))

    def close(self) -> None:
        """Whoever opened the socket closes it."""


class _Received(io.RawIOBase):
    """The bytes that arrive while there is time."""

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = inner, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv_into(buffer)


def _name(error: Exception) -> str:
    """A class's name: enough to tell a refused connection from an unknown host, and quotes nothing."""
    return "timeout" if isinstance(error, TimeoutError) else type(error).__name__
