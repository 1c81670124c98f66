"""Where the functions' spans go: an OTLP/HTTP receiver on loopback, and the newest `SPANS` kept in SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sereno.local import otlp, web
from sereno.local.otlp import Span, Unreadable

SPANS = 50_000
BODY = 8 * 1024 * 1024  # bytes of a request
PATIENCE = 10.0  # seconds a silent client may hold its connection

_SCHEMA = """
CREATE TABLE span (
    trace_id TEXT, span_id TEXT, parent_id TEXT, service TEXT, name TEXT, kind TEXT,
    start INT, stop INT, error INT, attributes TEXT, links TEXT,
    UNIQUE (trace_id, span_id) ON CONFLICT REPLACE
);
CREATE TABLE link (
    trace_id TEXT, span_id TEXT, cause TEXT,
    UNIQUE (trace_id, span_id, cause) ON CONFLICT IGNORE
);
CREATE INDEX link_cause ON link (cause);
"""

_RECENT = """
SELECT trace_id, name, service, began, ended, spans, errors, min(span.rowid) -- of spans that begin together
FROM (
    SELECT trace_id, min(start) AS began, max(stop) AS ended, count(*) AS spans, sum(error) AS errors
    FROM span GROUP BY trace_id ORDER BY began DESC LIMIT ?
)
JOIN span USING (trace_id) WHERE start = began GROUP BY trace_id ORDER BY began DESC
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """A trace in a list; times as in `Span`."""

    trace_id: str
    name: str  # of its first span
    service: str
    start: int
    end: int
    spans: int
    errors: int


class TraceStore:
    """Spans by trace and by what they are about; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def add(self, spans: Iterable[Span]) -> None:
        """Keeps them; a span sent again replaces itself, the oldest make room."""
        rows = [_row(span) for span in spans]
        causes = [(s[0], s[1], cause) for s in rows for cause, _ in json.loads(s[-1])]
        with self._lock, self._transaction():
            self._db.executemany("INSERT INTO span VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
            self._db.executemany("INSERT INTO link VALUES (?,?,?)", causes)
            self._db.execute("DELETE FROM span WHERE rowid <= (SELECT max(rowid) FROM span) - ?", (SPANS,))
            self._db.execute("DELETE FROM link WHERE rowid <= (SELECT max(rowid) FROM link) - ?", (SPANS,))

    def trace(self, trace_id: str) -> tuple[Span, ...]:
        """The spans of a trace, as they began."""
        return self._select("WHERE trace_id = ? ORDER BY start, rowid", trace_id.lower())

    def follow(self, message_id: str) -> tuple[Span, ...]:
        """A message's way: the traces of the spans that bear its id in an attribute, the traces those
        link to, and every trace that links to one of them, as they began."""
        bearing = self._bearing(message_id)
        traces = {span.trace_id for span in bearing} | {cause for s in bearing for cause, _ in s.links}
        every = self._caused_by(traces)
        spans = [span for trace_id in sorted(every) for span in self.trace(trace_id)]
        return tuple(sorted(spans, key=lambda span: span.start))

    def recent(self, limit: int = 50) -> tuple[Summary, ...]:
        """The newest traces, the newest first."""
        most = max(0, limit)  # to SQLite, less than nothing is no limit
        return tuple(Summary(*row[:7]) for row in self._rows(_RECENT, most))

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _bearing(self, text: str) -> list[Span]:
        quoted = json.dumps(text)
        found = self._select("WHERE instr(attributes, ?)", quoted)
        return [span for span in found if text in span.attributes.values()]

    def _caused_by(self, traces: set[str]) -> set[str]:
        every, new = set(traces), set(traces)
        while new:
            marks = ",".join("?" * len(new))
            rows = self._rows(f"SELECT DISTINCT trace_id FROM link WHERE cause IN ({marks})", *new)  # noqa: S608
            new = {row[0] for row in rows} - every
            every |= new
        return every

    def _select(self, where: str, *values: Any) -> tuple[Span, ...]:
        return tuple(_span(row) for row in self._rows(f"SELECT * FROM span {where}", *values))  # noqa: S608

    def _rows(self, query: str, *values: Any) -> list[Sequence[Any]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _row(span: Span) -> tuple[Any, ...]:
    return (
        span.trace_id,
        span.span_id,
        span.parent_id,
        span.service,
        span.name,
        span.kind,
        span.start,
        span.end,
        span.error,
        json.dumps(dict(span.attributes)),
        json.dumps(span.links),
    )


def _span(row: Sequence[Any]) -> Span:
    trace_id, span_id, parent_id, service, name, kind, start, end, error, attributes, links = row
    return Span(
        trace_id,
        span_id,
        parent_id,
        service,
        name,
        kind,
        start,
        end,
        bool(error),
        json.loads(attributes),
        tuple((trace, span) for trace, span in json.loads(links)),
    )


class TraceReceiver:
    """Takes `POST /v1/traces` and answers garbage with its status. `url` is OTEL_EXPORTER_OTLP_ENDPOINT."""

    def __init__(self, store: TraceStore, port: int = 0) -> None:
        self._server = _Server(_Handler, port)
        self._server.store = store
        self._server.begin()
        self.url = f"http://{self._server.address}"

    def close(self) -> None:
        self._server.close()


class _Server(web.Server):
    store: TraceStore


class _Handler(web.Handler):
    timeout = PATIENCE
    server: _Server

    def respond(self) -> None:
        if self.path != "/v1/traces":
            raise web.RefusedError(HTTPStatus.NOT_FOUND)
        if self.command != "POST":
            raise web.RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        kind = self.headers.get("Content-Type", "")
        try:
            spans, refused = otlp.parse(
                self.body(BODY), kind, self.headers.get("Content-Encoding", "").lower()
            )
        except Unreadable as problem:
            self.answer(
                problem.status, str(problem).encode(), [("Content-Type", "text/plain; charset=utf-8")]
            )
        else:
            self.server.store.add(spans)
            answered = otlp.JSON if otlp.JSON in kind else otlp.PROTOBUF
            self.answer(200, otlp.answer(answered, refused), [("Content-Type", answered)])
