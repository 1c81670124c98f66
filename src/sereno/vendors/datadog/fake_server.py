"""The fake as an HTTP server on a free port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sereno.vendors.datadog.fake_calls import Answer

Keys = tuple[str, str]  # the API key and the application key
Answers = Callable[[str, str, Keys, Any], Answer]  # by method, URL, keys and JSON


@contextmanager
def listening(answers: Answers) -> Iterator[str]:
    """Its URL, while it listens."""
    handler = type("Handler", (_Handler,), {"answers": staticmethod(answers)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # an answer in one packet: two wait 40 ms for each other
    answers: Answers

    def _answered(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        keys = (self.headers.get("DD-API-KEY", ""), self.headers.get("DD-APPLICATION-KEY", ""))
        answer = self.answers(self.command, self.path, keys, _read(text))
        data = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **answer.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answered  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent."""


def _read(text: bytes) -> Any:
    """The JSON; of what is none, a text that no rule takes."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return "no JSON"
