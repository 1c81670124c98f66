"""promtool's series notation: `1+2x3` is 1 3 5 7, `4x2` is 4 4 4, `_` and `_x3` are gaps, `stale` one more.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
A stale marker and a gap are one thing here: neither vendor's metrics outlive their last datapoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Final

LONGEST: Final = 2_000_000  # values: almost four years of minutes

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_GAP: Final = re.compile(r"_(?:x(\d+))?")
_STEPS: Final = re.compile(rf"({_NUMBER})(?:([-+])((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?))?(?:x(\d+))?")


class NotationFault(ValueError):
    """Not the notation; its text says which word, and what may stand there."""


def parse(text: str) -> list[float | None]:
    """The values, one an interval; None is a gap. Raises `NotationFault`."""
    values: list[float | None] = []
    for word in text.split():
        values += _word(word)
        if len(values) > LONGEST:
            raise NotationFault(f"`{word}` makes the series longer than {LONGEST:,} values")
    return values


def _word(word: str) -> list[float | None]:
    if word == "stale":
        return [None]
    if gap := _GAP.fullmatch(word):
        return [None] * _times(word, gap[1] or "1")
    if (steps := _STEPS.fullmatch(word)) is None or (steps[2] and steps[4] is None):
        raise NotationFault(f"`{word}` is not a value: write 3, 0x5, 1+2x30, 9-3x3, _, _x4 or stale")
    values = list(_stepped(Decimal(steps[1]), _step(steps[2], steps[3]), _times(word, steps[4] or "0")))
    if not all(map(isfinite, (values[0], values[-1]))):
        raise NotationFault(f"`{word}` is larger than a metric's value can be")
    return list(values)


def _stepped(first: Decimal, step: Decimal, times: int) -> Iterator[float]:
    """Exact to the last step, so that 0+0.1x10 ends at 1."""
    return (float(first + step * i) for i in range(times + 1))


def _step(sign: str | None, size: str | None) -> Decimal:
    return Decimal(f"{sign}{size}") if size else Decimal(0)


def _times(word: str, digits: str) -> int:
    if int(digits) > LONGEST:
        raise NotationFault(f"`{word}` makes the series longer than {LONGEST:,} values")
    return int(digits)
