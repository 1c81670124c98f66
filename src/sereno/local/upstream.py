"""Connections to one HTTP server, kept and reused from any thread."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from queue import Empty, LifoQueue

IDLE_SECONDS = 60.0  # a connection unused for longer may be half closed, and a POST must not be sent twice

Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers, body


class Upstream:
    """Sends whole requests to a host and port; `timeout` in seconds, for each step of an answer."""

    def __init__(self, host: str, timeout: float) -> None:
        self._host = host
        self._timeout = timeout
        self._idle: LifoQueue[tuple[float, http.client.HTTPConnection]] = LifoQueue()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request and its answer; OSError or HTTPException when there is none in time."""
        connection = self._connection()
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            answer = response.status, response.getheaders(), response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        self._idle.put((time.monotonic(), connection))
        return answer

    def close(self) -> None:
        """Hangs up where nothing is under way."""
        while not self._idle.empty():
            self._idle.get()[1].close()

    def _connection(self) -> http.client.HTTPConnection:
        try:
            since, connection = self._idle.get_nowait()
        except Empty:
            return http.client.HTTPConnection(self._host, timeout=self._timeout)
        if time.monotonic() - since < IDLE_SECONDS:
            return connection
        connection.close()
        return self._connection()
