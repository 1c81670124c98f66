"""Single fields of what CloudWatch was told, and the error of an alarm in which one is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan
from typing import Any

from sereno.errors import Unable

Body = Mapping[str, Any]


class CannotEvaluate(Unable):
    """An alarm the engine cannot evaluate, and why."""

    def __init__(self, alarm: str, why: str) -> None:
        self.alarm = alarm
        super().__init__(f"the alarm `{alarm}` cannot be evaluated: {why}")


def threshold(name: str, body: Body) -> float:
    stated = need(name, body, "Threshold")
    try:
        number = float(stated)
    except (TypeError, ValueError):
        raise CannotEvaluate(name, f"its Threshold `{stated}` is no number") from None
    if not isfinite(number):
        raise CannotEvaluate(name, f"its Threshold `{stated}` is no number")
    return number


def integer(name: str, field: str, stated: object) -> int:
    try:
        number = float(str(stated))
    except ValueError:
        number = nan
    if not number.is_integer():
        raise CannotEvaluate(name, f"its {field} `{stated}` is no whole number")
    return int(number)


def need(name: str, body: Body, field: str) -> Any:
    if body.get(field) is None:
        raise CannotEvaluate(name, f"it has no {field}")
    return body[field]
