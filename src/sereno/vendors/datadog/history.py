"""What Datadog keeps of monitors and SLOs: their changes of state, and how an SLO stood.

A change of state is an event of the source `alert` with the monitor's id; its `transition` says into which
state, and where that is missing the event's status does (`error`, `warn` or `ok` of alert events).
https://docs.datadoghq.com/api/latest/events/#search-events
https://docs.datadoghq.com/api/latest/service-level-objectives/#get-an-slos-history
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sereno.language.model import AlarmState
from sereno.vendors.backend import Event, Unavailable
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.client import Calls

Body = Mapping[str, Any]

ASKED = 50  # monitors of one search
LIMIT = 1_000  # events of one page
STATES: Mapping[str, AlarmState] = {
    "OK": "OK",
    "Warn": "OK",
    "Alert": "ALARM",
    "No Data": "INSUFFICIENT_DATA",  # of a transition
    "ok": "OK",
    "success": "OK",
    "warn": "OK",
    "warning": "OK",
    "error": "ALARM",  # of an event's status
}


class _Unknown(Exception):
    """An event that is none we know."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A monitor: what its events are called, and whether missing data is what it tells of."""

    name: str
    tells_of_silence: bool


def watched(name: str, monitor: Body) -> Watched:
    """Of its body."""
    options = monitor.get("options") or {}
    silent = options.get("on_missing_data") == "show_and_notify_no_data" or bool(
        options.get("notify_no_data")
    )
    return Watched(name, silent)


def events(
    calls: Calls, monitors: Mapping[int, Watched], start: int, end: int
) -> Sequence[Event] | Unavailable:
    """The changes of state of these monitors, by id, in [start, end), oldest first, each state once.

    No data is ALARM of a monitor that tells of it, as the alert it stands for has it elsewhere.
    """
    try:
        found = [
            event for ids in _some(sorted(monitors)) for event in _searched(calls, ids, monitors, start, end)
        ]
    except Refused as refused:
        return Unavailable(str(refused))
    except _Unknown as unknown:
        return Unavailable(f"an event of Datadog's is in no form that is known: {unknown}")
    return _each_change(sorted(found, key=lambda event: (event.at, event.name)))


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), ASKED):
        yield ids[first : first + ASKED]


def _searched(
    calls: Calls, ids: Sequence[int], monitors: Mapping[int, Watched], start: int, end: int
) -> Iterator[Event]:
    asked = {
        "filter": {
            "query": f"source:alert @monitor.id:({' OR '.join(map(str, ids))})",
            "from": str(start * 1_000),
            "to": str(end * 1_000),
        },
        "sort": "timestamp",
    }
    for each in calls.cursored("/api/v2/events/search", asked, LIMIT):
        event = _event(each, monitors)
        if event is not None and start <= event.at < end:
            yield event


def _event(raw: Body, monitors: Mapping[int, Watched]) -> Event | None:
    """None for an event of a monitor that was not asked for."""
    outer = raw.get("attributes")
    inner = outer.get("attributes") if isinstance(outer, Mapping) else None
    if not isinstance(outer, Mapping) or not isinstance(inner, Mapping):
        raise _Unknown("it has no attributes")
    monitor = inner.get("monitor") or {}
    of = monitors.get(int(inner.get("monitor_id") or monitor.get("id") or 0))
    if of is None:
        return None
    said = (monitor.get("transition") or {}).get("destination_state") or inner.get("status")
    state = STATES.get(str(said))
    if state is None:
        raise _Unknown(f"the state `{said}` of {of.name}")
    told = "ALARM" if state == "INSUFFICIENT_DATA" and of.tells_of_silence else state
    return Event(of.name, _at(outer, inner), told, str(inner.get("title") or ""))


def _at(outer: Body, inner: Body) -> float:
    """Epoch seconds: of milliseconds, else of a text."""
    if isinstance(inner.get("timestamp"), int):
        return float(inner["timestamp"]) / 1_000
    try:
        found = datetime.fromisoformat(str(outer.get("timestamp")))
    except ValueError:
        raise _Unknown("it has no time") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _each_change(found: Sequence[Event]) -> tuple[Event, ...]:
    """Without repeated notifications of a state that lasts."""
    last: dict[str, str] = {}
    kept = []
    for event in found:
        if last.get(event.name) != event.state:
            kept.append(event)
        last[event.name] = event.state
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an SLO stood over a stretch of time, in Datadog's own figures, as exact as it gives them."""

    good: Decimal | None  # percent; None: nothing was counted
    left: Decimal | None  # of the error budget, in percent; None: no target of that window
    counted: tuple[Decimal, Decimal] | None  # good and all events; None of an SLO that counts time


def standing(calls: Calls, slo: str, timeframe: str, start: int, end: int) -> Standing | Unavailable:
    """Of an SLO by its id over [start, end) (epoch seconds), against its target over `timeframe`."""
    try:
        answer = calls.call("GET", f"/api/v1/slo/{slo}/history", query={"from_ts": start, "to_ts": end})
    except Refused as refused:
        return Unavailable(str(refused))
    data = answer.get("data")
    if not isinstance(data, Mapping) or not isinstance(data.get("overall"), Mapping):
        return Unavailable(_errors(answer) or "Datadog gave no history of the SLO")
    overall = data["overall"]
    if overall.get("errors"):
        return Unavailable("; ".join(str(each.get("error_message")) for each in overall["errors"]))
    left = (overall.get("error_budget_remaining") or {}).get(timeframe)
    return Standing(_exact(overall.get("sli_value")), _exact(left), _counted(data.get("series")))


def _errors(answer: Body) -> str:
    return "; ".join(str(each.get("error", each)) for each in answer.get("errors") or ())


def _exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _counted(series: Any) -> tuple[Decimal, Decimal] | None:
    if not isinstance(series, Mapping) or "numerator" not in series:
        return None
    good, every = (Decimal(str(series[part]["sum"])) for part in ("numerator", "denominator"))
    return good, every
