"""The `Metrics` of an alarm: how many, their ids and periods, and what each of them is.

Each rule is a function of the queries; its name is its code (`mixed_periods` is `cw-mixed-periods`),
its docstring what `sereno explain` shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.metric_math import Node, SyntaxFault, parse, references
from sereno.vendors.cloudwatch.metric_math_types import Type, type_of

Query = Mapping[str, Any]
_INSIGHTS = re.compile(r"\s*SELECT\s", re.IGNORECASE)
GROUPED = re.compile(r"\sGROUP\s+BY\s", re.IGNORECASE)
FIRST_ONE = re.compile(r"\sLIMIT\s+1\s*$", re.IGNORECASE)


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

    @cached_property
    def trees(self) -> Mapping[str, Node]:
        return {i: tree for i, tree in self.parsed.items() if not isinstance(tree, SyntaxFault)}

    @cached_property
    def types(self) -> Mapping[str, Type]:
        """What each id gives, as far as that can be told; what reads itself gives nothing."""
        found = {i: _fetched(query) for i, query in self.by_id.items() if i not in self.trees}
        order = TopologicalSorter({i: references(tree) for i, tree in self.trees.items()})
        with suppress(CycleError):
            order.prepare()
        while ready := order.get_ready():
            found |= {i: type_of(self.trees[i], found) for i in ready if i in self.trees}
            order.done(*ready)
        return found

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


def _fetched(query: Query) -> Type:
    """What a metric gives, or a Metrics Insights query."""
    if "MetricStat" in query:
        return "series"
    said = str(query.get("Expression", ""))
    if not _INSIGHTS.match(said):
        return "unknown"
    return "array" if GROUPED.search(said) and not FIRST_ONE.search(said) else "series"


def _is_math(query: Query) -> bool:
    expression = query.get("Expression")
    return expression is not None and "MetricStat" not in query and not _INSIGHTS.match(str(expression))


def maths_of(body: Mapping[str, Any]) -> Maths:
    """The queries of a sound body."""
    queries: Sequence[Query] = body.get("Metrics", ())
    return Maths(tuple(queries), str(body.get("ThresholdMetricId", "")))


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

    An expression has the period of its metrics; another one beside it is a warning.

    Breaks: one metric by the minute and another over five
    Keeps: both over five minutes; for two windows, two alarms and a composite
    """
    if len(maths.periods) > 1:
        said = ", ".join(str(period) for period in maths.periods)
        yield Fault(
            f"Metrics has the periods {said}", "use one period; for two windows, two alarms and a composite"
        )
    for name in maths.parsed:
        own = maths.by_id[name].get("Period")
        if own and maths.periods and own not in maths.periods:
            said = f"the expression `{name}` says a period of {own} s, and its metrics {maths.periods[0]} s"
            yield Fault(said, "leave it out, or write the same", "warning")


def metrics_period(maths: Maths) -> Iterator[Fault]:
    """An alarm whose expressions read no metric has no period but that of the expression.

    Without one the API answers "Period must not be null".
    https://github.com/aws/aws-cdk/issues/7155

    Breaks: `{"Id": "e1", "Expression": "INSIGHT_RULE_METRIC('r', 'Sum')"}`
    Keeps: the same with `"Period": 60`
    """
    said = maths.periods or any("MetricStat" in q or "Period" in q for q in maths.queries)
    if maths.parsed and not said:
        yield Fault(f"the expression `{next(iter(maths.parsed))}` has no `Period`", 'write `"Period": 60`')


QUERY_RULES = (
    metrics_count,
    metric_id_twice,
    metric_or_expression,
    return_data,
    mixed_periods,
    metrics_period,
)
