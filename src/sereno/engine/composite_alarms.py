"""A composite alarm over the times asked for: its states, and when its actions ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sereno.engine.parameters import ALARM, STATES
from sereno.engine.payload import CannotEvaluate, CompositeAlarm
from sereno.engine.periods import Times
from sereno.engine.reasons import composite_reason
from sereno.engine.suppression import Hold, Moment, advance
from sereno.engine.timeline import Acted, Judgement, Timeline, changes
from sereno.engine.window import Bools, Codes


def composite_timeline(
    alarm: CompositeAlarm,
    codes: Mapping[str, Codes],
    times: Times,
    before: Mapping[str, Judgement],
    *,
    stopped: bool,
) -> Timeline:
    """`codes` and `before` are of all alarms; `stopped`: CloudWatch does not evaluate it."""
    mine, was = codes[alarm.name], before[alarm.name]
    changed = changes(times, mine, was.state)
    if not alarm.acts or alarm.suppressor is None:
        acted = tuple(Acted(change.at, change.after) for change in changed) if alarm.acts else ()
        hold = None
    else:
        acted, hold = _suppressed(alarm, codes, times, before)
    last = replace(was, acted=(), hold=hold, since=changed[-1].at if changed else was.since)
    if len(times):
        states = {name: STATES[series[-1]] for name, series in codes.items()}
        reason = composite_reason(alarm, states, stopped=stopped)
        last = replace(last, state=STATES[mine[-1]], evaluated=int(times[-1]), reason=reason)
    return Timeline(alarm.name, times, mine, was.state, acted, last)


def _suppressed(
    alarm: CompositeAlarm, codes: Mapping[str, Codes], times: Times, before: Mapping[str, Judgement]
) -> tuple[tuple[Acted, ...], Hold | None]:
    """Looks only at moments at which something changes or a wait ends."""
    suppressor = str(alarm.suppressor)
    if suppressor not in codes:
        raise CannotEvaluate(alarm.name, f"its suppressor `{suppressor}` is not among the alarms")
    mine = _with_before(codes[alarm.name], STATES.index(before[alarm.name].state))
    holding: Bools = _with_before(codes[suppressor], STATES.index(before[suppressor].state)) == ALARM
    changing = np.flatnonzero((mine[1:] != mine[:-1]) | (holding[1:] != holding[:-1]))
    hold, acted = before[alarm.name].hold, list[Acted]()
    i = _next(changing, times, -1, hold)
    while i < len(times):
        moment = Moment(int(times[i]), bool(mine[i + 1] != mine[i]), bool(holding[i + 1]), bool(holding[i]))
        step = advance(hold, moment, alarm.wait, alarm.extension)
        acted += [Acted(step.ended, STATES[mine[i]])] if step.ended is not None else []
        acted += [Acted(moment.at, STATES[mine[i + 1]])] if step.acts else []
        hold, i = step.hold, _next(changing, times, i, step.hold)
    return tuple(acted), hold


def _next(changing: Times, times: Times, i: int, hold: Hold | None) -> int:
    """The next index to look at; the length of `times` when there is none."""
    place = int(np.searchsorted(changing, i, side="right"))
    change = int(changing[place]) if place < len(changing) else len(times)
    if hold is None or hold.until is None:
        return change
    return max(i + 1, min(change, int(np.searchsorted(times, hold.until))))


def _with_before(codes: Codes, before: int) -> Codes:
    return np.concatenate([[before], codes]).astype(np.int8)
