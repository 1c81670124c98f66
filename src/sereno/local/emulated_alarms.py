"""CloudWatch inside the emulator: it keeps what it is told and judges nothing.

As ministack 1.5.33 comes, it drops `Metrics` from PutMetricAlarm and `ActionsSuppressor` from
PutCompositeAlarm, so that what was applied could be neither read back nor evaluated, and judges
alarms of its own accord: plain statistics, without dimensions or M of N, at each PutMetricData;
composites, without suppression, at each change of a child; and it acts on its verdicts.

Here an alarm keeps every member it was given, and its state changes by SetAlarmState alone. A
change whose reason data bears `JUDGED` is the ticker's, which notifies by itself since it knows
suppression. Any other (a person trying an alarm out) acts at once, as in AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

JUDGED = "sereno:judged"

_INVENTED = ("Statistic", "Period", "MetricName", "Namespace", "Dimensions", "ExtendedStatistic", "Unit")
_CHANGES = (
    "_put_metric_alarm",
    "_put_composite_alarm",
    "_delete_alarms",
    "_enable_alarm_actions",
    "_disable_alarm_actions",
    "_set_alarm_state",
)


def replace(module: Any, name: str, by: Callable[..., Any]) -> None:
    """Puts a function in the place of one that must be there, also in the module's table of actions."""
    original = getattr(module, name)
    new = wraps(original)(by)
    setattr(module, name, new)
    actions = getattr(module, "_HANDLERS", {})
    actions.update({action: new for action, function in actions.items() if function is original})


def patch(cloudwatch: Any, changed: Callable[[], None]) -> None:
    """Changes the module in place; `changed` is called when an alarm comes, changes or goes."""
    for name in ("_evaluate_alarm", "_evaluate_parent_alarms", "_transition_composite"):
        replace(cloudwatch, name, lambda *_, **__: None)
    _keep_every_member(cloudwatch, "_put_metric_alarm", cloudwatch._alarms)
    _keep_every_member(cloudwatch, "_put_composite_alarm", cloudwatch._composite_alarms)
    _act_for_people(cloudwatch)
    _count_changes(cloudwatch, changed)


def _keep_every_member(cloudwatch: Any, name: str, store: Any) -> None:
    original = getattr(cloudwatch, name)

    def put(params: Any, data: Mapping[str, Any], *rest: Any) -> Any:
        answer = original(params, data, *rest)
        if answer[0] == 200 and data:
            _complete(store[data["AlarmName"]], data)
        return answer

    replace(cloudwatch, name, put)


def _complete(alarm: dict[str, Any], given: Mapping[str, Any]) -> None:
    for name in _INVENTED:
        if name not in given:
            alarm.pop(name, None)
    alarm.update({name: value for name, value in given.items() if name != "Tags"})


def _act_for_people(cloudwatch: Any) -> None:
    set_state, dispatch = cloudwatch._set_alarm_state, cloudwatch._dispatch_alarm_actions

    def set_alarm_state(params: Any, data: Mapping[str, Any], *rest: Any) -> Any:
        _find(cloudwatch, data.get("AlarmName")).pop("StateReasonData", None)  # the setter's before this one
        return set_state(params, data, *rest)

    def dispatch_alarm_actions(alarm: Mapping[str, Any], *rest: Any) -> None:
        suppressor = _find(cloudwatch, str(alarm.get("ActionsSuppressor")).rpartition(":alarm:")[2])
        if JUDGED not in alarm.get("StateReasonData", "") and suppressor.get("StateValue") != "ALARM":
            dispatch(alarm, *rest)

    replace(cloudwatch, "_set_alarm_state", set_alarm_state)
    replace(cloudwatch, "_dispatch_alarm_actions", dispatch_alarm_actions)


def _find(cloudwatch: Any, name: object) -> dict[str, Any]:
    found: dict[str, Any] = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name) or {}
    return found


def _count_changes(cloudwatch: Any, changed: Callable[[], None]) -> None:
    """The ticker's own verdicts are no changes: it need not read them back."""

    def counting(original: Any) -> Any:
        def change(params: Any, data: Mapping[str, Any], *rest: Any) -> Any:
            if JUDGED not in data.get("StateReasonData", ""):
                changed()
            return original(params, data, *rest)

        return change

    for name in _CHANGES:
        replace(cloudwatch, name, counting(getattr(cloudwatch, name)))
