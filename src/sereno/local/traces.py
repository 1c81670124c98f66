"""Where the functions' spans go: an OTLP/HTTP receiver on loopback, and the newest `SPANS` kept in SQLite."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sereno.local import otlp
from sereno.local.otlp import Span, Unreadable
from sereno.local.ports import HOST

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
        return tuple(Summary(*row[:7]) for row in self._rows(_RECENT, limit))

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
        self._server = _Server((HOST, port), _Handler)
        self._server.store = store
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="traces", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    store: TraceStore

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle concerns nobody."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE
    server: _Server

    def do_POST(self) -> None:
        kind = otlp.JSON if otlp.JSON in self.headers.get("Content-Type", "") else otlp.PROTOBUF
        try:
            spans, refused = otlp.parse(
                self._body(),
                self.headers.get("Content-Type", ""),
                self.headers.get("Content-Encoding", "").lower(),
            )
        except Unreadable as problem:
            self.close_connection = True  # what is left of the request is not read
            self._answer(problem.status, str(problem).encode(), "text/plain; charset=utf-8")
        else:
            self.server.store.add(spans)
            self._answer(200, otlp.answer(kind, refused), kind)

    def log_message(self, *_: Any) -> None:
        """The stack's log is no place for each request."""

    def _body(self) -> bytes:
        if self.path != "/v1/traces":
            raise Unreadable(404, "only /v1/traces is taken here")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise Unreadable(411, "Content-Length is missing or no number")
        if int(length) > BODY:
            raise Unreadable(413, f"a request has at most {BODY} bytes")
        return self.rfile.read(int(length))

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
