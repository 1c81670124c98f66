"""The words of a metric query: which functions there are, what they take, and what a scope is. Pure.

https://docs.datadoghq.com/dashboards/functions/ and https://docs.datadoghq.com/metrics/advanced-filtering/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from sereno.language.model import MINUTE

if TYPE_CHECKING:
    from sereno.vendors.datadog.query import Metric

AFTER: Final = ("as_count", "as_rate", "fill", "rollup", "weighted")  # `.name(...)` behind a metric
AROUND: Final = frozenset(
    (
        *("abs", "log2", "log10", "cumsum", "integral", "diff", "monotonic_diff", "derivative", "dt"),
        *("per_second", "per_minute", "per_hour", "throughput", "rate", "default_zero", "exclude_null"),
        *("clamp_min", "clamp_max", "cutoff_min", "cutoff_max", "count_nonzero", "count_not_null"),
        *("moving_rollup", "autosmooth", "timeshift", "calendar_shift", "hour_before", "day_before"),
        *("week_before", "month_before", "robust_trend", "trend_line", "piecewise_constant"),
        *("anomalies", "outliers", "forecast", "top", "bottom", "top_offset"),
    )
)
_NUMBERED: Final = re.compile(
    r"(?:ewma|median)_(?:3|5|7|9|10|20)|(?:top|bottom)(?:5|10|15|20)(?:_(?:mean|min|max|last|area|l2norm|norm))?"
)
_ROLLUP: Final = re.compile(r"(?:avg|sum|min|max|count)(?:\s*,\s*[1-9]\d*)?")
_FILL: Final = re.compile(r"(?:linear|last|zero|null)(?:\s*,\s*\d+)?")
_TAKES: Final = {
    "rollup": (_ROLLUP, "a method of avg, sum, min, max, count and seconds, such as .rollup(sum, 60)"),
    "fill": (_FILL, "linear, last, zero or null, such as .fill(zero)"),
}
_AMONG: Final = re.compile(r"\s(?:NOT\s+)?IN\s*\([^()]*\)", re.IGNORECASE)
_JOINED: Final = re.compile(r"\s+(?:AND|OR)\s+(?:NOT\s+)?|^\s*NOT\s+|,", re.IGNORECASE)


def around(function: str) -> bool:
    """Whether there is a function `function(...)` around a metric."""
    return function in AROUND or _NUMBERED.fullmatch(function) is not None


def after(function: str, arguments: str, before: Collection[str]) -> str:
    """What is wrong with `.function(arguments)` behind a metric that has these already; empty if nothing."""
    if function not in AFTER:
        return f"there is no function .{function}(): known are .{'(), .'.join(AFTER)}()"
    if function in before:
        return f".{function}() stands twice"
    if {"as_count", "as_rate"} <= {function, *before}:
        return "it is asked for as a count and as a rate"
    form, words = _TAKES.get(function, (None, ""))
    if form and not form.fullmatch(arguments):
        return f".{function}({arguments}) is none: it takes {words}"
    return ""


def scope(text: str) -> str:
    """What is wrong with the words between the braces; empty if nothing."""
    terms = [term.strip(" ()!") for term in _JOINED.split(_AMONG.sub("", text))]
    if not text.strip():
        return "the scope `{}` is empty: write {*} for everything"
    spaced = next((term for term in terms if re.search(r"\s", term)), "")
    return f"the tag `{spaced}` has a space in it" if spaced else ""


def odd(metric: Metric) -> Iterator[str]:
    """What is in the grammar and Datadog does not take."""
    functions = dict(metric.functions)
    if "as_count" in functions and metric.aggregator not in ("sum", "count", "avg"):
        yield f"{metric.aggregator} of counts is none: write sum:...as_count(), or leave .as_count() out"
    period = functions.get("rollup", "").rpartition(",")[2].strip()
    if period.isdecimal() and int(period) % MINUTE:
        yield f".rollup() to {period} s: monitors look at whole minutes, such as .rollup(sum, 60)"
