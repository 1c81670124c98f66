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

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sereno.records import dataclass, field
from sereno.vendors.datadog import fake_history, fake_rules, fake_synthetics
from sereno.vendors.datadog.fake_rules import Refused

Body = dict[str, Any]
KEYS = ("local", "local")  # the API key and the application key it takes
_OPTIONS: Mapping[str, Any] = {
    "include_tags": True,
    "notify_audit": False,
    "notify_no_data": False,
    "new_host_delay": 300,
    "renotify_interval": None,
    "timeout_h": 0,
    "silenced": {},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered: status, JSON, headers."""

    status: int
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: the method, the id in the path (if any), the query, the JSON."""

    method: str
    id: str
    query: Mapping[str, str]
    body: Any


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
            "v1/monitor": self._monitor,
            "v1/slo": self._slo,
            "v1/dashboard": self._dashboard,
            "v2/downtime": self._downtime,
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

    def _monitor(self, call: Call) -> Any:
        if not call.id:
            get = call.method == "GET"
            return self._list_monitors(call.query) if get else self._put_monitor(None, call.body)
        key = int(call.id) if call.id.isdecimal() else 0
        _held(self.monitors, key, "Monitor not found")
        if call.method == "PUT":
            return self._put_monitor(key, call.body)
        if call.method == "DELETE":
            users = [m["id"] for m in self.monitors.values() if _names(m, key)]
            if users and call.query.get("force") != "true":
                raise Refused(409, f"monitor [{key}] is referenced in composite monitors: {users}")
            del self.monitors[key]
            return {"deleted_monitor_id": key}
        return _turned(self.monitors[key])

    def _list_monitors(self, query: Mapping[str, str]) -> Any:
        wanted = set(query.get("monitor_tags", "").split(",")) - {""}
        after = int(query.get("id_offset", 0))
        size = min(self.page, int(query.get("page_size", 1_000)))
        found = [m for k, m in sorted(self.monitors.items()) if k > after and wanted <= set(m["tags"])]
        return [_turned(monitor) for monitor in found[:size]]

    def _put_monitor(self, key: int | None, body: Body) -> Any:
        before = self.monitors.get(key or 0, {})
        options = {**_OPTIONS, **before.get("options", {}), **body.get("options", {})}
        wanted = {"tags": [], "message": "", **before, **body, "options": options}
        if before and body.get("type", before["type"]) != before["type"]:
            raise Refused(400, "Monitor type cannot be changed")
        _refuse(fake_rules.monitor(wanted, self.slos, self.monitors))
        identity = key or self.new()
        wanted.update(id=identity, overall_state="No Data", multi=False, name=wanted.get("name") or "")
        self.monitors[identity] = deepcopy(wanted)
        return _turned(wanted)

    def _slo(self, call: Call) -> Any:
        if not call.id and call.method == "GET":
            tag = call.query.get("tags_query", "")
            found = [s for _, s in sorted(self.slos.items()) if tag in ("", *s["tags"])]
            return {"data": [_turned(slo) for slo in self._paged(found, call.query, "offset", "limit")]}
        if not call.id:
            return self._put_slo(f"{self.new():032x}", None, call.body)
        if call.id.endswith("/history"):
            return fake_history.standing(self, call)
        before = _held(self.slos, call.id, "SLO not found")
        if call.method == "PUT":
            return self._put_slo(call.id, before, call.body)
        if call.method == "DELETE":
            self._delete_slo(call.id, call.query)
            return {"data": [call.id]}
        return {"data": _turned(before)}

    def _put_slo(self, identity: str, before: Body | None, body: Body) -> Any:
        _refuse(fake_rules.slo(body, before))
        shown = [{**each, "target_display": f"{each['target']:.3f}"} for each in body["thresholds"]]
        created = (before or {}).get("created_at", int(self.now().timestamp()))
        of_it = {"thresholds": shown, "id": identity, "created_at": created}
        self.slos[identity] = {"tags": [], **deepcopy(body), **of_it}
        return {"data": [_turned(self.slos[identity])], "error": None}

    def _delete_slo(self, identity: str, query: Mapping[str, str]) -> None:
        users = [d["title"] for d in self.dashboards.values() if identity in json.dumps(d["widgets"])]
        users += [m["name"] for m in self.monitors.values() if f'"{identity}"' in m["query"]]
        if users and query.get("force") != "true":
            raise Refused(409, f"SLO {identity} is used by {', '.join(users)}")
        del self.slos[identity]

    def _dashboard(self, call: Call) -> Any:
        if not call.id and call.method == "GET":
            found = [d for _, d in sorted(self.dashboards.items())]
            summary = [
                {key: each.get(key) for key in ("id", "title", "description", "layout_type")}
                for each in found
            ]
            return {"dashboards": self._paged(summary, call.query, "start", "count")}
        if call.id:
            before = _held(self.dashboards, call.id, f"Dashboard with ID {call.id} not found")
            if call.method == "DELETE":
                del self.dashboards[call.id]
                return {"deleted_dashboard_id": call.id}
            if call.method == "GET":
                return deepcopy(before)
        _refuse(fake_rules.dashboard(call.body, self.slos))
        key = call.id or f"abc-{self.new():03d}-xyz"
        body = {"template_variables": None, "notify_list": [], "description": None, **call.body, "id": key}
        self.dashboards[key] = deepcopy({**body, "widgets": [self._widget(w) for w in body["widgets"]]})
        return deepcopy(self.dashboards[key])

    def _widget(self, widget: Body) -> Body:
        inner = [self._widget(each) for each in widget["definition"].get("widgets", ())]
        definition = {**widget["definition"], **({"widgets": inner} if inner else {})}
        return {**widget, "definition": definition, "id": self.new()}

    def _downtime(self, call: Call) -> Any:
        if not call.id and call.method == "GET":
            found = [d for _, d in sorted(self.downtimes.items())]
            return {"data": self._paged(found, call.query, "page[offset]", "page[limit]")}
        if call.id:
            before = _held(self.downtimes, call.id, "Downtime not found")
            if call.method == "DELETE":
                before["attributes"]["status"] = "canceled"
                return {}
            if call.method == "PATCH":
                changed = {**before["attributes"], **call.body["data"]["attributes"]}
                _refuse(fake_rules.downtime(changed, self.now()))
                before["attributes"] = deepcopy(changed)
            return {"data": deepcopy(before)}
        attributes = call.body["data"]["attributes"]
        _refuse(fake_rules.downtime(attributes, self.now()))
        key = f"{self.new():08x}-d0"
        made: Body = {
            "id": key,
            "type": "downtime",
            "attributes": {
                **deepcopy(attributes),
                "status": "scheduled",
                "created": self.now().isoformat(),
            },
        }
        self.downtimes[key] = made
        return {"data": deepcopy(made)}

    def _query(self, call: Call) -> Any:
        """Points as they were put into `series`, by the exact query."""
        start, end = int(call.query["from"]), int(call.query["to"])
        points = [(t, v) for t, v in self.series.get(call.query["query"], ()) if start <= t < end]
        listed = [[t * 1_000.0, v] for t, v in points]
        return {"status": "ok", "series": [{"pointlist": listed, "interval": 60}] if listed else []}

    def _event(self, call: Call) -> Any:
        self.events.append(deepcopy(call.body))
        return {"status": "ok", "event": {"id": self.new(), **call.body}}

    def _paged(self, found: Sequence[Any], query: Mapping[str, str], offset: str, size: str) -> list[Any]:
        first = int(query.get(offset, 0))
        return [deepcopy(each) for each in found[first : first + min(self.page, int(query.get(size, 100)))]]


def _held(of: Mapping[Any, Body], key: Any, words: str) -> Body:
    if key not in of:
        raise Refused(404, words)
    return of[key]


def _refuse(errors: Iterator[str]) -> None:
    found = tuple(errors)
    if found:
        raise Refused(400, *found)


def _names(monitor: Body, key: int) -> bool:
    return (
        monitor["type"] == "composite"
        and str(key) in monitor["query"].replace("!", " ").translate(str.maketrans("()&|", "    ")).split()
    )


def _turned(body: Body) -> Body:
    """A copy, with tags the other way round: their order means nothing."""
    turned = deepcopy(body)
    turned["tags"] = turned.get("tags", [])[::-1]
    return turned


def _read(text: bytes) -> Any:
    """The JSON; of what is none, a text that no rule takes."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return "no JSON"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # an answer in one packet: two wait 40 ms for each other
    fake: Fake

    def _answered(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        keys = (self.headers.get("DD-API-KEY", ""), self.headers.get("DD-APPLICATION-KEY", ""))
        answer = self.fake.answer(self.command, self.path, keys, _read(text))
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


@contextmanager
def serving(fake: Fake | None = None) -> Iterator[tuple[str, Fake]]:
    """Its URL, and the fake, while it listens on a free port of this machine."""
    served = fake or Fake()
    handler = type("Handler", (_Handler,), {"fake": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
