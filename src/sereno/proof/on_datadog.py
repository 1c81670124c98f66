"""Alert tests on Datadog's monitors (see `vendor.py`). Alert is ALARM, No Data is INSUFFICIENT_DATA.

A Warn is OK here: nothing that sereno compiles warns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from sereno.engine.alarms import Acted, Judgement, Timeline, Timelines
from sereno.engine.datadog import MonitorTimeline
from sereno.engine.datadog_resources import REFERENCE, evaluate_monitors
from sereno.engine.datadog_windows import key
from sereno.engine.parameters import ALARM, INSUFFICIENT_DATA, OK, STATES, State
from sereno.engine.payload import Body
from sereno.engine.series import History, MetricKey
from sereno.engine.timeline import changes
from sereno.language.model import Backend, Receiver, Signal
from sereno.proof.vendor import Source
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch.statistic import Statistic
from sereno.vendors.datadog import messages
from sereno.vendors.datadog import query as grammar

KINDS: Final = ("monitor", "slo-monitor", "composite-monitor", "metric-slo", "time-slice-slo")
NAME: Final = "Datadog"
BACKEND: Backend = "datadog"

_STATES: Final = np.array([OK, OK, ALARM, INSUFFICIENT_DATA], dtype=np.int8)  # of MONITOR_STATES
_BEFORE: Final[Mapping[State, State]] = {"OK": "ALARM", "ALARM": "OK", "INSUFFICIENT_DATA": "OK"}


def live_name(resource: Resource) -> str:
    """Its address: ids exist only once a thing is made."""
    return resource.address


def speaks(resource: Resource) -> bool:
    return "query" in resource.body and "@" in str(resource.body.get("message", ""))


def source_of(signal: Signal) -> Source | None:
    return None if signal.datadog is None else _source(signal.datadog.query)


def source_of_text(text: str) -> Source:
    """A metric query, such as `sum:users.errors{env:prod}.as_count()`."""
    return _source(text)


def _source(text: str) -> Source:
    tree = grammar.parse_metrics(text)
    if not isinstance(tree, grammar.Metric):
        raise ValueError(f"`{text}` names no metric: write sum:NAME{{TAG:VALUE}}.as_count()")
    return key(tree), Statistic("SampleCount" if tree.aggregator == "count" else "Sum")


def depends_on(body: Body) -> list[str]:
    return REFERENCE.findall(str(body.get("query", "")))


def reads(body: Body) -> list[MetricKey]:
    """Of a metric monitor or an SLO."""
    if "sli_specification" in body:
        specification: Body = body["sli_specification"]
        queries = specification.get("count", specification.get("time_slice", {}).get("query", {}))["queries"]
        texts = [str(query["query"]) for query in queries]
        return [key(metric) for text in texts for metric in grammar.metrics(grammar.parse_metrics(text))]
    if depends_on(body):
        return []
    query = grammar.parse(str(body["query"]))
    return [key(m) for m in grammar.metrics(query.tree)] if isinstance(query, grammar.MetricQuery) else []


def timelines(bodies: Mapping[str, Body], history: History, end: int) -> Timelines:
    found = evaluate_monitors(bodies, history, start=0, end=end)
    return {name: _timeline(name, bodies[name], monitor) for name, monitor in found.items()}


def _timeline(name: str, body: Body, monitor: MonitorTimeline) -> Timeline:
    states = _STATES[monitor.states]
    changed = changes(monitor.times, states, "OK")
    acted = tuple(Acted(c.at, c.after) for c in changed if messages.notified(body, c.before, c.after))
    now: State = STATES[states[-1]] if len(states) else "OK"
    reason = messages.reason(body, now, float(monitor.values[-1]) if len(states) else float("nan"))
    since = changed[-1].at if changed else 0
    last = Judgement(now, reason, int(monitor.times[-1]) if len(states) else 0, since)
    return Timeline(name, monitor.times, states, "OK", acted, last)


def told(body: Body, state: State, receivers: Mapping[str, Receiver]) -> tuple[str, ...]:
    """Whose handle is in what the message says of this state; of OK, as after an alert."""
    handles = messages.handles(messages.said(body, _BEFORE[state], state, {}))
    return tuple(r.name for r in receivers.values() if any(handle in handles for handle in r.datadog))


def description(body: Body) -> str:
    return str(body.get("message", ""))
