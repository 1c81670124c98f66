"""What a backtest compares: burn-rate policies and static thresholds, each a yes or no a minute.

As written on the command line: `14.4x 1h/5m`, several joined by `+` (any of them fires), and
`>1% 2of3 5m` for a bad share above 1 % in two of three periods of five minutes (`>300 3of5 1m` for a value).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from sereno.engine.burn import Pair, pairs_firing
from sereno.engine.payload import COMPARE
from sereno.engine.series import Slots
from sereno.engine.statistic import window_values
from sereno.engine.window import judge
from sereno.language.durations import seconds
from sereno.language.model import Comparison, Missing
from sereno.language.names import window as short
from sereno.proof.history import WEEK, Bools, Floats, History, Ints
from sereno.vendors.cloudwatch.statistic import Statistic

Severity = Literal["page", "ticket"]
CELLS: Final = 1 << 18  # datapoints looked at in one go


class RuleFault(ValueError):
    """Not a rule; its text says how one is written."""


@dataclass(frozen=True, slots=True)
class BurnRule:
    """Fires while any of its pairs does."""

    name: str
    pairs: tuple[Pair, ...]
    severity: Severity = "page"


@dataclass(frozen=True, slots=True)
class StaticRule:
    """Fires while m of the last n periods are beyond the threshold: a share of bad events, or a value."""

    name: str
    op: Comparison
    threshold: Decimal
    period: int  # minutes
    m: int
    n: int
    severity: Severity = "page"
    missing: Missing = "notBreaching"


Rule = BurnRule | StaticRule

_BURN: Final = re.compile(r"(\d+(?:\.\d+)?)x\s+(\d+[smhdw])(?:\s*/\s*(\d+[smhdw]))?")
_STATIC: Final = re.compile(r"(>=|>|<=|<)\s*(-?\d+(?:\.\d+)?)(%?)\s+(\d+)\s*of\s*(\d+)\s+(\d+[smhdw])")
_OPS: Final[dict[str, Comparison]] = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_WORDS: Final[dict[Comparison, str]] = {
    "gt": "GreaterThanThreshold",
    "gte": "GreaterThanOrEqualToThreshold",
    "lt": "LessThanThreshold",
    "lte": "LessThanOrEqualToThreshold",
}


def parse(text: str) -> Rule:
    """A rule as a person writes it. Raises `RuleFault`."""
    if static := _STATIC.fullmatch(text.strip()):
        return _static(text.strip(), static)
    parts = [_BURN.fullmatch(part.strip()) for part in text.split("+")]
    if not all(parts):
        raise RuleFault(
            f"`{text}` is no rule: write `14.4x 1h/5m`, `14.4x 1h/5m + 6x 6h/30m` or `>1% 2of3 5m`"
        )
    return BurnRule(text.strip(), tuple(_pair(part[0], part) for part in parts if part))


def _pair(text: str, found: re.Match[str]) -> Pair:
    """Without a short window it is a twelfth of the long one."""
    long = _minutes(found[2])
    pair = Pair(long, _minutes(found[3]) if found[3] else max(1, long // 12), Decimal(found[1]))
    if not pair.threshold:
        raise RuleFault(f"`{text}`: every failure burns faster than 0; write a burn rate above it")
    if pair.short_window > pair.long_window:
        raise RuleFault(f"`{text}`: the short window is longer than the long one; write the long one first")
    return pair


def _static(text: str, found: re.Match[str]) -> StaticRule:
    m, n = int(found[4]), int(found[5])
    if not 1 <= m <= n:
        raise RuleFault(f"`{text}`: {m} of {n} periods cannot be")
    threshold, period = Decimal(found[2]) / (100 if found[3] else 1), _minutes(found[6])
    if n * period > WEEK:
        raise RuleFault(f"`{text}` looks back over {n * period:,} minutes; an alarm may over 7 days at most")
    return StaticRule(text, _OPS[found[1]], threshold, period, m, n)


def _minutes(text: str) -> int:
    length = seconds(text)
    if not length or length % 60:
        raise RuleFault(f"`{text}` is no window: write whole minutes, such as 5m, 1h or 3d")
    return length // 60


def words(pair: Pair) -> str:
    """`14.4x 1h/5m`."""
    return f"{pair.threshold}x {short(pair.long_window * 60)}/{short(pair.short_window * 60)}"


def firing(rule: Rule, history: History, target: Fraction) -> Bools:
    """Whether it fires at the end of each minute. Raises `RuleFault` for a burn rate of mere values."""
    if isinstance(rule, StaticRule):
        return _static_firing(rule, history)
    if history.bad is None or history.total is None:
        raise RuleFault(f"`{rule.name}` is a burn rate, and the history has values, not counts")
    return burn_any(history.bad, history.total, rule.pairs, target)


def burn_any(bad: Ints, total: Ints, pairs: Sequence[Pair], target: Fraction) -> Bools:
    """Whether any of the pairs fires."""
    return np.asarray(pairs_firing(bad, total, target=target, pairs=pairs).any(axis=0))


def _static_firing(rule: StaticRule, history: History) -> Bools:
    """M of N sliding periods, as CloudWatch judges them, without looking back past the N."""
    values = _sliding(rule, history)
    block = max(1, CELLS // rule.n)
    ends = np.arange(history.minutes)
    parts = [_beyond(rule, values, ends[k : k + block]) for k in range(0, history.minutes, block)]
    return np.concatenate([np.zeros(0, dtype=np.bool_), *parts])


def _beyond(rule: StaticRule, values: Floats, ends: Ints) -> Bools:
    """At the end of each of these minutes."""
    looked_at = ends[:, None] - rule.period * np.arange(rule.n - 1, -1, -1)
    points = np.where(looked_at >= 0, values[np.maximum(looked_at, 0)], np.nan)
    compare, _ = COMPARE[_WORDS[rule.op]]
    real = ~np.isnan(points)
    breaching: Bools = np.asarray(compare(points, float(rule.threshold)))
    return np.asarray(judge(breaching & real, real, rule.n, rule.m, rule.missing, "evaluation range") == 1)


def _sliding(rule: StaticRule, history: History) -> Floats:
    """The bad share, or the average value, of the period that ends with each minute; NaN without data."""
    ends = np.arange(1, history.minutes + 1)
    if history.values is not None:
        real = (~np.isnan(history.values)).astype(np.float64)
        slots = Slots(0, real, history.values, history.values, history.values)
        return window_values(slots, Statistic("Average"), rule.period, ends)
    if history.bad is None or history.total is None:
        return np.full(history.minutes, np.nan)
    bad, total = (_sums(series, rule.period) for series in (history.bad, history.total))
    return np.asarray(np.divide(bad, total, out=np.full(len(bad), np.nan), where=total > 0))


def _sums(series: Ints, width: int) -> Floats:
    sums = np.concatenate([[0], np.cumsum(series)])
    ends = np.arange(1, len(sums))
    return np.asarray(sums[ends] - sums[np.maximum(ends - width, 0)], dtype=np.float64)


def grid() -> tuple[tuple[int, Decimal], ...]:
    """The long windows (minutes) and burn rates a search tries, coarse to the SRE workbook's own."""
    rates = [Decimal(n) / 10 for n in (10, 15, 20, 30, 40, 60, 80, 100, 120, 144, 180, 240, 360, 500, 720)]
    return tuple((window, rate) for window in (30, 60, 120, 180, 360, 720, 1_440) for rate in rates)


def candidates() -> tuple[BurnRule, ...]:
    """The rules a search tries: one pair each, the short window a twelfth of the long one."""
    pairs = [Pair(window, max(1, window // 12), rate.normalize() + 0) for window, rate in grid()]
    return tuple(BurnRule(words(pair), (pair,)) for pair in pairs)
