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
from collections.abc import Callable, Iterable
from email import errors
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sereno.errors import Unable
from sereno.local.ports import HOST, is_loopback

UNLIMITED = sys.maxsize
_MALFORMED = (
    errors.FirstHeaderLineIsContinuationDefect,
    errors.MisplacedEnvelopeHeaderDefect,
    errors.MissingHeaderBodySeparatorDefect,
)
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
    pages = False  # whether web pages may ask

    def respond(self) -> None:
        raise RefusedError(HTTPStatus.NOT_FOUND)

    def _answer_any(self) -> None:
        try:
            self._check()
            self.respond()
        except RefusedError as refused:
            self._refuse(refused.status)

    def _check(self) -> None:
        """Refuses what two readers may understand as two requests, and callers from elsewhere."""
        if self.request_version == "HTTP/0.9" or any(isinstance(d, _MALFORMED) for d in self.headers.defects):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        if len([*self._all("Content-Length"), *self._all("Transfer-Encoding")]) > 1:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        page = not self.pages and any(self.headers.get(name) for name in ("Origin", "Sec-Fetch-Site"))
        if page or not is_loopback(self.headers.get("Host", "")) or len(self._all("Host")) > 1:
            raise RefusedError(HTTPStatus.FORBIDDEN)

    def _all(self, name: str) -> list[str]:
        return self.headers.get_all(name, [])

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the standard library refuses, in the same form."""
        self._refuse(HTTPStatus(code))

    def _refuse(self, status: HTTPStatus) -> None:
        self.request_version = self.protocol_version  # of HTTP/0.9 it would send no headers
        body = b'{"message":"%s"}' % phrase(status).encode()
        self.answer(status, body, [("Content-Type", "application/json"), ("Connection", "close")])
        self._linger()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer_any  # noqa: N815

    def _linger(self) -> None:
        """Reads on for a moment: to close on unread data would reset the connection and lose the answer."""
        self.close_connection = True
        with contextlib.suppress(OSError):  # it may have gone already
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            for _ in range(LINGER_READS):
                if not self.rfile.read1(65_536):
                    break

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: who wants to know counts."""

    def body(self, limit: int = UNLIMITED) -> bytes:
        """The request's body, whole; refused past the limit, before more of it is read."""
        coding = self.headers.get("Transfer-Encoding")
        if coding is None:
            return self._exactly(_number(self.headers.get("Content-Length") or "0", 10), limit)
        if coding.strip().lower() != "chunked":
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        return self._chunks(limit)

    def _chunks(self, limit: int) -> bytes:
        body = b""
        while size := _number(self._line(1_024).split(b";")[0].decode("latin-1"), 16):
            body += self._exactly(size, limit - len(body))
            if self._line(4).strip():
                raise RefusedError(HTTPStatus.BAD_REQUEST)
        while self._line(65_536).strip():
            pass  # trailers
        return body

    def _exactly(self, length: int, limit: int) -> bytes:
        if length > limit:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        read = self._in_time(self.rfile.read, length)
        if len(read) < length:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        return read

    def _line(self, most: int) -> bytes:
        line = self._in_time(self.rfile.readline, most)
        if not line.endswith(b"\n"):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        return line

    def _in_time(self, read: Callable[[int], bytes], most: int) -> bytes:
        try:
            return read(most)
        except TimeoutError:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT) from None

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
