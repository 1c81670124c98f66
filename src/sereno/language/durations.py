"""Durations: a whole number and one unit. Seconds inside, text as written outside."""

from __future__ import annotations

import re
from typing import Final

DAY: Final = 86_400
UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": DAY, "w": 7 * DAY}

# OpenSLO's shorthand has no seconds; the lengths of M, Q and Y are those of the reference SDK
# (github.com/OpenSLO/go-sdk, pkg/openslo/v1/duration_shorthand.go), the specification leaves them open.
OPENSLO_UNITS: Final = {
    "m": 60,
    "h": 3_600,
    "d": DAY,
    "w": 7 * DAY,
    "M": 30 * DAY,
    "Q": 90 * DAY,
    "Y": 365 * DAY,
}

LONGEST: Final = 10 * 365 * DAY
_SHAPE = re.compile(r"([0-9]{1,9})([A-Za-z])", re.ASCII)


def seconds(text: str) -> int | None:
    """`90s`, `5m`, `1h`, `3d`, `1w` of our own kinds; None when it is none."""
    return _seconds(text, UNITS)


def shorthand(text: str) -> int | None:
    """OpenSLO's duration-shorthand, `5m` to `1Y`; None when it is none."""
    return _seconds(text, OPENSLO_UNITS)


def _seconds(text: str, units: dict[str, int]) -> int | None:
    found = _SHAPE.fullmatch(text)
    if found is None or found[2] not in units:
        return None
    length = int(found[1]) * units[found[2]]
    return length if length <= LONGEST else None
