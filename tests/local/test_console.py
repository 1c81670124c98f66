"""The console answers what the stack knows, to loopback only, and draws it without a look outside."""

from __future__ import annotations

import http.client
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from sereno import report
from sereno.errors import Unable
from sereno.language import load_system
from sereno.language.expr import Name
from sereno.language.model import CloudWatchMetric, DatadogMetric, System
from sereno.local import markdown, ports, screens, state
from sereno.local.alarm_api import AlarmApi
from sereno.local.children import Children
from sereno.local.clock import Clock
from sereno.local.console import ANSWERS, HEADERS, Console
from sereno.local.emf import Emf
from sereno.local.emulator import Emulator
from sereno.local.inbox import Inbox, Notification
from sereno.local.logs import Logs
from sereno.local.measured import why
from sereno.local.metrics import MetricStore
from sereno.local.observe import LocalObserver, StoreObserver, chosen, computed, connect
from sereno.local.otlp import Span
from sereno.local.screens import Sources
from sereno.local.seams import no_logs
from sereno.local.second_names import second_names
from sereno.local.ticker import Ticker
from sereno.local.topics import Topics
from sereno.local.traces import TraceStore
from sereno.report.json import render
from sereno.vendors import cloudwatch
from sereno.vendors.backend import Unavailable
from sereno.vendors.cloudwatch.client import connect as connect_cloudwatch
from sereno.vendors.cloudwatch.forms import TERMS
from sereno.vendors.plan import plan
from tests.local.minutes import fill

PROJECT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MINUTES = 120  # of data, the last ten of them bad
BAD = 10
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def system() -> System:
    found, problems = load_system(PROJECT)
    assert found, problems
    return found


@pytest.fixture(scope="module")
def desk(system: System) -> Iterator[SimpleNamespace]:
    """A stack's parts with two hours of data, an outage at their end, and a console before them."""
    children = Children()
    emulator = Emulator(children)
    emulator.start()
    emulator.wait()
    backend = connect_cloudwatch(system, emulator.url)
    resources, _ = cloudwatch.compile(system)
    assert [o.error for o in backend.apply(plan(resources, backend.read(system), TERMS)) if o.error] == []
    clock = Clock()
    store = MetricStore(clock, second_names(system.signals.values()))
    now = clock.minute()
    for minute in range(MINUTES):
        fill(system, store, now - 60 * (MINUTES - minute), bad=minute >= MINUTES - BAD)
    receivers = {name: receiver.cloudwatch for name, receiver in system.receivers.items()}
    runbooks = {runbook.url: name for name, runbook in system.runbooks.items()}
    inbox = Inbox(runbooks)
    topics = Topics(emulator.client, clock, inbox, receivers)
    desk = AlarmApi(emulator.client, lambda: 1)
    ticker = Ticker(clock, store, desk, SimpleNamespace(collect=lambda _: None))
    for minute in range(MINUTES - BAD - 2, MINUTES):
        ticker.tick(now - 60 * (MINUTES - minute))
        assert ticker.desk.settled(20)
    traces = TraceStore()
    traces.add(_spans())
    sources = Sources(
        system=system,
        clock=clock,
        metrics=store,
        ticker=ticker,
        inbox=inbox,
        traces=traces,
        emf=Emf(store),
        logs=_logs(),
    )
    assert inbox.wait_for(lambda n: n.alarm == PAGE and n.state == "ALARM", 20)
    console = Console(sources)
    console.begin()
    yield SimpleNamespace(
        url=console.url, sources=sources, now=now, backend=backend, resources=resources, system=system
    )
    console.close()
    ticker.close()
    topics.close()
    traces.close()
    children.close()


PAGE = "sereno-local-slo-get-availability-page"


def _logs() -> Logs:
    logs = Logs(no_logs)
    for wall, line in enumerate(
        ('{"level": "INFO", "message": "stored", "message_id": "message-1"}', f"Traceback {EVIL}"),
        1_800_000_000,
    ):
        logs("sereno-local-subscriber", line, wall)
    logs("sereno-local-api", '{"level": "ERROR", "message": "no database"}', 1_800_000_002)
    return logs


def _spans() -> list[Span]:
    def span(number: int, parent: int, name: str, begin: int, end: int, **attributes: Any) -> Span:
        ids = f"{number:016x}", f"{parent:016x}" if parent else ""
        begin, end = 1_800_000_000_000_000_000 + begin, 1_800_000_000_000_000_000 + end
        return Span("a" * 32, *ids, "users-api", name, "SERVER", begin, end, number == 3, attributes)

    return [
        span(1, 0, "POST /users", 0, 90_000_000),
        span(2, 1, "publish", 10_000_000, 80_000_000, **{"messaging.message.id": "message-1"}),
        span(
            3,
            2,
            f"store {EVIL}",
            120_000_000,
            190_000_000,
            **{"error.type": "OperationalError", "note": EVIL},
        ),
    ]


def _ask(
    url: str, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    address = urlsplit(url).netloc
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request(method, path, headers={"Host": host or address})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def _get(desk: SimpleNamespace, path: str) -> Any:
    status, _, body = _ask(desk.url, path)
    assert status == 200, body
    return json.loads(body)


# Who is answered, and how

PATHS = ["/", "/page/console.js", "/page/console.css", "/favicon.ico", "/health", "/api/alarms"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "evil.example:8080", ""])
def test_another_host_than_loopback_is_refused(desk: SimpleNamespace, path: str, host: str) -> None:
    assert _ask(desk.url, path, host=host or "0.0.0.0")[0] == 400


@pytest.mark.parametrize("path", [*PATHS, "/api/runbooks/none", "/nothing"])
def test_every_answer_says_what_a_browser_may_do_with_it(desk: SimpleNamespace, path: str) -> None:
    _, headers, _ = _ask(desk.url, path, host="localhost:1")
    lower = {name.lower(): value for name, value in headers.items()}
    assert {name: lower.get(name.lower()) for name in HEADERS} == HEADERS
    assert "access-control-allow-origin" not in lower


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed_through_it(desk: SimpleNamespace, method: str) -> None:
    assert [_ask(desk.url, path, method)[0] for path in PATHS] == [405] * len(PATHS)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/runbooks/none", 404, "there is no such thing here"),
        ("/api/panels/none/0/0", 404, "there is no such thing here"),
        ("/api/panels/users/999/0", 404, "there is no such thing here"),
        ("/api/panels/users/0/999", 404, "there is no such thing here"),
        ("/api/panels/users/0/0?seconds=long", 400, "`seconds` is no whole number of seconds"),
        ("/api/history?start=9e9", 400, "`start` is no whole number of seconds"),
        ("/api/series?metric=a", 400, "`namespace` is missing"),
        ("/api/series?namespace=a&metric=b&stat=p", 400, "`p` is not a statistic: write Sum"),
        ("/page/../console.py", 404, "Not Found"),
    ],
)
def test_a_wrong_question_is_told(desk: SimpleNamespace, path: str, status: int, error: str) -> None:
    found, _, body = _ask(desk.url, path)
    assert (found, json.loads(body)["error"][: len(error)]) == (status, error)


def test_a_taken_port_is_one_sentence(desk: SimpleNamespace) -> None:
    port = urlsplit(desk.url).port
    assert port
    with pytest.raises(
        Unable, match=rf"the console cannot listen on 127\.0\.0\.1:{port}: Address already in use"
    ):
        Console(desk.sources, port)


# What it answers


def test_health_tells_the_metric_clock_and_what_went_wrong(desk: SimpleNamespace) -> None:
    found = _get(desk, "/health")
    assert (found["judged"], found["warp"], found["late"], found["problems"]) == (desk.now, 1.0, 0, [])


def test_an_alarm_comes_with_all_that_who_is_woken_needs(desk: SimpleNamespace) -> None:
    alarms = {alarm["name"]: alarm for alarm in _get(desk, "/api/alarms")["alarms"]}
    page, ticket = alarms[PAGE], alarms[PAGE.replace("page", "ticket")]
    facts = {name: page[name] for name in ("title", "state", "told", "severity", "runbook", "quiet", "top")}
    assert facts == {
        "title": "slo-get-availability-page",
        "state": "ALARM",
        "told": ["on-call"],
        "severity": "page",
        "runbook": "get-availability",
        "quiet": "",
        "top": True,
    }
    assert page["facts"]["SLO"] == "get-availability"
    assert page["description"].startswith("GET answers (99.9 % over 30d) burns its error budget too fast")
    assert "Runbook" not in page["description"]
    assert (ticket["state"], ticket["quiet"]) == ("ALARM", f"suppressed by {PAGE}")


def test_history_is_of_the_time_and_the_alarm_asked_for(desk: SimpleNamespace) -> None:
    every = _get(desk, f"/api/history?name={PAGE}")["events"]
    assert [event["state"] for event in every] == ["OK", "ALARM"]
    assert _get(desk, f"/api/history?name={PAGE}&start={every[1]['at'] + 1}")["events"] == []
    assert len(_get(desk, "/api/history")["events"]) > len(every)


def test_each_receiver_has_got_its_own(desk: SimpleNamespace) -> None:
    receivers = {r["receiver"]: r["notifications"] for r in _get(desk, "/api/inbox")["receivers"]}
    newest = receivers["on-call"][0]
    facts = {name: newest[name] for name in ("alarm", "state", "runbook")}
    assert facts == {"alarm": PAGE, "state": "ALARM", "runbook": "get-availability"}
    assert {n["state"] for n in receivers["team-tickets"]} <= {"OK"}


def test_a_test_page_is_told_apart_from_a_page(desk: SimpleNamespace) -> None:
    inbox = Inbox({})
    for alarm in (PAGE, "sereno-local-test-page-on-call"):
        inbox.keep(alarm, [Notification("on-call", alarm, "ALARM", float(desk.now), "so", "", "so")])
    got = screens.inbox(replace(desk.sources, inbox=inbox))[0]["notifications"]
    assert [(n["title"], n["test"]) for n in got] == [
        ("test-page-on-call", True),
        ("slo-get-availability-page", False),
    ]


def test_an_slo_reads_as_in_the_report(desk: SimpleNamespace) -> None:
    slos = {slo["label"]: slo for slo in _get(desk, "/api/slos")["slos"]}
    found = slos["get-availability"]
    assert (found["state"], found["word"], found["target"], found["runbook"]) == (
        "breached",
        "breached",
        "99.9 %",
        "get-availability",
    )
    assert [b["window"] for b in found["burns"][:2]] == ["1h", "6h"]
    assert found["attainment"] == "92.5 %"  # two routes: 2 x 9 x 10 of 2 x 10 x 120 failed


# Two routes of 10 a minute, of which 9 fail in each of the last ten minutes: 18 of 20.
BURNS = (
    "burn rate: 150x over 1h (180 of 1,200 failed) and 900x over 5m (90 of 100 failed), "
    "page above 14.4x in both; 75x over 6h (180 of 2,400 failed) "
    "and 300x over 30m (180 of 600 failed), page above 6x in both"
)


def test_a_page_says_what_was_measured(desk: SimpleNamespace) -> None:
    alarm = next(a for a in _get(desk, "/api/alarms")["alarms"] if a["name"] == PAGE)
    assert alarm["reason"] == BURNS


def test_a_notification_says_what_was_measured_when_it_was_sent(desk: SimpleNamespace) -> None:
    receivers = {r["receiver"]: r["notifications"] for r in _get(desk, "/api/inbox")["receivers"]}
    page = next(n for n in receivers["on-call"] if n["alarm"] == PAGE)
    assert page["reason"] == (
        "burn rate: 15x over 1h (18 of 1,200 failed) and 180x over 5m (18 of 100 failed), "
        "page above 14.4x in both; 8.11x over 6h (18 of 2,220 failed) "
        "and 30x over 30m (18 of 600 failed), page above 6x in both"
    )


def test_an_alarm_on_silence_says_in_how_many_periods(desk: SimpleNamespace) -> None:
    alarms = {a["name"]: a for a in _get(desk, "/api/alarms")["alarms"]}
    silent = alarms["sereno-local-slo-get-availability-no-data"]
    assert (silent["state"], silent["reason"]) == (
        "OK",
        "all of its signals sent data in the last 8 periods",
    )


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param(
            "ALARM: 2 of the last 8 datapoints < 1 (at least 2 for ALARM): [0 (10:00:00), 0 (10:05:00)]",
            "one of its signals was silent in 2 of the last 8 periods",
            id="a count of no samples is silence",
        ),
        pytest.param(
            "ALARM: 0 of the last 8 datapoints < 1 (at least 2 for ALARM): []; 8 missing, treated as ...",
            "one of its signals was silent in 8 of the last 8 periods",
            id="and so is a missing one",
        ),
        pytest.param(
            "OK: 7 of the last 8 datapoints < 1 (at least 8 for ALARM): [0 (10:00:00)]",
            "all of its signals sent data in 1 of the last 8 periods",
            id="an OK speaks of the data that came",
        ),
        pytest.param("set by hand", "set by hand", id="what is no judgement is left as it is"),
    ],
)
def test_silence_in_words(system: System, reason: str, expected: str) -> None:
    store = MetricStore(Clock())
    assert why(system, store, "sereno-local-slo-get-availability-no-data", reason, 0) == expected


def test_without_data_a_burn_alarm_says_so(system: System) -> None:
    clock = Clock()
    found = why(system, MetricStore(clock), PAGE, "x is ALARM", clock.minute())
    assert found.startswith("burn rate: no data over 1h and no data over 5m, page above 14.4x in both; ")


def test_of_any_other_alarm_the_judge_s_words_are_kept(system: System) -> None:
    assert why(system, MetricStore(Clock()), "sereno-local-alert-dlq-not-empty", "so", 0) == "so"


def test_logs_are_found_by_function_and_by_text(desk: SimpleNamespace) -> None:
    every = _get(desk, "/api/logs")
    assert every["functions"] == ["sereno-local-api", "sereno-local-subscriber"]
    assert [line["message"] for line in every["lines"]] == ["no database", f"Traceback {EVIL}", "stored"]
    one = _get(desk, "/api/logs?function=sereno-local-subscriber&text=MESSAGE-1")
    assert [(x["level"], x["message"]) for x in one["lines"]] == [("INFO", "stored")]
    assert _get(desk, "/api/logs?text=nobody")["lines"] == []


def test_every_runbook_is_listed(desk: SimpleNamespace) -> None:
    found = {r["name"]: r["title"] for r in _get(desk, "/api/runbooks")["runbooks"]}
    assert set(found) == set(desk.system.runbooks)
    assert _ask(desk.url, "/api/runbooks/nope")[0] == 404


def _panels(desk: SimpleNamespace, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """(path, panel) of each panel of a kind, as declared."""
    return [
        (f"/api/panels/{dashboard['name']}/{y}/{x}", panel)
        for dashboard in _get(desk, "/api/dashboards")["dashboards"]
        for y, row in enumerate(dashboard["rows"])
        for x, panel in enumerate(row)
        if panel["kind"] == kind
    ]


def test_a_panel_has_a_line_a_signal(desk: SimpleNamespace) -> None:
    for path, panel in _panels(desk, "timeseries"):
        found = _get(desk, f"{path}?seconds=7200")
        assert [line["name"] for line in found["lines"]] == [s["name"] for s in panel["signals"]]
        assert {len(line["values"]) for line in found["lines"]} == {MINUTES}
    path = next(p for p, panel in _panels(desk, "timeseries") if panel["title"] == "Requests")
    values = _get(desk, f"{path}?seconds=7200")["lines"][0]["values"]
    assert values == [10.0] * MINUTES


def test_a_panel_over_a_longer_time_has_longer_periods(desk: SimpleNamespace) -> None:
    path = next(p for p, panel in _panels(desk, "timeseries") if panel["title"] == "Requests")
    found = _get(desk, f"{path}?seconds=86400")
    assert (
        found["period"],
        len(found["lines"][0]["values"]),
        max(v or 0 for v in found["lines"][0]["values"]),
    ) == (
        300,
        288,
        50.0,
    )


def test_burn_and_number_panels_compute(desk: SimpleNamespace) -> None:
    path, panel = _panels(desk, "burn")[0]
    lines = {line["name"]: line["values"] for line in _get(desk, f"{path}?seconds=3600")["lines"]}
    assert list(lines) == panel["slos"]
    assert lines["get-availability"][-1] == pytest.approx(9 * BAD / (10 * 60) / 0.001)
    path, panel = next((p, n) for p, n in _panels(desk, "number") if "Round trips" in n["title"])
    found = _get(desk, path)
    assert (found["period"], [line["values"] for line in found["lines"]]) == (panel["period"], [[0.0]])


def test_a_trace_is_found_by_its_id_and_by_its_message(desk: SimpleNamespace) -> None:
    by_trace, by_message, unknown = (
        _get(desk, f"/api/traces/{id_}")["spans"] for id_ in ("a" * 32, "message-1", "nobody")
    )
    assert [span["name"] for span in by_trace] == ["POST /users", "publish", f"store {EVIL}"]
    assert (by_message, unknown) == (by_trace, [])
    assert _get(desk, "/api/traces")["traces"][0] == {
        "trace_id": "a" * 32,
        "name": "POST /users",
        "service": "users-api",
        "start": 1_800_000_000_000_000_000,
        "end": 1_800_000_000_190_000_000,
        "spans": 3,
        "errors": 1,
    }


def test_a_signal_that_cloudwatch_is_not_asked_for_has_no_data(desk: SimpleNamespace) -> None:
    signals = dict(desk.system.signals)
    signals["rows-stored"] = replace(signals["rows-stored"], cloudwatch=None)
    without = replace(desk.system, signals=signals)
    found = computed(without, desk.sources.metrics, Name("rows-stored"), desk.now - 180, desk.now, 60)
    assert [str(value) for value in found] == ["nan"] * 3


# What is read through it from another process


def test_the_report_from_another_terminal_is_the_report_from_within(desk: SimpleNamespace) -> None:
    through = report.observe(desk.system, LocalObserver(desk.url), at=desk.now)
    within = report.observe(
        desk.system, StoreObserver(desk.sources.metrics, desk.sources.ticker.events), at=desk.now
    )
    assert render(through) == render(within)
    assert through.count("breached") == 1


def test_a_metric_is_read_by_either_vendors_name(desk: SimpleNamespace) -> None:
    signals = desk.system.signals
    for name in ("round-trips", "get-list-5xx", "canary-runs", "queue-oldest", "get-latency-p99"):
        one, other = signals[name].cloudwatch, signals[name].datadog
        found = LocalObserver(desk.url).observe([one, other], desk.now - 3_600, desk.now)
        assert found[one].values.tolist() == found[other].values.tolist() != []
        assert found[one].times.tolist() == found[other].times.tolist()


def test_what_nobody_emits_is_silent_and_what_is_no_metric_unavailable(desk: SimpleNamespace) -> None:
    unknown = [CloudWatchMetric(namespace="N", metric="m"), DatadogMetric(query="sum:a{*}")]
    of_aws = desk.system.signals["get-list-latency-p99"].datadog  # the integration has no distribution
    neither = [
        DatadogMetric(query="sum:a{*} + 1"),
        DatadogMetric(query="sum of a"),
        DatadogMetric(query="sum:a{*}.ewma_3()"),
    ]
    found = LocalObserver(desk.url).observe([*unknown, of_aws, *neither], desk.now - 3_600, desk.now)
    assert [len(found[metric].times) for metric in (*unknown, of_aws)] == [0, 0, 0]
    assert all(isinstance(found[metric], Unavailable) for metric in neither)


def test_the_time_is_the_stacks(desk: SimpleNamespace) -> None:
    assert abs(LocalObserver(desk.url).now() - desk.sources.clock.now()) < 20


def test_the_newest_stacks_console_is_found(desk: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(Unable, match="no local stack is running"):
        connect(tmp_path)
    running = state.State(pid=0, url="", endpoint="", console=desk.url, warp=1.0, t0=0.0, started=0.0)
    path = state.prepare(tmp_path)
    state.write(path, state.State(**asdict(running) | {"pid": int(path.stem)}))
    assert connect(tmp_path) == LocalObserver(desk.url)
    assert chosen(tmp_path) == ""


def test_of_two_stacks_it_is_said_which_is_asked(desk: SimpleNamespace, tmp_path: Path) -> None:
    mine = state.prepare(tmp_path)
    for pid, console, started in ((int(mine.stem), desk.url, 5.0), (1, "http://127.0.0.1:1", 3.0)):
        one = state.State(pid=pid, url="", endpoint="", console=console, warp=1.0, t0=0.0, started=started)
        state.write(mine.with_stem(str(pid)), one)
    newest = f"pid {mine.stem}, console {desk.url}"
    assert chosen(tmp_path) == f"2 local stacks run; the newest is asked: {newest}"
    assert connect(tmp_path) == LocalObserver(desk.url)


def test_a_stack_that_is_gone_is_one_sentence() -> None:
    gone = f"http://{ports.HOST}:{ports.free()}"
    with pytest.raises(Unable, match=f"the local stack's console at {gone} does not answer"):
        LocalObserver(gone).now()


def test_what_is_applied_is_read_back_the_same(desk: SimpleNamespace) -> None:
    assert plan(desk.resources, desk.backend.read(desk.system), TERMS) == ()


# Markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Stop", "<h1>Stop</h1>\n"),
        (EVIL, "<p>&lt;img src=x onerror=alert(1)&gt;</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        (
            "![p](https://elsewhere/p.png)",
            '<p>!<a href="https://elsewhere/p.png" target="_blank" rel="noreferrer">p</a></p>\n',
        ),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>\n"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>\n"),
        ("[a](other.md)", '<p><a href="#/runbooks/other">a</a></p>\n'),
        ("[a](unknown.md)", "<p><a>a</a></p>\n"),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>\n"),
    ],
)
def test_markdown_becomes_html_that_does_no_harm(text: str, html: str) -> None:
    assert markdown.html(text, ["other"]) == html


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-dev-shm-usage"])
        yield found
        found.close()


VIEWS = {
    "now": "One page fires.",
    "slos": "GET answers",
    "dashboards/users": "Requests",
    f"alarms/{PAGE}": "slo-get-availability-page",
    "inbox": "team-tickets",
    "traces": "POST /users",
    "traces/message-1": "3 spans in 190 ms",
    "runbooks/get-availability": "First look",
    "runbooks": "GET",
    "logs": "no database",
    "logs/sereno-local-subscriber/Trace": "1 line.",
}


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desk", "phone"])
def test_every_view_draws_without_an_error_or_a_look_outside(
    desk: SimpleNamespace, browser: Any, size: tuple[int, int]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on("request", lambda asked: None if asked.url.startswith(desk.url) else wrong.append(asked.url))
    for view, text in VIEWS.items():
        page.goto(f"{desk.url}/#/{view}")
        page.locator("main").get_by_text(text).first.wait_for(timeout=10_000)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{view} is wider than the screen"
    context.close()
    assert wrong == []


def test_a_line_is_read_under_the_pointer_and_a_runbook_unfolds(desk: SimpleNamespace, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{desk.url}/#/dashboards/users")
    panel = page.locator("section.panel", has_text="Requests").first
    chart = panel.locator("svg.chart")
    chart.wait_for()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 12, box["y"] + 40)
    assert panel.locator(".legend b").first.text_content() == "10"
    page.goto(f"{desk.url}/#/alarms/{PAGE}")
    page.locator("details.alarm[open]").get_by_text("Runbook: get-availability").click()
    page.locator("details[open] details[open] .prose h2").first.wait_for()
    page.close()


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    yield page
    page.close()


def test_what_is_not_there_is_not_a_stack_that_is_away(desk: SimpleNamespace, phone: Any) -> None:
    phone.goto(f"{desk.url}/#/runbooks/nope")
    phone.locator("main").get_by_text("No runbook is named nope.").wait_for()
    assert phone.locator("#lost").is_hidden()
    phone.locator("main").get_by_text("All runbooks").click()
    phone.locator("main tr").nth(len(desk.system.runbooks) - 1).wait_for()


def _answered(page: Any, path: str, answer: Any) -> None:
    page.route(f"**{path}", lambda route: route.fulfill(json=answer))


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        pytest.param({}, "All is calm.", id="every promise is kept"),
        pytest.param(
            {"get-latency": "at_risk"},
            "Nothing fires, but a promise is at risk: GET is fast.",
            id="one is not",
        ),
        pytest.param(
            {"get-latency": "at_risk", "row-freshness": "breached"},
            "Nothing fires, but 2 promises are breached or at risk.",
            id="some are not",
        ),
    ],
)
def test_all_is_calm_only_where_no_promise_is_in_danger(
    desk: SimpleNamespace, phone: Any, states: dict[str, str], sentence: str
) -> None:
    slos = _get(desk, "/api/slos")["slos"]
    for slo in slos:
        slo["state"] = states.get(slo["label"], "met")
        slo["word"] = slo["state"].replace("_", " ")
    _answered(phone, "/api/alarms", {"alarms": []})
    _answered(phone, "/api/slos", {"slos": slos})
    phone.goto(f"{desk.url}/#/now")
    phone.locator("main table").wait_for()
    assert phone.locator("main h1").text_content() == sentence


def test_a_test_page_is_no_fire_and_says_its_sentence_once(desk: SimpleNamespace, phone: Any) -> None:
    said = "TEST PAGE: nothing is wrong."
    message = {
        "receiver": "on-call",
        "alarm": "sereno-local-test-page-on-call",
        "title": "test-page-on-call",
        "state": "ALARM",
        "test": True,
        "at": desk.now,
        "reason": said,
        "runbook": "",
        "description": f"{said}\nReceiver: on-call",
    }
    _answered(phone, "/api/inbox", {"receivers": [{"receiver": "on-call", "notifications": [message]}]})
    phone.goto(f"{desk.url}/#/inbox")
    card = phone.locator(".card")
    assert (card.locator(".pill").text_content(), card.get_by_text(said).count()) == ("test", 1)


def test_a_phone_shows_every_view_s_name_and_every_promise_s_state(desk: SimpleNamespace, phone: Any) -> None:
    phone.goto(f"{desk.url}/#/now")
    phone.locator("main table").wait_for()
    right = phone.evaluate(
        "Math.max(...[...document.querySelectorAll('nav a')].map(a => a.getBoundingClientRect().right))"
    )
    assert right <= 390
    row = phone.locator("main tr", has_text="GET answers")
    assert (row.get_by_text("breached").first.is_visible(), row.get_by_text("of 99.9 %").is_visible()) == (
        True,
        True,
    )


def test_an_alarm_s_strip_is_seen_without_opening_it(desk: SimpleNamespace, phone: Any) -> None:
    phone.goto(f"{desk.url}/#/alarms")
    phone.locator("details.alarm").first.wait_for()
    assert phone.locator("details.alarm[open]").count() == 0
    assert phone.locator("details.alarm svg.strip").first.is_visible()


def test_who_is_woken_sees_the_dashboard_and_how_to_mute(desk: SimpleNamespace, phone: Any) -> None:
    phone.goto(f"{desk.url}/#/now")
    phone.locator("section.card.page").first.get_by_role("link", name="Dashboard").click()
    phone.get_by_role("heading", name="Users", exact=True).wait_for()
    phone.goto(f"{desk.url}/#/alarms/{PAGE}")
    mute = 'sereno mute slo-get-availability-page --for 1h --reason "..."'
    phone.locator("details.alarm[open]").get_by_text(mute).wait_for()


def test_a_failed_span_says_so_in_words(desk: SimpleNamespace, phone: Any) -> None:
    phone.goto(f"{desk.url}/#/traces/{'a' * 32}")
    assert phone.locator(".span").nth(2).locator(".why").text_content() == "error: OperationalError"
    assert phone.locator(".why").count() == 1


def test_traces_are_sorted_by_how_long_they_took(desk: SimpleNamespace, phone: Any) -> None:
    begin = 1_800_000_000_000_000_000
    desk.sources.traces.add(
        Span(letter * 32, letter * 16, "", "users-api", name, "SERVER", begin - age, begin - age + took)
        for letter, name, age, took in (("b", "short", 5, 1_000_000), ("c", "long", 9, 700_000_000))
    )
    phone.goto(f"{desk.url}/#/traces")
    names = phone.locator("main tbody td:nth-child(2) a")
    names.nth(2).wait_for()
    assert names.all_text_contents() == ["POST /users", "short", "long"]
    phone.get_by_role("button", name="slowest").click()
    phone.get_by_role("button", name="slowest", pressed=True).wait_for()
    assert names.all_text_contents() == ["long", "POST /users", "short"]


def test_text_from_the_stack_is_never_read_as_html(desk: SimpleNamespace, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{desk.url}/#/traces/{'a' * 32}")
    page.locator(".span").nth(2).locator("summary").click()
    page.get_by_text("note").wait_for()
    assert page.locator("main img").count() == 0
    assert page.locator(".span").nth(2).locator("dd").last.text_content() == EVIL
    page.close()


def test_the_page_asks_only_for_what_the_console_answers() -> None:
    page = PROJECT / "src" / "sereno" / "local" / "page"
    asked = {
        path for file in page.glob("*.js") for path in re.findall(r'get\([`"]/?([a-z/]+)', file.read_text())
    }
    known = {re.sub(r"/?\{.*", "", path).strip("/") for path in ANSWERS}
    assert {path.strip("/") for path in asked} <= known
