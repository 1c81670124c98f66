"""What an alarm does through time: pure functions over arrays.

A CloudWatch alarm on arrays, in three lines (`alarm` is the body of PutMetricAlarm):

    >>> from sereno.engine import Arrays, evaluate
    >>> history = Arrays({"Shop:Errors": [0, 0, 7, 0]})
    >>> evaluate([alarm], history, start=0, end=240)["errors"].changes()

One window of it, without a payload:

    >>> from sereno.engine import window_state
    >>> window_state(
    ...     [False, None, True, None, True],
    ...     evaluation_periods=3,
    ...     datapoints_to_alarm=2,
    ...     treat_missing_data="missing",
    ...     previous="OK",
    ... )
    'ALARM'

`window_state` judges one window of a CloudWatch alarm, `burn_firing` a burn-rate pair over
minutes in exact integers, `evaluate` whole alarms (the bodies of PutMetricAlarm and
PutCompositeAlarm) over a `History`, and `step` the same at one moment. `evaluate_monitor` judges a
Datadog monitor. What AWS leaves open is a field of `Parameters`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sereno.engine.alarms import Judgement, Timeline, evaluate, step
    from sereno.engine.arrays import Arrays
    from sereno.engine.burn import burn_firing
    from sereno.engine.datadog import Monitor, evaluate_monitor
    from sereno.engine.parameters import Parameters
    from sereno.engine.series import History, MetricKey, Slots
    from sereno.engine.window import window_state

__all__ = [
    "Arrays",
    "History",
    "Judgement",
    "MetricKey",
    "Monitor",
    "Parameters",
    "Slots",
    "Timeline",
    "burn_firing",
    "evaluate",
    "evaluate_monitor",
    "step",
    "window_state",
]

_HOMES: Final = {
    "Arrays": "arrays",
    "History": "series",
    "Judgement": "alarms",
    "MetricKey": "series",
    "Monitor": "datadog",
    "Parameters": "parameters",
    "Slots": "series",
    "Timeline": "alarms",
    "burn_firing": "burn",
    "evaluate": "alarms",
    "evaluate_monitor": "datadog",
    "step": "alarms",
    "window_state": "window",
}


def __getattr__(name: str) -> Any:
    """Imports numpy only for who asks."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
