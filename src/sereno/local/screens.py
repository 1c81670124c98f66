"""What the console shows, as data: nothing here draws, and nothing is decided that the report does not.

Times are metric, in epoch seconds; spans are on the wall clock. `None` is "no data".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sereno import report
from sereno.engine.payload import Body
from sereno.language import names
from sereno.language.model import Panel, Slo, System
from sereno.local import markdown, measured, panels
from sereno.local.clock import Clock
from sereno.local.emf import Emf
from sereno.local.inbox import Inbox
from sereno.local.judge import Seen
from sereno.local.logs import Logs
from sereno.local.metrics import MetricStore
from sereno.local.observe import StoreObserver
from sereno.local.ticker import Ticker
from sereno.local.traces import TraceStore
from sereno.local.vendor import Vendor
from sereno.report import show
from sereno.report.model import SloReport
from sereno.vendors.backend import Unavailable

Json = dict[str, Any]
MEASURED = 30  # of the newest notifications what was measured is read from the store
LINES = 300  # of log that are shown at once


class Missing(LookupError):
    """What was asked for is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The parts of a running stack that the console shows."""

    system: System
    clock: Clock
    metrics: MetricStore
    ticker: Ticker
    inbox: Inbox
    traces: TraceStore
    emf: Emf
    logs: Logs


def now(sources: Sources) -> int:
    """The end of the newest metric minute that was judged, or that is over."""
    return sources.ticker.judged or sources.clock.minute()


def health(sources: Sources) -> Json:
    ticker = sources.ticker
    return {
        "project": sources.system.project,
        "environment": sources.system.environment.name,
        "now": sources.clock.now(),
        "warp": sources.clock.warp,
        "judged": ticker.judged,
        "late": ticker.late,
        "problems": ticker.problems(),
        "metrics": len(sources.metrics.list()),
        "dropped": dict(sources.metrics.dropped),
        "malformed": [f"{function}: {problem}" for function, problem in sources.emf.problems],
    }


def alarms(sources: Sources) -> list[Json]:
    """Every alarm; `top` are those that tell somebody."""
    return [_alarm(sources, seen) for seen in sources.ticker.alarms()]


def _alarm(sources: Sources, seen: Seen) -> Json:
    system, body, judgement = sources.system, seen.body, seen.judgement
    vendor = sources.ticker.desk.vendor
    lead, facts = described(vendor.text(body))
    runbooks = {runbook.url: name for name, runbook in system.runbooks.items()}
    told, rule = told_by(vendor, system, body), vendor.rule(body)
    return {
        "name": seen.name,
        "title": seen.name.removeprefix(names.prefix(system)),
        "kind": "composite" if rule else "metric",
        "top": bool(told),
        "state": judgement.state if judgement else vendor.INITIAL,
        "reason": _why(sources, seen.name, judgement.reason, now(sources)) if judgement else "not judged yet",
        "since": judgement.since if judgement else None,
        "points": list(judgement.points) if judgement else [],
        "quiet": seen.quiet,
        "told": told,
        "description": lead,
        "facts": facts,
        "severity": facts.get("Severity", ""),
        "runbook": runbooks.get(facts.get("Runbook", ""), ""),
        "rule": rule,
    }


def _why(sources: Sources, alarm: str, reason: str, at: float) -> str:
    return measured.why(sources.system, sources.metrics, alarm, reason, int(at))


def told_by(vendor: Vendor, system: System, body: Body) -> list[str]:
    """Who is told when it fires, or falls silent: receivers' names, topics or handles of others."""
    known = {way: name for name, receiver in system.receivers.items() for way in vendor.reached(receiver)}
    ways = (*vendor.targets(body, "OK", "ALARM"), *vendor.targets(body, "OK", "INSUFFICIENT_DATA"))
    return list(dict.fromkeys(known.get(way, way) for way in ways))


def described(text: str) -> tuple[str, dict[str, str]]:
    """A description's lead and its `Name: value` lines (see `parts.py` of either vendor)."""
    lead, *lines = text.split("\n")
    pairs = (line.partition(": ") for line in lines)
    return lead, {name: value for name, colon, value in pairs if colon}


def history(sources: Sources, start: int, end: int, alarm: str = "") -> list[Json]:
    """Changes of state in [start, end), oldest first."""
    found = (e for e in sources.ticker.events() if start <= e.at < end and alarm in ("", e.name))
    return [asdict(event) for event in found]


def inbox(sources: Sources) -> list[Json]:
    """What each receiver got, the newest first."""
    got = [asdict(n) for n in reversed(sources.inbox.all())]
    for number, notification in enumerate(got):
        alarm = notification["alarm"]
        notification["title"] = alarm.removeprefix(names.prefix(sources.system))
        tested = names.live(sources.system, names.test_page(notification["receiver"]))
        notification["test"] = alarm == tested
        if number < MEASURED:
            reason = notification["reason"]
            notification["reason"] = _why(sources, alarm, reason, notification["at"])
    every = dict.fromkeys((*sources.system.receivers, *(n["receiver"] for n in got)))
    return [{"receiver": name, "notifications": [n for n in got if n["receiver"] == name]} for name in every]


def slos(sources: Sources) -> list[Json]:
    """Each objective as the report sees it now."""
    observer = StoreObserver(sources.metrics, sources.ticker.events)
    lines = report.observe(sources.system, observer, at=now(sources)).slos
    return [_slo(sources.system, line) for line in lines]


def _slo(system: System, line: SloReport) -> Json:
    left = line.budget_left_ratio
    return {
        "label": line.label,
        "name": line.slo.display_name or line.label,
        "description": line.slo.description,
        "service": line.slo.service,
        "state": line.state,
        "word": show.WORDS[line.state],
        "target": show.target(line),
        "attainment": show.attainment(line),
        "left": show.percent(left),
        "left_ratio": None if left is None else float(left),
        "left_amount": show.left(line),
        "burns": [{"window": names.window(b.seconds), "text": show.rate(b.rate)} for b in line.burns],
        "exhaustion": show.exhaustion(line),
        "verdict": show.verdict(line),
        "window": line.slo.window.text,
        "runbook": line.slo.runbook if line.slo.runbook in system.runbooks else "",
        "alarms": [names.live(system, names.burn(line.slo.name, s)) for s in _severities(line.slo)],
        "policies": [
            {"severity": p.severity, "burn": float(p.burn), "long": names.window(p.long)}
            for p in line.slo.policies
        ],
        "warnings": list(line.warnings),
    }


def _severities(slo: Slo) -> Iterable[str]:
    return dict.fromkeys(policy.severity for policy in slo.policies)


def dashboards(sources: Sources) -> list[Json]:
    """As declared; a text panel's Markdown is rendered."""
    return [
        {
            "name": d.name,
            "title": d.title,
            "rows": [[_panel(sources.system, p) for p in row] for row in d.rows],
        }
        for d in sources.system.dashboards
    ]


def _panel(system: System, panel: Panel) -> Json:
    known = {name: system.signals[name] for name in panel.signals if name in system.signals}
    return {
        "kind": panel.kind,
        "title": panel.title,
        "width": panel.width,
        "height": panel.height,
        "unit": panel.unit or next((s.unit for s in known.values()), ""),
        "period": panel.period,
        "signals": [{"name": name, "description": s.description} for name, s in known.items()],
        "slos": list(panel.slos),
        "alerts": [names.live(system, names.referred(alert)) for alert in panel.alerts],
        "html": markdown.html(panel.text, system.runbooks) if panel.text else "",
    }


def panel(sources: Sources, dashboard: str, row: int, column: int, seconds: int) -> Json:
    """A panel's lines over the last `seconds`. Raises `Missing`."""
    rows = next((d.rows for d in sources.system.dashboards if d.name == dashboard), ())
    if row >= len(rows) or column >= len(rows[row]):
        raise Missing
    found = rows[row][column]
    span = panels.span(found, now(sources), seconds)
    lines = panels.lines(sources.system, sources.metrics, found, span)
    return {"start": span.start, "period": span.period, "lines": lines}


def series(sources: Sources, metric: Any, start: int, end: int) -> Json:
    """A metric's points, for `observe.LocalObserver`."""
    found = StoreObserver(sources.metrics, list).observe([metric], start, end)[metric]
    if isinstance(found, Unavailable):
        return {"unavailable": found.reason}
    return {name: getattr(found, name).tolist() for name in ("times", "seconds", "values")}


def traces(sources: Sources, limit: int) -> list[Json]:
    return [asdict(summary) for summary in sources.traces.recent(limit)]


def spans(sources: Sources, id_: str) -> list[Json]:
    """A trace by its id, else the way of a message by its."""
    found = sources.traces.trace(id_) or sources.traces.follow(id_)
    return [asdict(span) for span in found]


def logs(sources: Sources, function: str, text: str) -> Json:
    """The functions that wrote, and the newest lines that are asked for."""
    found = sources.logs.find(function, text)
    return {
        "functions": sources.logs.functions(),
        "found": len(found),
        "lines": [asdict(line) for line in found[:LINES]],
    }


def runbooks(sources: Sources) -> list[Json]:
    """Every runbook's name and title."""
    return [{"name": name, "title": found.title} for name, found in sorted(sources.system.runbooks.items())]


def runbook(sources: Sources, name: str) -> Json:
    """Raises `Missing`."""
    if name not in sources.system.runbooks:
        raise Missing
    found = sources.system.runbooks[name]
    return {
        "name": name,
        "title": found.title,
        "url": found.url,
        "html": markdown.html(found.text, sources.system.runbooks),
    }
