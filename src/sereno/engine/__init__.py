"""What an alarm does through time: pure functions over arrays.

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
PutCompositeAlarm) over a `History`, and `step` the same at one moment.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sereno.engine.alarms import Judgement, Timeline, evaluate, step
    from sereno.engine.burn import burn_firing
    from sereno.engine.parameters import Parameters
    from sereno.engine.series import History, MetricKey, Slots
    from sereno.engine.window import window_state

__all__ = [
    "History",
    "Judgement",
    "MetricKey",
    "Parameters",
    "Slots",
    "Timeline",
    "burn_firing",
    "evaluate",
    "step",
    "window_state",
]

_HOMES: Final = {
    "History": "series",
    "Judgement": "alarms",
    "MetricKey": "series",
    "Parameters": "parameters",
    "Slots": "series",
    "Timeline": "alarms",
    "burn_firing": "burn",
    "evaluate": "alarms",
    "step": "alarms",
    "window_state": "window",
}


def __getattr__(name: str) -> Any:
    """Imports numpy only for who asks."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
