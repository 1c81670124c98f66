"""The `Metrics` of an alarm: ids, counts, and expressions read by the grammar and typed.

Each rule is a function of the queries; its name is its code (`math_syntax` is `cw-math-syntax`),
its docstring what `sereno explain` shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sereno.language.problem import did_you_mean
from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.metric_math import (
    Call,
    Negative,
    Node,
    Number,
    SyntaxFault,
    Text,
    Word,
    children,
    parse,
    references,
    walk,
)
from sereno.vendors.cloudwatch.metric_math_types import FUNCTIONS, OVER_THE_RANGE, Type, type_of
from sereno.vendors.cloudwatch.statistic import PLAIN

Query = Mapping[str, Any]
_INSIGHTS = re.compile(r"\s*SELECT\s", re.IGNORECASE)
_WORDS = ("REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MIN", "MAX", "SUM")
# What INSIGHT_RULE_METRIC may give of a Contributor Insights rule.
_OF_A_RULE = ("UniqueContributors", "MaxContributorValue", *PLAIN)


@dataclass(frozen=True)
class Maths:
    """The queries of one alarm, their expressions parsed once."""

    queries: tuple[Query, ...]
    band: str = ""  # ThresholdMetricId

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(str(query.get("Id", "")) for query in self.queries)

    @cached_property
    def by_id(self) -> Mapping[str, Query]:
        return dict(zip(self.ids, self.queries, strict=True))

    @cached_property
    def parsed(self) -> Mapping[str, Node | SyntaxFault]:
        """The tree of each expression that is metric math, or why there is none."""
        return {i: _parsed(q["Expression"]) for i, q in self.by_id.items() if _is_math(q)}

    @property
    def trees(self) -> Mapping[str, Node]:
        return {i: tree for i, tree in self.parsed.items() if not isinstance(tree, SyntaxFault)}

    @property
    def returned(self) -> tuple[str, ...]:
        """The ids whose data the alarm watches; ReturnData is true unless it is said."""
        return tuple(i for i, q in zip(self.ids, self.queries, strict=True) if q.get("ReturnData", True))

    @property
    def periods(self) -> tuple[int, ...]:
        stats = (q["MetricStat"] for q in self.queries if "MetricStat" in q)
        own = (self.by_id[i].get("Period") for i in self.insights)
        return tuple(dict.fromkeys(p for p in (*(s.get("Period") for s in stats), *own) if p))

    @property
    def insights(self) -> tuple[str, ...]:
        """The ids of Metrics Insights queries."""
        return tuple(
            i
            for i, q in self.by_id.items()
            if "Expression" in q and "MetricStat" not in q and not _is_math(q)
        )


@lru_cache(maxsize=4_096)
def _parsed(expression: str) -> Node | SyntaxFault:
    try:
        return parse(expression)
    except SyntaxFault as fault:
        return fault


def _is_math(query: Query) -> bool:
    expression = query.get("Expression")
    return expression is not None and "MetricStat" not in query and not _INSIGHTS.match(str(expression))


def metrics_count(maths: Maths) -> Iterator[Fault]:
    """An alarm reads at most 10 metrics through at most 10 expressions.

    Breaks: an expression over eleven metrics
    Keeps: ten; or two alarms and a composite
    """
    for kind in ("MetricStat", "Expression"):
        count = sum(kind in query for query in maths.queries)
        if count > 10:
            yield Fault(
                f"Metrics has {count} entries with `{kind}`, and may have 10", "split it into two alarms"
            )


def metric_id_twice(maths: Maths) -> Iterator[Fault]:
    """Each entry of `Metrics` has an id of its own, or an expression could mean either.

    Breaks: two entries with `"Id": "m1"`
    Keeps: `m1` and `m2`
    """
    for name, times in Counter(maths.ids).items():
        if name and times > 1:
            yield Fault(f"Metrics has the id `{name}` {times} times", "give each entry its own id")


def metric_or_expression(maths: Maths) -> Iterator[Fault]:
    """An entry of `Metrics` either fetches a metric (`MetricStat`) or computes (`Expression`).

    Breaks: an entry with both, or with neither
    Keeps: an entry with one of them
    """
    for name, query in zip(maths.ids, maths.queries, strict=True):
        both = ("MetricStat" in query, "Expression" in query)
        if both[0] == both[1]:
            said = (
                "both `MetricStat` and `Expression`" if both[0] else "neither `MetricStat` nor `Expression`"
            )
            yield Fault(f"Metrics: `{name}` has {said}", "write one of them")


def return_data(maths: Maths) -> Iterator[Fault]:
    """Exactly one entry of `Metrics` is what the alarm watches; `ReturnData` is true unless it says false.

    An anomaly alarm returns two: the metric, and its band.

    Breaks: two metrics and an expression, none of which says `"ReturnData": false`
    Keeps: the expression with `"ReturnData": true`, all others with false
    """
    wanted = 2 if maths.band else 1
    if maths.queries and len(maths.returned) != wanted:
        said = ", ".join(f"`{name}`" for name in maths.returned) or "none"
        yield Fault(
            f"Metrics must return {wanted} of its entries, and returns {len(maths.returned)} ({said})",
            "say `ReturnData: true` for what the alarm watches, and false for the others",
        )


def mixed_periods(maths: Maths) -> Iterator[Fault]:
    """All metrics of an alarm have the same period.

    Breaks: one metric by the minute and another over five
    Keeps: both over five minutes; for two windows, two alarms and a composite
    """
    if len(maths.periods) > 1:
        said = ", ".join(str(period) for period in maths.periods)
        yield Fault(
            f"Metrics has the periods {said}", "use one period; for two windows, two alarms and a composite"
        )


def math_syntax(maths: Maths) -> Iterator[Fault]:
    """An expression must be metric math: operands, operators and functions, with their brackets closed.

    Breaks: `(m1 / m2`, `m1 +`
    Keeps: `100 * (m1 / m2)`
    """
    for name, fault in maths.parsed.items():
        if isinstance(fault, SyntaxFault):
            yield Fault(
                f"the expression `{name}` cannot be read: {fault}", "see the metric math syntax of CloudWatch"
            )


def math_unknown_id(maths: Maths) -> Iterator[Fault]:
    """An expression reads the ids of the other entries of `Metrics`, and nothing else.

    Breaks: `m1 / m3` where `Metrics` has `m1` and `m2`
    Keeps: `m1 / m2`
    """
    for name, tree in maths.trees.items():
        for read in references(tree):
            if read not in maths.by_id:
                help_ = did_you_mean(read, (i for i in maths.ids if i != name))
                yield Fault(f"the expression `{name}` reads `{read}`, and Metrics has no such id", help_)
        for node in walk(tree):
            if isinstance(node, Word) and node.name not in (*_WORDS, *_OF_A_RULE):
                yield Fault(
                    f"the expression `{name}` has `{node.name}`, which is neither an id nor a keyword",
                    "an id begins with a lower-case letter",
                )


def math_function(maths: Maths) -> Iterator[Fault]:
    """A function must be one that metric math has, in upper case, with as many arguments as it takes.

    Breaks: `sum([m1, m2])`, `MEDIAN(m1)`, `IF(m1)`
    Keeps: `SUM([m1, m2])`, `IF(m1 > 5, m1, 0)`
    """
    for name, tree in maths.trees.items():
        for node in walk(tree):
            if isinstance(node, Call):
                yield from _function(name, node)


def _function(name: str, call: Call) -> Iterator[Fault]:
    known = FUNCTIONS.get(call.function)
    if known is None:
        upper = call.function.upper()
        help_ = f"write `{upper}`" if upper in FUNCTIONS else did_you_mean(upper, FUNCTIONS)
        yield Fault(
            f"the expression `{name}` calls `{call.function}`, which metric math does not have", help_
        )
    elif not known.least <= len(call.arguments) <= (known.most or len(call.arguments)):
        wanted = f"{known.least}" if known.least == known.most else f"{known.least} to {known.most or 'many'}"
        count = len(call.arguments)
        yield Fault(f"`{call.function}` in `{name}` has {count} arguments, and takes {wanted}")


_READS_TEXT = ("SEARCH", "METRICS", "INSIGHT_RULE_METRIC", "DB_PERF_INSIGHTS", "LAMBDA")


def math_text(maths: Maths) -> Iterator[Fault]:
    """A text is for SEARCH, METRICS and their like; no operator and no other function computes with one.

    Breaks: `m1 + 'a'`, `ABS('m1')`
    Keeps: `SUM(METRICS("m"))`
    """
    for name, tree in maths.trees.items():
        for node in walk(tree):
            takes = isinstance(node, Call) and (
                node.function in _READS_TEXT or node.function not in FUNCTIONS
            )
            if not takes and any(isinstance(inner, Text) for inner in children(node)):
                yield Fault(f"the expression `{name}` computes with a text", "write the id of a metric")


def math_search(maths: Maths) -> Iterator[Fault]:
    """An alarm cannot watch what a SEARCH finds: the metrics must be named.

    Breaks: `SUM(SEARCH('{AWS/Lambda} Errors', 'Sum', 300))`
    Keeps: the metrics one by one, or a Metrics Insights query
    """
    for name, tree in maths.trees.items():
        if any(isinstance(node, Call) and node.function == "SEARCH" for node in walk(tree)):
            yield Fault(
                f"the expression `{name}` searches, which alarms do not",
                "name the metrics, or use a Metrics Insights query (SELECT ...)",
            )


def math_cycle(maths: Maths) -> Iterator[Fault]:
    """Expressions may read each other, but not in a circle.

    Breaks: `e1` is `e2 + 1` and `e2` is `e1 * 2`
    Keeps: `e1` reads metrics only
    """
    for name in maths.trees:
        if name in _reached(maths, name):
            yield Fault(f"the expression `{name}` reads itself", "break the circle")


def _reached(maths: Maths, name: str) -> set[str]:
    found: set[str] = set()
    waiting = list(references(maths.trees[name]))
    while waiting:
        read = waiting.pop()
        if read not in found:
            found.add(read)
            waiting += references(maths.trees[read]) if read in maths.trees else ()
    return found


def math_result(maths: Maths) -> Iterator[Fault]:
    """What an alarm watches must be one time series, not a number and not several series.

    `SUM` of one metric is a number (over whatever was fetched); `[m1, m2]` and `METRICS()` are several.

    Breaks: `SUM(m1)`, `METRICS()`
    Keeps: `SUM([m1, m2])`, `m1 / m2`
    """
    if maths.band:
        return
    words = {"number": "a number", "array": "several time series"}
    for name in maths.returned:
        kind = _type(maths, name, frozenset())
        if isinstance(maths.trees.get(name), Text):
            yield Fault(f"the expression `{name}` is a text", "compute with the ids of metrics")
        if name in maths.trees and kind in words:
            yield Fault(
                f"the expression `{name}` gives {words[kind]}, and an alarm watches one time series",
                "bring it to one series, as `SUM([m1, m2])` does",
            )


def _type(maths: Maths, name: str, seen: frozenset[str]) -> Type:
    if name in seen or name not in maths.by_id:
        return "unknown"
    if name not in maths.trees:
        return "series" if "MetricStat" in maths.by_id[name] else "unknown"
    tree = maths.trees[name]
    known = {read: _type(maths, read, seen | {name}) for read in references(tree)}
    return type_of(tree, known)


def math_over_the_range(maths: Maths) -> Iterator[Fault]:
    """SUM, AVG, MAX and their like over one series take all that was fetched.

    CloudWatch fetches more datapoints than the alarm has evaluation periods, and does not say how many.

    Breaks: `m1 / AVG(m1)`
    Keeps: a longer period with its statistic, such as `Average` over an hour
    """
    for name, tree in maths.trees.items():
        known = {read: _type(maths, read, frozenset({name})) for read in references(tree)}
        for node in walk(tree):
            if isinstance(node, Call) and _over_the_range(node, known):
                message = f"`{node.function}` in `{name}` takes all that was fetched, not what is evaluated"
                yield Fault(message, "use a longer period and its statistic", "warning")


def _over_the_range(call: Call, known: Mapping[str, Type]) -> bool:
    one_series = len(call.arguments) == 1 and type_of(call.arguments[0], known) == "series"
    return call.function in OVER_THE_RANGE and one_series


def insights_alone(maths: Maths) -> Iterator[Fault]:
    """A Metrics Insights query (SELECT ...) is an alarm's only query, and says its `Period`.

    Breaks: two SELECT queries, or one without `Period`
    Keeps: `{"Id": "q1", "Expression": "SELECT ...", "Period": 300}`
    """
    if len(maths.insights) > 1:
        yield Fault(f"Metrics has {len(maths.insights)} Metrics Insights queries, and may have one")
    for name in maths.insights:
        if "Period" not in maths.by_id[name]:
            yield Fault(f"the Metrics Insights query `{name}` has no `Period`", 'write `"Period": 60`')


_NAME = r"""(?:(?:[A-Za-z_]\w*\.)?"(?:[^"\\]|\\.)+"|[A-Za-z_][\w.:#@-]*)"""
_NAMES = rf"{_NAME}(?:\s*,\s*{_NAME})*"
_VALUE = r"""'(?:[^'\\]|\\.|'')*'"""
_REDUCES = r"(?:AVG|COUNT|MAX|MIN|SUM)\s*\("
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
_SELECT = re.compile(
    rf"""\s*SELECT\s+{_REDUCES}\s*(?:"[^"]+"|[^\s()",]+)\s*\)
    \s*FROM\s+(?:SCHEMA\s*\(\s*{_NAMES}\s*\)|{_NAME})
    (?:\s*WHERE\s+{_NAME}\s*!?=\s*{_VALUE}(?:\s*AND\s+{_NAME}\s*!?=\s*{_VALUE})*)?
    (?:\s*GROUP\s+BY\s+{_NAMES})?
    (?:\s*ORDER\s+BY\s+{_REDUCES}\s*\)(?:\s*(?:ASC|DESC))?)?
    (?:\s*LIMIT\s+(?:[1-9]\d?|[1-4]\d\d|500))?\s*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def insights_syntax(maths: Maths) -> Iterator[Fault]:
    """A Metrics Insights query selects AVG, COUNT, MAX, MIN or SUM of one metric FROM a namespace.

    Then WHERE key = 'value' AND ..., GROUP BY keys, ORDER BY SUM() DESC and LIMIT 1 to 500, each or none, in
    this order. A name with a slash or a space is quoted.

    Breaks: `SELECT Failed FROM Shop`, `SELECT MEDIAN(Failed) FROM Shop`, `SELECT SUM(Failed) FROM AWS/EC2`
    Keeps: `SELECT SUM(Failed) FROM Shop`, `SELECT MAX(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)`
    """
    for name in maths.insights:
        if not _SELECT.fullmatch(str(maths.by_id[name]["Expression"])):
            yield Fault(
                f"the query `{name}` cannot be read", "write such as `SELECT SUM(Failed) FROM Shop WHERE ...`"
            )


def band(maths: Maths) -> Iterator[Fault]:
    """`ThresholdMetricId` is the id of an `ANOMALY_DETECTION_BAND` among the `Metrics`.

    Its width is a number above 0. METRICS() and metrics of different periods are not for anomaly alarms.

    Breaks: `"ThresholdMetricId": "t1"` where `t1` is no band
    Keeps: `{"Id": "t1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}`
    """
    if not maths.band:
        return
    tree = maths.trees.get(maths.band)
    if not (isinstance(tree, Call) and tree.function == "ANOMALY_DETECTION_BAND"):
        yield Fault(
            f"ThresholdMetricId `{maths.band}` is not the id of an ANOMALY_DETECTION_BAND",
            "add `ANOMALY_DETECTION_BAND(m1, 2)` to Metrics, and name its id",
        )
    elif any(_no_width(width) for width in tree.arguments[1:2]):
        yield Fault(f"the band `{maths.band}` has no width above 0", "write such as 2")
    for name, other in maths.trees.items():
        if any(isinstance(node, Call) and node.function == "METRICS" for node in walk(other)):
            yield Fault(f"`METRICS()` in `{name}` is not for an anomaly alarm", "name the metric")


def _no_width(node: Node) -> bool:
    return isinstance(node, Negative) or (isinstance(node, Number) and node.value <= 0)


RULES = (
    metrics_count,
    metric_id_twice,
    metric_or_expression,
    return_data,
    mixed_periods,
    math_syntax,
    math_unknown_id,
    math_function,
    math_text,
    math_search,
    math_cycle,
    math_result,
    math_over_the_range,
    insights_alone,
    insights_syntax,
    band,
)


def maths_of(body: Mapping[str, Any]) -> Maths:
    """The queries of a sound body."""
    queries: Sequence[Query] = body.get("Metrics", ())
    return Maths(tuple(queries), str(body.get("ThresholdMetricId", "")))
