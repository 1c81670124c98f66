"""What a monitor that counts its points was declared as: `counting.py`, read backwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sereno.language.model import HOUR, MINUTE
from sereno.vendors.datadog.counting import STEEP, Points
from sereno.vendors.datadog.query import Binary, Call, Metric, MetricQuery, Node, Number, metrics


@dataclass(frozen=True, slots=True)
class Declared:
    """M of N periods (seconds) of `asked`, whose window is one of them."""

    asked: MetricQuery
    datapoints: int
    periods: int
    gaps_breach: bool


def declared(asked: MetricQuery) -> Declared | None:
    """None of a monitor that counts nothing, or points of a length that is not known."""
    found, period = read(asked.tree), _period(asked)
    if asked.time_aggregator != "sum" or found is None or not period or asked.threshold % 1:
        return None
    (value, points), periods = found, asked.window // period
    above = asked.op in (">", ">=")
    m = int(asked.threshold) + {">": 1, "<": -1}.get(asked.op, 0)
    breaching = points if above else points.others
    op = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[breaching.op]
    one = MetricQuery("sum", period, _as_declared(value), op, breaching.limit)
    return Declared(one, m if above else periods - m, periods, not above)


def read(tree: Node) -> tuple[Node, Points] | None:
    """What `written` wrote: the value and which points are meant; None of anything else."""
    match tree:
        case Call("clamp_max", Call("clamp_min", inner, arguments=("0",)), arguments=("1",)):
            return _read(inner)
    return None


def _read(inner: Node) -> tuple[Node, Points]:
    match inner:
        case Binary("+", Binary("*", distance, Number(value)), Number(one)) if value == STEEP and one == 1:
            return _distance(distance, "gte", "lte", whole=False)
        case Binary("*", distance, Number(value)) if value == STEEP:
            return _distance(distance, "gt", "lt", whole=False)
    return _distance(inner, "gt", "lt", whole=True)


def _distance(distance: Node, above: str, below: str, *, whole: bool) -> tuple[Node, Points]:
    match distance:
        case Binary("-", Number(limit), value):
            return value, Points(below, limit, whole)
        case Binary("-", value, Number(limit)):
            return value, Points(above, limit, whole)
        case Binary("+", value, Number(limit)):
            return value, Points(above, -limit, whole)
    return distance, Points(above, Decimal(0), whole)


def _period(asked: MetricQuery) -> int:
    """Seconds of a point; a minute where nothing says it, in windows whose points are minutes."""
    every = [dict(metric.functions).get("rollup", "") for metric in metrics(asked.tree)]
    said = {text.rpartition(",")[2].strip() for text in every}
    if said == {""}:
        return MINUTE if asked.window < HOUR else 0
    only = said.pop() if len(said) == 1 else ""
    return int(only) if only.isdecimal() else 0


def _as_declared(tree: Node) -> Node:
    """The metrics as a signal has them: neither rolled up nor filled, and counts as counts."""
    match tree:
        case Metric():
            kept = tuple(each for each in tree.functions if each[0] != "rollup" and each != ("fill", "null"))
            added = dict(tree.functions).get("rollup", "").startswith("sum")
            counts = added and tree.aggregator in ("sum", "count")
            return replace(tree, functions=(("as_count", ""), *kept) if counts else kept)
        case Call(function, argument, at, arguments):
            return Call(function, _as_declared(argument), at, arguments)
        case Binary(op, left, right):
            return Binary(op, _as_declared(left), _as_declared(right))
    return tree
