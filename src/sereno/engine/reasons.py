"""Why an alarm judged as it did, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from sereno.engine.given import BEYOND
from sereno.engine.parameters import Parameters, State
from sereno.engine.payload import COMPARE, CompositeAlarm, MetricAlarm
from sereno.engine.periods import Times
from sereno.engine.points import treatment
from sereno.engine.series import Floats
from sereno.engine.window import Bools, evaluated
from sereno.vendors.cloudwatch.alarm_rule import alarm_name, alarms


def metric_reason(
    alarm: MetricAlarm, values: Floats, starts: Times, breaching: Bools, state: State, parameters: Parameters
) -> str:
    """`values`, `starts` and `breaching` are of one evaluation range, oldest to newest."""
    real = ~np.isnan(values)
    judged = evaluated(real[None, :], alarm.n)[0]
    bad = int(np.count_nonzero(judged & breaching))
    seen = ", ".join(_datapoint(v, int(s)) for v, s in zip(values[judged], starts[judged], strict=True))
    text = f"{state}: {bad} of the last {alarm.n} datapoints {_beyond(alarm)}"
    text += f" (at least {alarm.m} for ALARM): [{seen}]"
    missing = alarm.n - int(np.count_nonzero(judged))
    return f"{text}; {missing} missing, treated as {treatment(alarm, parameters)}" if missing else text


def _beyond(alarm: MetricAlarm) -> str:
    if alarm.comparison in BEYOND:
        return BEYOND[alarm.comparison]
    return f"{COMPARE[alarm.comparison][1]} {_number(alarm.threshold)}"


def composite_reason(alarm: CompositeAlarm, states: Mapping[str, State], *, stopped: bool) -> str:
    if stopped:
        return "not evaluated: its rule is part of a cycle"
    named = dict.fromkeys(alarm_name(reference) for reference in alarms(alarm.rule))
    return ", ".join(f"{name} is {states[name]}" for name in named) or "its rule is constant"


def _datapoint(value: float, start: int) -> str:
    return f"{_number(value)} ({datetime.fromtimestamp(start, UTC):%H:%M:%S})"


def _number(value: float) -> str:
    return f"{value:.10g}"
