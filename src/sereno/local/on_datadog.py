"""Datadog's monitors before the judge (see `vendor.py`). Alert is ALARM, No Data is INSUFFICIENT_DATA.

A Warn is OK here: nothing that sereno compiles warns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sereno.engine.alarms import Judgement, Judgements
from sereno.engine.datadog import NEW, Before, MonitorState, MonitorTimeline
from sereno.engine.datadog_resources import evaluate_monitors
from sereno.engine.datadog_windows import CannotEvaluateMonitor
from sereno.engine.parameters import State
from sereno.engine.payload import Body, CannotEvaluate
from sereno.engine.series import History
from sereno.language.model import MINUTE, Receiver, System
from sereno.local import downtimes
from sereno.local.vendor import Told
from sereno.report.show import duration
from sereno.vendors.datadog import alerts, messages, metrics

WORD: Final = "monitor"
APPLIED: Final = "monitors, SLOs and dashboards"
INITIAL: Final[State] = "OK"
STATES: Final[Mapping[MonitorState, State]] = {
    "OK": "OK",
    "Warn": "OK",
    "Alert": "ALARM",
    "No Data": "INSUFFICIENT_DATA",
}


@dataclass(frozen=True, slots=True)
class Watched(Judgement):
    """`known` is what the next step goes on from."""

    known: Before = NEW


def late(system: System) -> str:
    """By what is declared: the bodies wait as long as this says."""
    asked = [name for name, signal in system.signals.items() if signal.datadog]
    if not metrics.from_aws(system, asked):
        return ""
    waited = alerts.delay(system, asked)
    if waited:
        return f"Monitors of AWS's metrics wait {duration(waited)} for them, as where Datadog polls AWS."
    return (
        f"AWS's metrics come at once here ({alerts.DELAY}: 0), so no monitor waits. Where Datadog polls AWS,"
        " they are 10 minutes late and more: pages come later by that, and monitors of them wait"
        f" {duration(alerts.POLLED)}."
    )


def step(told: Told, history: History, at: int, previous: Judgements) -> Judgements:
    before = {name: each.known for name, each in previous.items() if isinstance(each, Watched)}
    bodies = {**told.beside, **told.bodies}
    try:
        found = evaluate_monitors(bodies, history, start=at - MINUTE, end=at, before=before)
    except CannotEvaluateMonitor as problem:
        raise CannotEvaluate(problem.monitor, str(problem)) from None
    return {name: _judged(told.bodies[name], found[name], previous.get(name), at) for name in found}


def _judged(body: Body, timeline: MonitorTimeline, previous: Judgement | None, at: int) -> Watched:
    before = previous.state if previous else INITIAL
    known = timeline.last
    state = STATES[known.state]
    value = float(timeline.values[-1])
    return Watched(
        state=state,
        reason=messages.reason(body, state, value),
        evaluated=at,
        since=previous.since if previous and state == before else at,
        points=() if rule(body) else (None if value != value else value,),
        acted=(state,) if messages.notified(body, before, state) else (),
        known=known,
    )


def targets(body: Body, before: State, state: State) -> tuple[str, ...]:
    return messages.handles(messages.said(body, before, state, {}))


def reached(receiver: Receiver) -> tuple[str, ...]:
    return receiver.datadog


def held(body: Body, judgement: Judgement | None) -> str:
    del body, judgement
    return ""


def silenced(told: Told, name: str, *, metric: float, wall: float) -> bool:
    body = told.bodies[name]
    return downtimes.by_itself(body, wall) or downtimes.silenced(told.rules, body, metric=metric, wall=wall)


def text(body: Body) -> str:
    """As it is written, for every state."""
    return str(body.get("message", ""))


def rule(body: Body) -> str:
    return str(body["query"]) if body.get("type") == "composite" else ""
