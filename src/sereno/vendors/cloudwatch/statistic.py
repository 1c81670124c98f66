"""A CloudWatch statistic: `Sum`, `p99`, `tm90`, `TC(:300)`, `TM(10%:90%)`, `IQM` ... Pure grammar.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Kind = Literal["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p", "tm", "tc", "ts", "wm", "pr"]
PLAIN: Final[tuple[Kind, ...]] = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")


class StatisticFault(ValueError):
    """Not a statistic of CloudWatch."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """What is taken of a period's samples.

    `low` and `high` bound the samples that count: above `low`, up to and including `high`
    (None: no bound). They are percentages of the samples if `percent`, else values.
    For `p` the percentile is `high`.
    """

    kind: Kind
    low: Decimal | None = None
    high: Decimal | None = None
    percent: bool = False


_SHORT: Final = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{0,10})?)")
_RANGE: Final = re.compile(r"(PR|TM|TC|TS|WM)\(([^:()]*):([^:()]*)\)")
_BOUND: Final = re.compile(r"(-?\d+(?:\.\d{0,10})?(?:[eE][+-]?\d{1,3})?)(%?)")


def parse(text: str) -> Statistic:
    """What the text says. Raises `StatisticFault`, which tells what may be written instead."""
    for kind in PLAIN:
        if text == kind:
            return Statistic(kind)
    if text == "IQM":
        return Statistic("tm", Decimal(25), Decimal(75), percent=True)
    if match := _SHORT.fullmatch(text):
        return _short(match[1], Decimal(match[2]), text)
    if match := _RANGE.fullmatch(text):
        return _between(match[1], match[2], match[3], text)
    raise StatisticFault(
        f"`{text}` is not a statistic: write Sum, Average, Minimum, Maximum, SampleCount, IQM, p99, tm90, "
        "tc90, ts90, wm90, or PR, TM, TC, TS, WM with bounds such as (10%:90%) or (:300)"
    )


def _short(letters: str, percentage: Decimal, text: str) -> Statistic:
    if not 0 <= percentage <= 100:
        raise StatisticFault(f"the percentage of `{text}` is not from 0 to 100")
    return Statistic(_kind(letters), None, percentage, percent=True)


def _between(letters: str, low: str, high: str, text: str) -> Statistic:
    bounds = [_bound(low, text), _bound(high, text)]
    marks = {mark for bound in bounds if bound is not None for mark in [bound[1]]}
    if len(marks) != 1:
        raise StatisticFault(f"`{text}` needs a bound, and both as values or both as percentages")
    percent = marks == {"%"}
    if percent and letters == "PR":
        raise StatisticFault(f"`{text}`: a percentile rank takes values, not percentages")
    lower, upper = (None if bound is None else bound[0] for bound in bounds)
    if lower is not None and upper is not None and lower >= upper:
        raise StatisticFault(f"the lower bound of `{text}` is not below the upper")
    if percent and not all(0 <= b <= 100 for b in (lower, upper) if b is not None):
        raise StatisticFault(f"a percentage of `{text}` is not from 0 to 100")
    return Statistic(_kind(letters.lower()), lower, upper, percent)


def _bound(text: str, whole: str) -> tuple[Decimal, str] | None:
    if not text.strip():
        return None
    match = _BOUND.fullmatch(text.strip())
    if match is None:
        raise StatisticFault(f"`{text}` in `{whole}` is not a number or a percentage")
    return Decimal(match[1]), match[2]


def _kind(letters: str) -> Kind:
    kinds: dict[str, Kind] = {"p": "p", "tm": "tm", "tc": "tc", "ts": "ts", "wm": "wm", "pr": "pr"}
    return kinds[letters]
