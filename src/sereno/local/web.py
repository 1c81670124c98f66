"""The little HTTP that the gateway and the two sides of the function runtime share.

One thread a connection, HTTP/1.1 with keep-alive, loopback only. What it adds to the standard
library: a body of any framing up to a limit, one write an answer, and silence on standard error.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sereno.errors import Unable
from sereno.local.ports import HOST

UNLIMITED = sys.maxsize
LINGER_SECONDS, LINGER_READS = 1.0, 1_000  # at most 64 MB of what was refused


class RefusedError(Exception):
    """A request that is not read on, and the status that says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """`respond` handles every method; what it refuses is answered with `{"message": ...}`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # status, headers and body leave in one packet

    def respond(self) -> None:
        raise RefusedError(HTTPStatus.NOT_FOUND)

    def _answer_any(self) -> None:
        try:
            self.respond()
        except RefusedError as refused:
            body = b'{"message":"%s"}' % phrase(refused.status).encode()
            self.answer(refused.status, body, [("Content-Type", "application/json"), ("Connection", "close")])
            self._linger()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer_any  # noqa: N815

    def _linger(self) -> None:
        """Reads on for a moment: to close on unread data would reset the connection and lose the answer."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        with contextlib.suppress(OSError):
            for _ in range(LINGER_READS):
                if not self.rfile.read1(65_536):
                    break

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: who wants to know counts."""

    def body(self, limit: int = UNLIMITED) -> bytes:
        """The request's body; refused past the limit, before more of it is read."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks(limit)
        length = _number(self.headers.get("Content-Length") or "0", 10)
        if length > limit:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.rfile.read(length)

    def _chunks(self, limit: int) -> bytes:
        body = b""
        while size := _number(self.rfile.readline(64).split(b";")[0].decode("latin-1"), 16):
            if len(body) + size > limit:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            body += self.rfile.read(size)
            self.rfile.readline(4)
        while self.rfile.readline(65_536).strip():
            pass  # trailers
        return body

    def answer(self, status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if status >= 200 and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def phrase(status: HTTPStatus) -> str:
    """The status in the words AWS still uses, whatever RFC and Python this is."""
    return "Request Entity Too Large" if status == 413 else status.phrase


def _number(text: str, base: int) -> int:
    if not re.fullmatch(r"[0-9a-fA-F]{1,15}", text := text.strip()):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    try:
        return int(text, base)
    except ValueError:
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None


class Server(ThreadingHTTPServer):
    """Serves from a thread of its own once `begin` was called."""

    daemon_threads = True
    block_on_close = False  # a connection kept alive must not hold up the end
    request_queue_size = 128

    def __init__(self, handler: type[Handler], port: int = 0) -> None:
        try:
            super().__init__((HOST, port), handler)
        except OSError as error:
            raise Unable(f"cannot listen on {HOST}:{port}: {error.strerror}") from error

    @property
    def address(self) -> str:
        return f"{HOST}:{self.server_port}"

    def begin(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name=self.address).start()

    def close(self) -> None:
        """Takes no more connections; a second call does nothing."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news; anything else is a bug and is told."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]
