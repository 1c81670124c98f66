"""The expressions of an alarm's `Metrics`: read by the grammar, typed, and judged.

Each rule is a function of the queries; its name is its code (`math_syntax` is `cw-math-syntax`),
its docstring what `sereno explain` shows.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

from collections.abc import Iterator

from sereno.language.problem import did_you_mean
from sereno.vendors.cloudwatch.limits.insights import INSIGHTS_RULES
from sereno.vendors.cloudwatch.limits.queries import QUERY_RULES, Maths
from sereno.vendors.cloudwatch.limits.shape import Fault
from sereno.vendors.cloudwatch.metric_math import (
    Array,
    Call,
    Id,
    Negative,
    Node,
    Number,
    SyntaxFault,
    Text,
    Word,
    children,
    references,
    walk,
)
from sereno.vendors.cloudwatch.metric_math_types import (
    FUNCTIONS,
    KEYWORDS,
    OVER_THE_RANGE,
    misgiven,
    reads_text,
    type_of,
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
            if read not in maths.by_id and read not in _flags(tree):
                help_ = did_you_mean(read, (i for i in maths.ids if i != name))
                yield Fault(f"the expression `{name}` reads `{read}`, and Metrics has no such id", help_)
        for node in walk(tree):
            if isinstance(node, Word) and node.name not in KEYWORDS:
                yield Fault(
                    f"the expression `{name}` has `{node.name}`, which is neither an id nor a keyword",
                    "an id begins with a lower-case letter",
                )


def _flags(tree: Node) -> set[str]:
    """`true` and `false` among the arguments of LAMBDA, which are values there."""
    calls = (node for node in walk(tree) if isinstance(node, Call) and node.function == "LAMBDA")
    given = (argument for call in calls for argument in call.arguments)
    return {one.name for one in given if isinstance(one, Id)} & {"true", "false"}


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
    known, count = FUNCTIONS.get(call.function), len(call.arguments)
    if known is None:
        upper = call.function.upper()
        near = did_you_mean(upper, FUNCTIONS) or "the functions that there are: SUM, AVG, IF, FILL, RATE ..."
        help_ = f"write `{upper}`" if upper in FUNCTIONS else near
        yield Fault(
            f"the expression `{name}` calls `{call.function}`, which metric math does not have", help_
        )
    elif not known.least <= count <= known.most:
        wanted = f"{known.least}" if known.least == known.most else f"{known.least} to {known.most}"
        several = count > 1 == known.most and "array" in known.takes[0]
        help_ = f"write `{call.function}([...])` with them in brackets" if several else ""
        yield Fault(f"`{call.function}` in `{name}` has {count} arguments, and takes {wanted}", help_)


def math_types(maths: Maths) -> Iterator[Fault]:
    """A function takes a number, one time series or an array of them, as its entry of the reference says.

    `[m1, m2]` and METRICS() are arrays; they hold time series and no numbers.

    Breaks: `FIRST(m1)`, `ABS(5)`, `MAX([m1, 5])`, `TIME_SERIES(m1)`
    Keeps: `FIRST([m1, m2])`, `MAX([m1, TIME_SERIES(5)])`
    """
    for name, tree in maths.trees.items():
        for wrong, help_ in dict.fromkeys(misgiven(tree, maths.types)):
            yield Fault(f"the expression `{name}`: {wrong}", help_)


def math_of_metric(maths: Maths) -> Iterator[Fault]:
    """PERIOD() is asked of a metric, not of what an expression gives.

    Breaks: `PERIOD(m1 + m2)`; `PERIOD(e1)` where `e1` is an expression
    Keeps: `m1 / PERIOD(m1)`
    """
    for name, tree in maths.trees.items():
        for node in walk(tree):
            if isinstance(node, Call) and node.function == "PERIOD":
                asked = node.arguments[:1]
                if any(not isinstance(one, Id) or one.name in maths.trees for one in asked):
                    yield Fault(f"`PERIOD` in `{name}` is of an expression", "write the id of a metric")


def math_text(maths: Maths) -> Iterator[Fault]:
    """A text is for SEARCH, METRICS and their like; no operator and no other function computes with one.

    Breaks: `m1 + 'a'`, `ABS('m1')`
    Keeps: `SUM(METRICS("m"))`
    """
    for name, tree in maths.trees.items():
        read = {id(inner) for node in walk(tree) if reads_text(node) for inner in _arguments(node)}
        texts = (node for node in walk(tree) if isinstance(node, Text) and node is not tree)
        if any(id(node) not in read for node in texts):
            yield Fault(f"the expression `{name}` computes with a text", "write the id of a metric")


def _arguments(node: Node) -> Iterator[Node]:
    """The arguments of a call, and what stands in the lists among them."""
    for argument in children(node):
        yield argument
        if isinstance(argument, Array):
            yield from argument.items


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
        kind = maths.types.get(name, "unknown")
        if isinstance(maths.trees.get(name), Text):
            yield Fault(f"the expression `{name}` is a text", "compute with the ids of metrics")
        if name in maths.trees and kind in words:
            yield Fault(
                f"the expression `{name}` gives {words[kind]}, and an alarm watches one time series",
                "bring it to one series, as `SUM([m1, m2])` does",
            )


def math_over_the_range(maths: Maths) -> Iterator[Fault]:
    """SUM, AVG, MAX and their like over one series take all that was fetched.

    CloudWatch fetches more datapoints than the alarm has evaluation periods, and does not say how many.

    Breaks: `m1 / AVG(m1)`
    Keeps: a longer period with its statistic, such as `Average` over an hour
    """
    for name, tree in maths.trees.items():
        for node in walk(tree):
            if isinstance(node, Call) and _over_the_range(node, maths):
                message = f"`{node.function}` in `{name}` takes all that was fetched, not what is evaluated"
                yield Fault(message, "use a longer period and its statistic", "warning")


def _over_the_range(call: Call, maths: Maths) -> bool:
    one_series = len(call.arguments) == 1 and type_of(call.arguments[0], maths.types) == "series"
    return call.function in OVER_THE_RANGE and one_series


def band(maths: Maths) -> Iterator[Fault]:
    """`ThresholdMetricId` is the id of an `ANOMALY_DETECTION_BAND` among the `Metrics`.

    It returns data, beside what is watched, and its width is a number above 0. METRICS() and a second band in
    one expression are not for anomaly alarms.

    Breaks: `"ThresholdMetricId": "t1"` where `t1` is no band; a band with `"ReturnData": false`
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
    elif maths.band not in maths.returned and len(maths.returned) == 2:
        yield Fault(f"the band `{maths.band}` does not return data", "say `ReturnData: true` for it")
    for name, other in maths.trees.items():
        called = [node.function for node in walk(other) if isinstance(node, Call)]
        if "METRICS" in called:
            yield Fault(f"`METRICS()` in `{name}` is not for an anomaly alarm", "name the metric")
        if called.count("ANOMALY_DETECTION_BAND") > 1:
            yield Fault(f"`{name}` has more than one band", "write two expressions")


def _no_width(node: Node) -> bool:
    return isinstance(node, Negative) or (isinstance(node, Number) and node.value <= 0)


RULES = (
    *QUERY_RULES,
    math_syntax,
    math_unknown_id,
    math_function,
    math_types,
    math_of_metric,
    math_text,
    math_search,
    math_cycle,
    math_result,
    math_over_the_range,
    *INSIGHTS_RULES,
    band,
)
