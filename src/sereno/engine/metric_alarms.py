"""A metric alarm over the times asked for: evaluated when it is due, the same in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sereno.engine.parameters import STATES, Parameters
from sereno.engine.payload import MetricAlarm
from sereno.engine.periods import Times, distinct, due
from sereno.engine.points import Range, ranges
from sereno.engine.reasons import metric_reason
from sereno.engine.series import MetricKey, Slots
from sereno.engine.timeline import Acted, Judgement, Timeline, changes
from sereno.engine.window import Codes, carry


def metric_timeline(
    alarm: MetricAlarm,
    slots: Mapping[MetricKey, Slots],
    times: Times,
    before: Judgement,
    parameters: Parameters,
) -> Timeline:
    """`before` is what it was; evaluations up to `before.evaluated` are not done again."""
    moments = due(alarm, times, parameters)
    at = distinct(moments)
    at = at[at > before.evaluated]
    judged, newest = _judged(alarm, slots, at, parameters)
    codes = _spread(carry(judged, STATES.index(before.state)), at, moments, STATES.index(before.state))
    changed = changes(times, codes, before.state)
    acted = tuple(Acted(change.at, change.after) for change in changed) if alarm.acts else ()
    last = replace(before, acted=(), since=changed[-1].at if changed else before.since)
    if newest is not None:
        last = replace(last, state=STATES[codes[-1]], evaluated=int(at[-1]))
        last = _explained(alarm, newest, last, parameters)
    return Timeline(alarm.name, times, codes, before.state, acted, last)


def _judged(
    alarm: MetricAlarm, slots: Mapping[MetricKey, Slots], at: Times, parameters: Parameters
) -> tuple[Codes, Range | None]:
    """The state (or KEEP) of each evaluation, and the ranges of the last block."""
    codes: list[Codes] = [np.empty(0, dtype=np.int8)]
    block = None
    for block in ranges(alarm, slots, at, parameters):
        codes.append(block.codes)
    return np.concatenate(codes), block


def _spread(judged: Codes, at: Times, moments: Times, before: int) -> Codes:
    """The state at each time: that of the evaluation last due."""
    place = np.searchsorted(at, moments, side="right") - 1
    known = np.concatenate([[before], judged]).astype(np.int8)
    return np.asarray(known[place + 1])


def _explained(alarm: MetricAlarm, block: Range, last: Judgement, parameters: Parameters) -> Judgement:
    values, starts = block.values[-1], block.starts[-1]
    points = tuple(None if np.isnan(value) else float(value) for value in values)
    why = metric_reason(alarm, values, starts, block.breaching[-1], last.state, parameters)
    return replace(last, points=points, reason=why)
