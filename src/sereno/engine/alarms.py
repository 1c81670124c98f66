"""CloudWatch alarms through time: `evaluate` over a stretch of history, `step` at one moment.

Both take what CloudWatch was told, the bodies of PutMetricAlarm and PutCompositeAlarm, and judge all
of them together, so that composites and suppressors see the states of the same minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sereno.engine.composite_alarms import composite_timeline
from sereno.engine.metric_alarms import metric_timeline
from sereno.engine.parameters import DEFAULT, STATES, Parameters
from sereno.engine.payload import Alarm, Body, CannotEvaluate, CompositeAlarm, MetricAlarm, read_alarm
from sereno.engine.periods import MINUTE, Times, cadence
from sereno.engine.points import read
from sereno.engine.rules import composite_codes, in_order
from sereno.engine.series import History
from sereno.engine.timeline import Acted, Change, Judgement, Judgements, Timeline, Timelines

__all__ = ["Acted", "Change", "Judgement", "Judgements", "Timeline", "Timelines", "evaluate", "step"]


def evaluate(
    alarms: Sequence[Body],
    history: History,
    *,
    start: int,
    end: int,
    previous: Judgements | None = None,
    parameters: Parameters = DEFAULT,
) -> Timelines:
    """Each alarm's states from just after `start` up to `end` (epoch seconds, whole minutes), by name.

    The times are start + 60, start + 120, ... end; every 10 s if any alarm has a period below a
    minute. `previous` continues an earlier stretch (`Timeline.last`). Raises `CannotEvaluate`.
    """
    known = [read_alarm(body) for body in alarms]
    every = min([MINUTE, *(cadence(alarm) for alarm in known if isinstance(alarm, MetricAlarm))])
    times = np.arange(start + every, end + 1, every, dtype=np.int64)
    return _timelines(known, history, times, previous or {}, parameters)


def step(
    alarms: Sequence[Body],
    history: History,
    at: int,
    previous: Judgements | None = None,
    parameters: Parameters = DEFAULT,
) -> Judgements:
    """Each alarm at the moment `at` (epoch seconds), by name. What a ticker calls once a minute.

    Give back what the last call returned as `previous`. An alarm that is not due keeps its judgement;
    `acted` holds the states whose actions run now. Raises `CannotEvaluate`.
    """
    known = [read_alarm(body) for body in alarms]
    found = _timelines(known, history, np.array([at], dtype=np.int64), previous or {}, parameters)
    return {name: replace(t.last, acted=tuple(a.state for a in t.acted)) for name, t in found.items()}


def _timelines(
    alarms: Sequence[Alarm], history: History, times: Times, previous: Judgements, parameters: Parameters
) -> Timelines:
    _named_once(alarms)
    metrics = [alarm for alarm in alarms if isinstance(alarm, MetricAlarm)]
    composites = [alarm for alarm in alarms if isinstance(alarm, CompositeAlarm)]
    before = {alarm.name: previous.get(alarm.name) or _new(times, parameters) for alarm in alarms}
    slots = read(metrics, history, times, parameters)
    found = {a.name: metric_timeline(a, slots, times, before[a.name], parameters) for a in metrics}
    codes = {name: timeline.states for name, timeline in found.items()}
    ordered, stopped = in_order(composites)
    for alarm in stopped:
        codes[alarm.name] = np.full(len(times), STATES.index(before[alarm.name].state), dtype=np.int8)
    for alarm in ordered:
        codes[alarm.name] = composite_codes(alarm, codes, len(times))
    for alarm in composites:
        found[alarm.name] = composite_timeline(alarm, codes, times, before, stopped=alarm in stopped)
    return found


def _named_once(alarms: Sequence[Alarm]) -> None:
    names = set[str]()
    for alarm in alarms:
        if alarm.name in names:
            raise CannotEvaluate(alarm.name, "another one has its name")
        names.add(alarm.name)


def _new(times: Times, parameters: Parameters) -> Judgement:
    """An alarm before its first evaluation."""
    first = int(times[0]) if len(times) else 0
    return Judgement(parameters.initial, "not evaluated yet", evaluated=-(2**62), since=first)
