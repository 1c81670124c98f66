"""Steady traffic for the pipeline: a POST and some GETs, at a rate, from a few threads.

It keeps what it was promised: each message_id of a 202. Whether the promise was held is
for the database to say.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

TIMEOUT: Final = 15.0  # seconds: above the gateway's own
_NAMES: Final = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia")


@dataclass(slots=True)
class Seen:
    """What the callers saw. `accepted` are the message_ids of 202s; `answers` counts (method, status)."""

    accepted: list[str] = field(default_factory=list)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)


class Traffic:
    """`rate` requests a second, one POST to `gets` GETs, until `close`."""

    def __init__(self, url: str, *, rate: float = 8.0, gets: int = 3, workers: int = 4) -> None:
        self.seen = Seen()
        self._address = urllib.parse.urlsplit(url).netloc
        self._pace = workers / rate
        self._gets = gets
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(n, n * self._pace / workers), daemon=True)
            for n in range(workers)
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends it, after the requests that are under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT)

    def _work(self, worker: int, delay: float) -> None:
        due = time.monotonic() + delay
        for turn, post in enumerate(self._turns(worker)):
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            self._post(worker, turn) if post else self._get()
            due = max(due + self._pace, time.monotonic() - self._pace)  # never a burst to catch up

    def _turns(self, worker: int) -> Iterator[bool]:
        turn = worker
        while True:
            yield turn % (self._gets + 1) == 0
            turn += 1

    def _post(self, worker: int, turn: int) -> None:
        name = f"{_NAMES[turn % len(_NAMES)]} {worker}-{turn}"
        status, body = ask(
            self._address, "POST", "/users", {"name": name, "email": f"u{worker}.{turn}@example.com"}
        )
        with self._lock:
            self.seen.answers["POST", status] += 1
            if status == http.client.ACCEPTED:
                self.seen.accepted.append(json.loads(body)["message_id"])

    def _get(self) -> None:
        status, _ = ask(self._address, "GET", "/users?limit=10")
        with self._lock:
            self.seen.answers["GET", status] += 1


def ask(address: str, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    """Status and body of one request; status 0 where no answer came."""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def share(seen: Seen, method: str, statuses: Sequence[int]) -> tuple[int, int]:
    """How many of a method's answers had one of these statuses, and how many there were."""
    total = sum(n for (m, _), n in seen.answers.items() if m == method)
    return sum(seen.answers[method, status] for status in statuses), total
