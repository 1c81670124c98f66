"""What a metric-math function takes and gives: a number, a time series, or an array of them. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sereno.vendors.cloudwatch.metric_math import (
    Array,
    Binary,
    Call,
    Id,
    Negative,
    Node,
    Number,
    children,
    walk,
)

Type = Literal["number", "series", "array", "unknown"]

Given = Callable[[Sequence[Type]], Type]


def _like_the_first(types: Sequence[Type]) -> Type:
    return types[0] if types else "unknown"


def _reduced(types: Sequence[Type]) -> Type:
    """AVG and its like: a series becomes a number, an array a series; of several series, a series."""
    if len(types) > 1:
        return "series" if any(t != "number" for t in types) else "number"
    reduced: Mapping[Type, Type] = {"series": "number", "array": "series", "number": "number"}
    return reduced.get(_like_the_first(types), "unknown")


def _always(kind: Type) -> Given:
    return lambda _types: kind


def _chosen(types: Sequence[Type]) -> Type:
    """IF: as wide as the widest of what it is asked and what it may give."""
    return widest(types)


def widest(types: Sequence[Type]) -> Type:
    """An array if there is one, else a series if there is one."""
    for kind in ("unknown", "array", "series"):
        if kind in types:
            return kind
    return "number"


@dataclass(frozen=True, slots=True)
class Function:
    """`least` to `most` arguments (None: any number), and the type of the result."""

    least: int
    most: int | None
    gives: Given


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{name: Function(1, 1, _like_the_first) for name in ("ABS", "CEIL", "FLOOR", "LOG", "LOG10")},
    **{name: Function(1, 1, _like_the_first) for name in ("DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM")},
    **{name: Function(1, None, _reduced) for name in ("AVG", "MAX", "MIN", "STDDEV", "SUM")},
    **{
        name: Function(1, 1, _like_the_first)
        for name in ("MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH")
    },
    "ANOMALY_DETECTION_BAND": Function(1, 2, _always("array")),
    "DATAPOINT_COUNT": Function(1, 1, _reduced),
    "DB_PERF_INSIGHTS": Function(3, None, _always("unknown")),
    "FILL": Function(2, 2, _like_the_first),
    "FIRST": Function(1, 1, _always("series")),
    "IF": Function(2, 3, _chosen),
    "INSIGHT_RULE_METRIC": Function(2, 2, _always("series")),
    "LAMBDA": Function(1, None, _always("unknown")),
    "LAST": Function(1, 1, _always("series")),
    "METRICS": Function(0, 1, _always("array")),
    "METRIC_COUNT": Function(1, 1, _always("number")),
    "PERIOD": Function(1, 1, _always("number")),
    "REMOVE_EMPTY": Function(1, 1, _always("array")),
    "SEARCH": Function(2, 3, _always("array")),
    "SERVICE_QUOTA": Function(1, 1, _always("series")),
    "SLICE": Function(2, 3, _always("unknown")),
    "SORT": Function(3, 4, _always("array")),
    "TIME_SERIES": Function(1, 1, _always("series")),
}
# Over a series they take all of what was fetched, which an alarm does not fix: not for alarms.
OVER_THE_RANGE: Final = ("AVG", "MAX", "MIN", "STDDEV", "SUM", "DATAPOINT_COUNT", "RUNNING_SUM")


def type_of(tree: Node, known: Mapping[str, Type]) -> Type:
    """The type of an expression, given those of the ids it reads; unknown where that cannot be told."""
    found: dict[int, Type] = {}
    for node in reversed(list(walk(tree))):  # what is inside comes first
        found[id(node)] = _type(node, [found[id(child)] for child in children(node)], known)
    return found[id(tree)]


def _type(node: Node, inside: Sequence[Type], known: Mapping[str, Type]) -> Type:
    match node:
        case Number():
            return "number"
        case Id(name=name):
            return known.get(name, "unknown")
        case Negative():
            return inside[0]
        case Binary():
            return widest(inside)
        case Array():
            return "array"
        case Call(function=name) if name in FUNCTIONS:
            return FUNCTIONS[name].gives(inside)
    return "unknown"
