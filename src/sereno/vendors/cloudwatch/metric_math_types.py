"""What a metric-math function takes and gives: a number, a time series, or an array of them. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Text,
    Word,
    children,
    walk,
)
from sereno.vendors.cloudwatch.statistic import PLAIN

Type = Literal["number", "series", "array", "text", "word", "unknown"]

Given = Callable[[Sequence[Type]], Type]


def _like_the_first(types: Sequence[Type]) -> Type:
    return types[0] if types else "unknown"


def _reduced(types: Sequence[Type]) -> Type:
    """AVG and its like: a series becomes a number, an array a series."""
    reduced: Mapping[Type, Type] = {"series": "number", "array": "series", "number": "number"}
    return reduced.get(types[0], "unknown") if len(types) == 1 else "unknown"


def _always(kind: Type) -> Given:
    return lambda _types: kind


def widest(types: Sequence[Type]) -> Type:
    """An array if there is one, else a series if there is one."""
    for kind in ("unknown", "array", "series"):
        if kind in types:
            return kind
    return "number"


@dataclass(frozen=True, slots=True)
class Function:
    """What each argument may be: types, and keywords in capitals; and the type of the result.

    The last `optional` arguments may be left out.
    """

    takes: tuple[tuple[str, ...], ...]
    gives: Given
    optional: int = 0

    @property
    def least(self) -> int:
        return len(self.takes) - self.optional

    @property
    def most(self) -> int:
        return len(self.takes)


_NUMBER, _SERIES, _ARRAY, _TEXT = ("number",), ("series",), ("array",), ("text",)
_EITHER: Final = ("series", "array")
_VALUE: Final = ("number", "series", "array")
_EACH: Final = Function((_EITHER,), _like_the_first)
_OVER: Final = Function((_EITHER,), _reduced)
_TIME: Final = Function((_SERIES,), _always("series"))
_POINT_BY_POINT: Final = ("ABS", "CEIL", "FLOOR", "LOG", "LOG10", "DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM")
# What INSIGHT_RULE_METRIC may give of a Contributor Insights rule.
OF_A_RULE: Final = ("UniqueContributors", "MaxContributorValue", *PLAIN)

FUNCTIONS: Final[Mapping[str, Function]] = {
    **dict.fromkeys(
        ("ABS", "CEIL", "FLOOR", "LOG", "LOG10", "DIFF", "DIFF_TIME", "RATE", "RUNNING_SUM"), _EACH
    ),
    **dict.fromkeys(("AVG", "MAX", "MIN", "STDDEV", "SUM", "DATAPOINT_COUNT"), _OVER),
    **dict.fromkeys(("MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"), _TIME),
    "ANOMALY_DETECTION_BAND": Function((_SERIES, _NUMBER), _always("array"), 1),
    "DB_PERF_INSIGHTS": Function((_TEXT, _TEXT, ("text", "array")), _always("unknown")),
    "FILL": Function((_EITHER, ("number", "series", "REPEAT", "LINEAR")), _like_the_first),
    "FIRST": Function((_ARRAY,), _always("series")),
    "IF": Function((_VALUE, _VALUE, _VALUE), widest, 1),
    "INSIGHT_RULE_METRIC": Function((_TEXT, OF_A_RULE), _always("series")),
    "LAMBDA": Function((_TEXT, *[("number", "text", "true", "false")] * 20), _always("unknown"), 20),
    "LAST": Function((_ARRAY,), _always("series")),
    "METRICS": Function((_TEXT,), _always("array"), 1),
    "METRIC_COUNT": Function((_ARRAY,), _always("number")),
    "PERIOD": Function((_SERIES,), _always("number")),
    "REMOVE_EMPTY": Function((_ARRAY,), _always("array")),
    "SEARCH": Function((_TEXT, _TEXT, ("number", "text")), _always("array"), 1),
    "SERVICE_QUOTA": Function((_EITHER,), _like_the_first),
    "SLICE": Function((_ARRAY, _NUMBER, _NUMBER), _always("unknown"), 1),
    "SORT": Function((_ARRAY, ("AVG", "MIN", "MAX", "SUM"), ("ASC", "DESC"), _NUMBER), _always("array"), 1),
    "TIME_SERIES": Function((_NUMBER,), _always("series")),
}
KEYWORDS: Final = {
    one for function in FUNCTIONS.values() for kinds in function.takes for one in kinds if not one.islower()
}
# Over a series they take all of what was fetched, which an alarm does not fix: not for alarms.
OVER_THE_RANGE: Final = ("AVG", "MAX", "MIN", "STDDEV", "SUM", "DATAPOINT_COUNT", "RUNNING_SUM")


def type_of(tree: Node, known: Mapping[str, Type]) -> Type:
    """The type of an expression, given those of the ids it reads; unknown where that cannot be told."""
    return typed(tree, known)[id(tree)]


def typed(tree: Node, known: Mapping[str, Type]) -> Mapping[int, Type]:
    """The type of every node of an expression, by the node's `id()`."""
    found: dict[int, Type] = {}
    for node in reversed(list(walk(tree))):  # what is inside comes first
        found[id(node)] = _type(node, [found[id(child)] for child in children(node)], known)
    return found


def _type(node: Node, inside: Sequence[Type], known: Mapping[str, Type]) -> Type:
    match node:
        case Number():
            return "number"
        case Text():
            return "text"
        case Word():
            return "word"
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


Wrong = tuple[str, str]
_NAMED: Final[Mapping[str, str]] = {
    "number": "a number",
    "series": "one time series",
    "array": "an array of time series",
    "text": "a text",
    "word": "a keyword",
}


def misgiven(tree: Node, known: Mapping[str, Type]) -> Iterator[Wrong]:
    """(what is wrong, what to write) for every value of another type than its function or array takes."""
    types = typed(tree, known)
    for node in walk(tree):
        match node:
            case Call(function=name) if name in FUNCTIONS:
                yield from _arguments(node, FUNCTIONS[name], types)
            case Array(items=items):
                yield from _items(items, types)
            case Binary(left=left, right=right) if types[id(left)] == types[id(right)] == "array":
                yield (
                    f"`{node.op}` stands between two arrays",
                    "bring one to one series, as SUM() does",
                )


def reads_text(node: Node) -> bool:
    """Whether it is a call of a function that takes a text, or of one that is not known."""
    if not isinstance(node, Call):
        return False
    function = FUNCTIONS.get(node.function)
    return function is None or any("text" in kinds for kinds in function.takes)


def _arguments(call: Call, function: Function, types: Mapping[int, Type]) -> Iterator[Wrong]:
    for given, wanted in zip(call.arguments, function.takes, strict=False):
        kind, word = types[id(given)], _keyword(given)
        if kind in (*wanted, "unknown") or word in wanted or (kind == "word" and word not in KEYWORDS):
            continue
        if kind != "text" or reads_text(call):
            said = f"`{call.function}` takes {_listed(wanted)}, and is given {word or _NAMED[kind]}"
            yield said, _way_out(call.function, wanted, kind)


def _keyword(node: Node) -> str:
    return node.name if isinstance(node, Word) else node.value if isinstance(node, Text) else ""


def _listed(wanted: Sequence[str]) -> str:
    return " or ".join(_NAMED.get(one, one) for one in wanted)


def _way_out(name: str, wanted: Sequence[str], kind: Type) -> str:
    if kind == "number" and "series" in wanted:
        return "write the id of a metric, or `TIME_SERIES(...)` around the number"
    if kind == "series" and "number" in wanted:
        return "write a number, or `AVG(...)` around the series"
    if kind == "series" and "array" in wanted:
        return f"write such as `{name}(METRICS())`, or the ids in brackets"
    return f"write {_listed(wanted)}"


def _items(items: Sequence[Node], types: Mapping[int, Type]) -> Iterator[Wrong]:
    """An array holds time series, and what other arrays METRICS() and its like give; no numbers."""
    if any(types[id(item)] == "number" for item in items):
        yield (
            "an array holds time series, and there is a number in it",
            "write `TIME_SERIES(5)` in place of 5",
        )
    if any(isinstance(item, Array) for item in items):
        yield "an array stands in an array", "write the ids in one pair of brackets"
