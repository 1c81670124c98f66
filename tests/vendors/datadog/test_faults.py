"""What can go wrong between sereno and Datadog, and the sentence a person reads then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sereno.errors import Unable
from sereno.language.model import DatadogMetric
from sereno.vendors.backend import Unavailable
from sereno.vendors.datadog import client
from sereno.vendors.datadog import compile as compiled
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.client import Patience, connect
from sereno.vendors.datadog.fake import Answer, Before
from sereno.vendors.datadog.parts import plain
from sereno.vendors.datadog.query import QueryFault, parse_metrics
from sereno.vendors.plan import plan
from tests.vendors.datadog.conftest import Account
from tests.vendors.datadog.systems import SHOP

SMALL = replace(SHOP, slos=SHOP.slos[1:], alerts=SHOP.alerts[:1], dashboards=())
FORBIDDEN = Answer(403, {"errors": ["Forbidden"]})


@contextmanager
def answering(data: bytes, kind: str = "application/json", hangs: float = 0) -> Iterator[str]:
    """A server that says this to whatever it is asked; with `hangs` it says nothing for so many seconds."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answered(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if hangs:
                over.wait(hangs)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _answered  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


NONSENSE = {
    "a page of a proxy": b"<html>Please log in</html>",
    "half an answer": b'{"data": [{"id": ',
    "nothing": b"",
    "null": b"null",
    "a number": b"42",
    "a list where an object must be": b"[]",
    "an object without what was asked for": b"{}",
    "a number for a list": b'{"data": 7}',
    "a list of nulls": b'{"data": [null]}',
    "things without an id": b'{"data": [{"tags": []}]}',
    "the same page for ever": b'{"data": [{"id": "a", "type": "metric", "tags": []}]}',
    "another encoding": '{"data": "é"}'.encode("latin-1"),
    "brackets without end": b"[" * 100_000,
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
def test_what_is_no_answer_of_datadogs_is_never_taken_for_an_empty_account(data: bytes) -> None:
    with (
        answering(data) as url,
        pytest.raises(Unable, match=r"GET /api/v1/slo: .*; is this Datadog,"),
    ):
        connect(SHOP, url).live(SHOP)


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
def test_what_is_no_answer_is_never_quiet(data: bytes) -> None:
    orders = DatadogMetric(query="sum:shop.orders{a:b}.as_count()")
    with answering(data) as url:
        try:
            found = connect(SHOP, url).observe([orders], 0, 3_600)[orders]
        except Unable:
            return

    assert isinstance(found, Unavailable)


def test_one_who_does_not_answer_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT", (0.2, 0.2))

    with answering(b"{}", hangs=30) as url, pytest.raises(Unable, match=r"did not answer within 0\.2 s"):
        connect(SHOP, url).live(SHOP)


def test_what_was_made_but_not_answered_is_not_made_twice(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", (0.3, 0.3))
    late = threading.Event()

    def before(method: str, path: str, body: Any) -> Answer | None:
        if (method, path) == ("POST", "/api/v1/slo") and not late.is_set():
            late.wait(0.6)
            late.set()
        return None

    account.fake.before = before
    with pytest.raises(Unable, match="POST /api/v1/slo: Datadog did not answer"):
        account.applied(SMALL, SMALL)
    assert account.applied(SMALL, SMALL) == []
    assert len(account.fake.slos) == 1


def at(method: str, path: str, answer: Answer) -> Before:
    """The answer to calls of this method below this path."""

    def before(called: str, where: str, body: Any) -> Answer | None:
        return answer if called == method and where.startswith(path) else None

    return before


def test_a_thing_made_without_an_id_is_said_and_the_next_plan_finds_it(account: Account) -> None:
    account.fake.before = at("POST", "/api/v1/monitor", Answer(200, {}))
    errors = account.applied(SMALL, SMALL)

    assert any("the answer names no id; a plan shows whether it was made" in error for error in errors)
    account.fake.before = None
    assert account.applied(SMALL, SMALL) == []


def test_ours_in_a_form_that_is_not_known_ends_the_plan(account: Account) -> None:
    account.applied(SHOP, SHOP)
    (dashboard,) = account.fake.dashboards.values()
    dashboard["widgets"] = 7
    with pytest.raises(Unable, match=r"the dashboard dashboard/shop \(id .*\) is in a form that is not"):
        account.steps(SHOP, SHOP)


def test_things_of_others_may_have_any_form(account: Account) -> None:
    account.applied(SHOP, SHOP)
    account.fake.slos["theirs"] = {"id": "theirs", "tags": [], "type": "odd", "sli_specification": 7}
    account.fake.monitors[99] = {"id": 99, "type": "odd", "tags": ["team:x"], "query": "?", "name": None}
    account.fake.dashboards["x"] = {"id": "x", "title": "T", "description": None, "widgets": []}
    account.fake.downtimes["d"] = {"id": "d", "attributes": {"message": None}}

    assert account.steps(SHOP, SHOP) == ()


def test_a_dashboard_deleted_while_it_is_read_is_made_again(account: Account) -> None:
    account.applied(SHOP, SHOP)
    (key,) = account.fake.dashboards
    account.fake.before = at("GET", f"/api/v1/dashboard/{key}", Answer(404, {"errors": ["not found"]}))

    assert [(c.verb, c.resource.kind) for c in account.steps(SHOP, SHOP)] == [("create", "dashboard")]


@pytest.mark.parametrize("status", [401, 403])
def test_keys_of_another_site_are_asked_about_by_the_sites_name(account: Account, status: int) -> None:
    account.fake.before = lambda *_: Answer(status, {"errors": ["Forbidden"]})

    with pytest.raises(Unable) as raised:
        account.steps(SMALL, SMALL)
    assert str(raised.value) == (
        "GET /api/v1/slo: Datadog does not allow it (Forbidden): the keys must be of this site (127.0.0.1),"
        " and the application key must have the scopes of slos"
    )


def test_the_site_is_in_the_address_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_API_KEY", "a1")
    monkeypatch.setenv("DD_APP_KEY", "b2")
    variables = {"datadog_site": "datadoghq.eu"}
    europe = replace(SHOP, environment=replace(SHOP.environment, variables=variables))

    assert connect(europe).calls.client.configuration.host == "https://api.datadoghq.eu"


@pytest.mark.parametrize("key", ["abc\ndef", "abc def", "schlüssel", "'abc'", "a:b"])
def test_a_key_that_is_none_is_not_sent_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("DD_API_KEY", key)
    monkeypatch.setenv("DD_APP_KEY", "b2")

    with pytest.raises(Unable, match="DD_API_KEY is no key of Datadog's") as raised:
        connect(SHOP)
    assert key not in str(raised.value)


def test_a_newline_that_a_file_ends_with_is_no_part_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DD_API_KEY", "a1\n")
    monkeypatch.setenv("DD_APP_KEY", " b2 ")

    assert connect(SHOP).calls.client.configuration.api_key == {"apiKeyAuth": "a1", "appKeyAuth": "b2"}


@pytest.mark.parametrize(
    ("path", "refused", "held_back"),
    [
        ("/api/v1/slo", 2, 10),
        ("/api/v1/monitor", 10, 4),
        ("/api/v1/dashboard", 1, 0),
        ("/api/v2/downtime", 1, 0),
    ],
    ids=["no SLOs", "no monitors", "no dashboards", "no downtimes"],
)
def test_half_permitted_keys_do_the_rest_and_name_the_scope(
    account: Account, path: str, refused: int, held_back: int
) -> None:
    account.fake.before = at("POST", path, FORBIDDEN)
    errors = account.applied(SHOP, SHOP)
    scope = path.split("/")[3]

    assert (
        sum(f"the application key must have the scopes of {scope}s" in error for error in errors) == refused
    )
    assert sum(error.startswith("not tried: it needs") for error in errors) == held_back
    account.fake.before = None
    assert len(account.steps(SHOP, SHOP)) == refused + held_back
    assert account.applied(SHOP, SHOP) == []
    assert account.steps(SHOP, SHOP) == ()


def after(writes: int, answer: Answer) -> Before:
    """Everything that writes is answered so, once so much was written."""
    left = writes

    def before(method: str, path: str, body: Any) -> Answer | None:
        nonlocal left
        left -= method != "GET"
        return answer if method != "GET" and left < 0 else None

    return before


@pytest.mark.parametrize("writes", [0, 1, 5, 12])
def test_a_403_in_the_middle_leaves_exactly_the_rest(account: Account, writes: int) -> None:
    whole = len(account.steps(SHOP, SHOP))
    account.fake.before = after(writes, FORBIDDEN)
    account.applied(SHOP, SHOP)
    account.fake.before = None

    assert len(account.steps(SHOP, SHOP)) == whole - writes
    assert account.applied(SHOP, SHOP) == []
    assert account.steps(SHOP, SHOP) == ()


class Headers:
    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X_RateLimit_Reset": "7"}, 7.0),
        ({"X_RateLimit_Reset": "120"}, 120.0),
        ({"X_RateLimit_Reset": "soon"}, None),
        ({"X_RateLimit_Reset": "-3"}, None),
        ({}, None),
    ],
    ids=["as the header says", "two minutes", "no number", "no time", "no header"],
)
def test_how_long_a_429_is_waited_out(headers: dict[str, str], seconds: float | None) -> None:
    assert Patience(total=1).get_retry_after(Headers(**headers)) == seconds


def test_a_storm_that_would_last_an_hour_is_a_sentence_at_once(account: Account) -> None:
    limit = {"X-RateLimit-Reset": "3540", "X-RateLimit-Name": "monitor_bulk"}
    account.fake.before = lambda *_: Answer(429, {"errors": ["Too many"]}, limit)

    with pytest.raises(Unable, match=r"wants no call for 3540 s \(its limit `monitor_bulk`\): run it"):
        account.steps(SMALL, SMALL)
    assert len(account.fake.calls) == 1


def test_a_storm_in_the_middle_of_an_apply_is_finished_by_the_next(account: Account) -> None:
    storm = Answer(429, {"errors": ["Too many"]}, {"X-RateLimit-Reset": "0"})
    account.fake.before = after(3, storm)
    with pytest.raises(Unable, match="Datadog wants fewer calls"):
        account.applied(SMALL, SMALL)
    account.fake.before = None

    assert account.applied(SMALL, SMALL) == []
    assert account.steps(SMALL, SMALL) == ()


def test_a_monitor_edited_by_hand_since_the_plan_is_seen_by_the_next_plan(account: Account) -> None:
    account.applied(SMALL, SMALL)
    backend = account.backend(SMALL)
    longer = replace(SMALL, alerts=(replace(SMALL.alerts[0], period=300),))
    changes = plan(compiled(longer)[0], backend.read(SMALL), backend.terms)
    monitor = next(m for m in account.fake.monitors.values() if m["name"] == "dlq-not-empty")
    monitor["options"]["renotify_interval"] = 10

    assert [outcome.error for outcome in backend.apply(changes)] == [""]
    (left,) = account.steps(SMALL, longer)
    assert [(path, live) for path, live, _ in left.fields] == [("options.renotify_interval", 10)]


def test_an_slo_on_a_dashboard_of_others_stays_and_the_sentence_says_what_to_do(account: Account) -> None:
    account.applied(SMALL, SMALL)
    (slo,) = account.fake.slos
    theirs = {"definition": {"type": "slo", "slo_id": slo}}
    account.fake.dashboards["x"] = {"title": "Theirs", "widgets": [theirs], "id": "x"}
    (error,) = account.applied(SMALL, None)

    assert error == (
        f"DELETE /api/v1/slo/{slo}: SLO {slo} is used by Theirs; take it out there, or delete it in Datadog,"
        " which can be forced to"
    )
    del account.fake.dashboards["x"]
    assert account.applied(SMALL, None) == []


def test_a_monitor_in_a_composite_of_others_stays_and_the_sentence_says_what_to_do(account: Account) -> None:
    account.applied(SMALL, SMALL)
    ours = next(key for key, m in account.fake.monitors.items() if m["name"] == "dlq-not-empty")
    theirs = {"id": 9_999, "type": "composite", "query": f"{ours} || 9998", "name": "theirs", "tags": []}
    account.fake.monitors[9_999] = {**theirs, "options": {}, "message": ""}
    errors = account.applied(SMALL, None)

    assert len(errors) == 1
    assert "is referenced in composite monitors: [9999]; take it out there" in errors[0]


def test_a_monitor_of_others_with_the_name_of_ours_is_theirs(account: Account) -> None:
    account.applied(SMALL, SMALL)
    ours = next(m for m in account.fake.monitors.values() if m["name"] == "dlq-not-empty")
    account.fake.monitors[9_999] = {**ours, "id": 9_999, "tags": ["team:other"]}

    assert account.steps(SMALL, SMALL) == ()
    assert account.applied(SMALL, None) == []
    assert list(account.fake.monitors) == [9_999]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask @all and @here", "ask at all and at here"),
        ("@pagerduty-other wakes up", "at pagerduty-other wakes up"),
        ("mail ops@example.org", "mail ops@example.org"),
        ("https://run.example/@team/book", "https://run.example/@team/book"),
        ("{{#is_alert}}x{{/is_alert}}", "{ {#is_alert}}x{ {/is_alert}}"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_declared_text_tells_nobody(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_whoever_stands_in_a_description_is_not_told() -> None:
    loud = replace(SHOP.alerts[0], description="Tell @all {{#is_alert}}@slack-everyone{{/is_alert}}.")
    resources, _ = compiled(replace(SMALL, alerts=(loud,)))
    (message,) = [r.body["message"] for r in resources if r.address == "alert/dlq-not-empty"]

    assert [word for word in message.split() if word.startswith("@")] == []
    assert message.count("{{") == 2
    assert message.endswith("{{#is_alert}}@pagerduty-shop{{/is_alert}}")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "sum:a{b:c}" + ")" * 5_000,
        " + ".join(["sum:a{b:c}"] * 5_000),
        "default_zero(" * 5_000,
        "sum:a{" + "{" * 5_000,
    ],
    ids=["brackets", "a long sum", "calls", "braces"],
)
def test_a_query_without_end_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(QueryFault):
        parse_metrics(text)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/monitor", None),
        ("POST", "/api/v1/monitor", {"type": 7}),
        ("POST", "/api/v1/slo", {}),
        ("POST", "/api/v1/slo", {"thresholds": 7}),
        ("POST", "/api/v1/dashboard", {"title": "T", "layout_type": "ordered", "widgets": [7]}),
        ("POST", "/api/v2/downtime", {}),
        ("POST", "/api/v2/events/search", {}),
        ("POST", "/api/v1/synthetics/tests/api", {"name": "n"}),
        ("POST", "/api/v1/synthetics/tests/delete", {}),
        ("GET", "/api/v1/query", None),
        ("GET", "/api/v1/monitor?id_offset=x", None),
    ],
)
def test_what_the_fake_cannot_read_it_refuses(account: Account, method: str, path: str, body: Any) -> None:
    assert account.fake.answer(method, path, ("local", "local"), body).status == 400


@pytest.mark.parametrize("handle", ["pagerduty-shop", "@", "@a b", "@a{{/is_alert}}", "", "@@all"])
def test_what_is_no_handle_would_tell_nobody(handle: str) -> None:
    receivers = {**SHOP.receivers, "on-call": replace(SHOP.receivers["on-call"], datadog=(handle,))}
    found = [p for p in compiled(replace(SMALL, receivers=receivers))[1] if p.code == "dd-handle"]

    assert {(p.severity, p.where) for p in found} == {("error", SHOP.receivers["on-call"].where)}


@pytest.mark.parametrize("handle", ["@pagerduty-Shop_1", "@slack-work-space", "@ada@example.org", "@all"])
def test_what_is_a_handle(handle: str) -> None:
    receivers = {**SHOP.receivers, "on-call": replace(SHOP.receivers["on-call"], datadog=(handle,))}

    assert [p for p in compiled(replace(SMALL, receivers=receivers))[1] if p.code == "dd-handle"] == []


REFUSALS: dict[str, tuple[Any, str]] = {
    "a text": ("just no", "just no"),
    "a list of texts": (["no", "never"], "no; never"),
    "objects": ([{"title": "no", "detail": "never"}], "never"),
    "a number": (7, "7"),
    "nothing": (None, "Bad Request"),
}


@pytest.mark.parametrize(("errors", "said"), REFUSALS.values(), ids=REFUSALS)
def test_whatever_form_a_refusal_has(account: Account, errors: Any, said: str) -> None:
    account.fake.before = lambda *_: Answer(400, {"errors": errors})

    with pytest.raises(Refused, match=f"GET /api/v1/slo: {said}$"):
        account.steps(SMALL, SMALL)


def test_a_refusal_as_long_as_a_book_is_cut(account: Account) -> None:
    account.fake.before = lambda *_: Answer(400, {"errors": ["x" * 100_000]})

    with pytest.raises(Refused) as raised:
        account.steps(SMALL, SMALL)
    assert len(str(raised.value)) < 600
