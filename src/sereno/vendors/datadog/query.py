"""The query of a Datadog monitor: text to a tree, with places. Pure grammar, no meaning.

`sum(last_5m):sum:a.b{c:d}.as_count() / sum:a.e{c:d}.as_count() > 0.05`, and for SLOs
`burn_rate("ID").over("30d").long_window("1h").short_window("5m") > 14.4` or
`error_budget("ID").over("30d") > 75`.
https://docs.datadoghq.com/monitors/types/metric/ and https://docs.datadoghq.com/api/latest/monitors/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sereno.vendors.datadog import query_words


class QueryFault(ValueError):
    """Not a monitor's query; `at` is the 0-based character where it stops making sense."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"{message}, at character {at + 1}")
        self.message, self.at = message, at


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Metric:
    """`aggregator:name{scope} by {groups}` and the functions after it, `.as_count()` among them."""

    aggregator: str
    name: str
    scope: tuple[str, ...]  # tags as written, sorted; none for {*}
    by: tuple[str, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()  # name, arguments as written
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """`default_zero(...)` and the like; `arguments` are those after the first, as written."""

    function: str
    argument: Node
    at: int = 0
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binary:
    op: str  # + - * /
    left: Node
    right: Node


Node = Number | Metric | Call | Binary


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """`time_aggregator(last_WINDOW):tree op threshold`; window in seconds."""

    time_aggregator: str
    window: int
    tree: Node
    op: str
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """`change(avg(last_5m),last_1h):...`: a value against what it was `back` seconds ago."""

    function: str  # change, or pct_change
    back: int
    asked: MetricQuery

    @property
    def op(self) -> str:
        return self.asked.op

    @property
    def threshold(self) -> Decimal:
        return self.asked.threshold


@dataclass(frozen=True, slots=True)
class BurnQuery:
    """The SLO's window, and both windows of the burn rate, in seconds."""

    slo: str
    over: int
    long: int
    short: int
    op: str
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class BudgetQuery:
    """The share of the budget spent over the SLO's window, in percent."""

    slo: str
    over: int
    op: str
    threshold: Decimal


Query = MetricQuery | ChangeQuery | BurnQuery | BudgetQuery

UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "mo": 2_592_000}
DEEPEST, LONGEST = 50, 400  # brackets, and what is computed with
_END: Final = re.compile(r"\s*(>=|<=|>|<)\s*(-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*$")
_WINDOW: Final = r"(avg|sum|min|max|percentile)\(last_(\d+)(mo|[smhdw])\)\s*"
_HEAD: Final = re.compile(rf"\s*{_WINDOW}:")
_CHANGE: Final = re.compile(rf"\s*(change|pct_change)\({_WINDOW},\s*last_(\d+)(mo|[smhdw])\)\s*:")
_SLO: Final = re.compile(r'\s*(burn_rate|error_budget)\("([^"]+)"\)((?:\.\w+\("\w+"\))*)\s*$')
_PART: Final = re.compile(r'\.(\w+)\("(\d+)(mo|[smhdw])"\)')
_METRIC: Final = re.compile(
    r"(?:(avg|sum|min|max|count|p(?:100|\d{1,2}(?:\.\d+)?)):)?([A-Za-z]\w*(?:\.\w+)*)\{"
)
_ARGUMENT: Final = re.compile(r"""\s*('[^']*'|"[^"]*"|[-\w.]+)\s*""")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_WORD: Final = re.compile(r"[a-z_]\w*")


def parse(text: str) -> Query:
    """The query. Raises `QueryFault`."""
    end = _END.search(text)
    if end is None:
        raise QueryFault("a query ends with >, >=, < or <= and a number", max(0, len(text) - 1))
    op, threshold = end[1], Decimal(end[2])
    body = text[: end.start()]
    if slo := _SLO.match(body):
        return _slo(slo, op, threshold)
    if change := _CHANGE.match(body):
        asked = _metric(body, change.end(), change.groups()[1:4], op, threshold)
        return ChangeQuery(change[1], int(change[5]) * UNITS[change[6]], asked)
    head = _HEAD.match(body)
    if head is None:
        raise QueryFault("a query begins with a time aggregation such as sum(last_5m):", 0)
    return _metric(body, head.end(), head.groups(), op, threshold)


def _metric(body: str, at: int, head: Sequence[str], op: str, threshold: Decimal) -> MetricQuery:
    tree = _tree(body, at)
    if next(metrics(tree), None) is None:
        raise QueryFault("it reads no metric", at)
    return MetricQuery(head[0], int(head[1]) * UNITS[head[2]], tree, op, threshold)


def _tree(body: str, at: int) -> Node:
    reader = _Reader(body, at)
    tree = reader.sum()
    if reader.rest():
        raise QueryFault(f"`{reader.rest()[:9]}` was not expected", reader.at)
    return tree


def metrics(tree: Node) -> Iterator[Metric]:
    """The metrics it reads, from the left."""
    match tree:
        case Metric():
            yield tree
        case Call(argument=argument):
            yield from metrics(argument)
        case Binary(left=left, right=right):
            yield from metrics(left)
            yield from metrics(right)


def parse_metrics(text: str) -> Node:
    """A metric query or formula without window and threshold, as a signal has it. Raises `QueryFault`."""
    return _tree(text, 0)


def _slo(found: re.Match[str], op: str, threshold: Decimal) -> Query:
    parts = {name: int(number) * UNITS[unit] for name, number, unit in _PART.findall(found[3])}
    wanted = {"over"} if found[1] == "error_budget" else {"over", "long_window", "short_window"}
    if set(parts) != wanted:
        names = ", ".join(f".{name}(...)" for name in sorted(wanted))
        raise QueryFault(f"{found[1]} takes {names}", found.start(3))
    if found[1] == "error_budget":
        return BudgetQuery(found[2], parts["over"], op, threshold)
    return BurnQuery(found[2], parts["over"], parts["long_window"], parts["short_window"], op, threshold)


class _Reader:
    """Recursive descent over the text; `at` is the character not yet taken."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at, self.depth, self.atoms = text, at, 0, 0

    def rest(self) -> str:
        self.at += len(self.text[self.at :]) - len(self.text[self.at :].lstrip())
        return self.text[self.at :]

    def operator(self, among: str) -> str:
        found = self.rest()[:1]
        if found and found in among:
            self.at += 1
            return found
        return ""

    def sum(self) -> Node:
        left = self.product()
        while op := self.operator("+-"):
            left = Binary(op, left, self.product())
        return left

    def product(self) -> Node:
        left = self.atom()
        while op := self.operator("*/"):
            left = Binary(op, left, self.atom())
        return left

    def atom(self) -> Node:
        rest = self.rest()
        self.atoms += 1
        if self.atoms > LONGEST:
            raise QueryFault(f"it computes with more than {LONGEST} metrics and numbers", self.at)
        if number := _NUMBER.match(rest):
            self.at += number.end()
            return Number(Decimal(number[0]))
        if self.operator("-"):
            return self.negative()
        if self.operator("("):
            return self.closed(self.inner())
        if metric := _METRIC.match(rest):
            return self.metric(metric)
        if (word := _WORD.match(rest)) and rest[word.end() : word.end() + 1] == "(":
            return self.call(word[0])
        raise QueryFault(f"a metric, a number or a function was expected, not `{rest[:9]}`", self.at)

    def negative(self) -> Node:
        """What stands behind a minus sign."""
        self.deeper()
        of = self.atom()
        self.depth -= 1
        return Number(-of.value) if isinstance(of, Number) else Binary("*", Number(Decimal(-1)), of)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryFault(f"brackets are more than {DEEPEST} deep", self.at)

    def inner(self) -> Node:
        """What stands between brackets."""
        self.deeper()
        found = self.sum()
        self.depth -= 1
        return found

    def closed(self, found: Node) -> Node:
        if not self.operator(")"):
            raise QueryFault("`)` was expected", self.at)
        return found

    def call(self, function: str) -> Node:
        """`function(of)` or `function(of, argument, ...)`."""
        at = self.at
        if not query_words.around(function):
            raise QueryFault(f"there is no function {function}()", at)
        self.at += len(function) + 1
        of, arguments = self.inner(), []
        while self.operator(","):
            found = _ARGUMENT.match(self.text, self.at)
            if found is None:
                raise QueryFault("an argument was expected", self.at)
            self.at = found.end()
            arguments.append(found[1])
        self.closed(of)
        return Call(function, of, at, tuple(arguments))

    def metric(self, found: re.Match[str]) -> Metric:
        at = self.at
        self.at += found.end() - 1
        scope = self.braces()
        by: tuple[str, ...] = ()
        if self.rest().startswith("by"):
            self.at += 2
            self.rest()
            by = self.braces()
        return Metric(found[1] or "avg", found[2], scope, by, tuple(self.functions()), at)

    def braces(self) -> tuple[str, ...]:
        """The tags between braces, which may nest: `{resource:/users/{id}}`."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            depth += {"{": 1, "}": -1}.get(self.text[self.at], 0)
            self.at += 1
            if depth == 0:
                if wrong := query_words.scope(self.text[start + 1 : self.at - 1]):
                    raise QueryFault(wrong, start)
                tags = [tag.strip() for tag in self.text[start + 1 : self.at - 1].split(",")]
                return tuple(sorted(tag for tag in tags if tag and tag != "*"))
        raise QueryFault("a `{` is not closed", start)

    def functions(self) -> Iterator[tuple[str, str]]:
        before: list[str] = []
        while found := re.match(r"\.(\w+)\(([^()]*)\)", self.text[self.at :]):
            if wrong := query_words.after(found[1], found[2].strip(), before):
                raise QueryFault(wrong, self.at)
            self.at += found.end()
            before.append(found[1])
            yield found[1], found[2].strip()
