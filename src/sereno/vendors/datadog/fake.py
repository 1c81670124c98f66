"""Datadog's API in memory: an HTTP server on this machine that refuses what Datadog refuses.

    >>> from sereno.vendors.datadog.fake import serving
    >>> with serving() as (url, fake):
    ...     len(fake.monitors)
    0

While it serves, `sereno apply --env ENV --endpoint-url URL` fills it, and any client of Datadog's with the
keys "local" and "local" can read it. `before` scripts faults: a 403, a storm of 429, a network that goes.

It gives back what Datadog gives back: ids, defaults filled in, tags in another order, pages. It
notifies nobody, and no monitor of it evaluates anything: that is `sereno.engine`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sereno.vendors.datadog import (
    fake_dashboards,
    fake_downtimes,
    fake_history,
    fake_monitors,
    fake_slos,
    fake_synthetics,
)
from sereno.vendors.datadog.fake_calls import Answer as Answer
from sereno.vendors.datadog.fake_calls import Body, Call
from sereno.vendors.datadog.fake_rules import Refused
from sereno.vendors.datadog.fake_server import listening

KEYS = ("local", "local")  # the API key and the application key it takes
Before = Callable[[str, str, Any], Answer | None]


@dataclass
class Fake:
    """`before` sees each call by method, path and body, and may answer in Datadog's place."""

    page: int = 1_000
    before: Before | None = None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    monitors: dict[int, Body] = field(default_factory=dict)
    slos: dict[str, Body] = field(default_factory=dict)
    dashboards: dict[str, Body] = field(default_factory=dict)
    downtimes: dict[str, Body] = field(default_factory=dict)
    synthetics: dict[str, Body] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)  # global ones of synthetic tests: id by name
    changes: list[fake_history.Change] = field(default_factory=list)  # of monitors' states
    counted: dict[str, fake_history.Counted] = field(default_factory=dict)  # by SLO's id
    events: list[Body] = field(default_factory=list)
    series: dict[str, list[tuple[int, float]]] = field(default_factory=dict)  # by query, epoch seconds
    calls: list[str] = field(default_factory=list)  # method and path, in order
    writes: int = 0  # of the calls, those that may have changed something
    made: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, url: str, keys: tuple[str, str], body: Any) -> Answer:
        """One call."""
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        with self.lock:
            self.calls.append(f"{method} {parts.path}")
            self.writes += method != "GET"
            scripted = self.before(method, parts.path, body) if self.before else None
            if scripted is not None:
                return scripted
            if keys != KEYS:
                return Answer(403, {"errors": ["Forbidden"]})
            try:
                return Answer(200, self._routed(method, parts.path, query, body))
            except Refused as refused:
                return Answer(refused.status, {"errors": list(refused.errors)})
            except (KeyError, TypeError, ValueError, AttributeError) as unread:
                return Answer(400, {"errors": [f"Invalid request: {type(unread).__name__} {unread}"]})

    def _routed(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        version, kind, *rest = path.removeprefix("/api/").split("/")
        known: Mapping[str, Callable[[Call], Any]] = {
            "v1/monitor": lambda call: fake_monitors.answer(self, call),
            "v1/slo": lambda call: fake_slos.answer(self, call),
            "v1/dashboard": lambda call: fake_dashboards.answer(self, call),
            "v2/downtime": lambda call: fake_downtimes.answer(self, call),
            "v1/synthetics": lambda call: fake_synthetics.answer(self, call),
            "v1/query": self._query,
            "v1/events": self._event,
            "v2/events": lambda call: fake_history.searched(self, call),
        }
        if f"{version}/{kind}" not in known:
            raise Refused(404, "Not found")
        return known[f"{version}/{kind}"](Call(method, "/".join(rest), query, body))

    def new(self) -> int:
        """An id that nothing has."""
        self.made += 1
        return self.made

    def _query(self, call: Call) -> Any:
        """Points as they were put into `series`, by the exact query."""
        start, end = int(call.query["from"]), int(call.query["to"])
        points = [(t, v) for t, v in self.series.get(call.query["query"], ()) if start <= t < end]
        listed = [[t * 1_000.0, v] for t, v in points]
        return {"status": "ok", "series": [{"pointlist": listed, "interval": 60}] if listed else []}

    def _event(self, call: Call) -> Any:
        self.events.append(deepcopy(call.body))
        return {"status": "ok", "event": {"id": self.new(), **call.body}}

    def paged(self, found: Sequence[Any], query: Mapping[str, str], offset: str, size: str) -> list[Any]:
        """A page of them, as asked by these two names, and no larger than `page`."""
        first = int(query.get(offset, 0))
        return [deepcopy(each) for each in found[first : first + min(self.page, int(query.get(size, 100)))]]


@contextmanager
def serving(fake: Fake | None = None) -> Iterator[tuple[str, Fake]]:
    """Its URL, and the fake, while it listens on a free port of this machine."""
    served = fake or Fake()
    with listening(served.answer) as url:
        yield url, served
