"""CloudWatch metric math over aligned arrays, with CloudWatch's rules for missing data.

A time series is an array of shape (evaluations, datapoints), oldest to newest, NaN where there is
no datapoint; a scalar has shape (evaluations, 1). Every function of a row sees that row only: it is
the evaluation range of one evaluation, as CloudWatch hands it to the expression.

Between two series a missing datapoint counts as 0 where the other has one. Nothing else is filled:
dividing by zero, or a result that is no number, drops the datapoint.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sereno.engine import metric_math_functions as functions
from sereno.engine.metric_math_special import SPECIAL
from sereno.engine.metric_math_values import Context, Group, Scalar, Series, Unsupported, Value, members
from sereno.engine.series import Floats
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
)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What an expression may read: `values` by id, which of them are `metrics`, and where in time it is."""

    values: Mapping[str, Value]
    metrics: tuple[str, ...]
    context: Context


def compute(tree: Node, known: Known) -> Value:
    """The value of an expression. Raises `Unsupported`, which names what the engine has not."""
    try:
        with np.errstate(all="ignore"):
            return _value(tree, known)
    except RecursionError:
        raise Unsupported("an expression is nested too deep") from None


def _value(tree: Node, known: Known) -> Value:
    match tree:
        case Number(value=value):
            return Scalar(np.full((known.context.rows, 1), float(value)))
        case Id(name=name):
            return _named(name, known)
        case Negative(operand=operand):
            return _each(_value(operand, known), np.negative)
        case Binary(op=op, left=left, right=right):
            return _binary(op, _value(left, known), _value(right, known))
        case Array(items=items):
            return Group.of([_value(item, known) for item in items], known.context)
        case Call():
            return _call(tree, known)
        case Text(value=word) | Word(name=word):
            raise Unsupported(f"`{word}` stands where a metric or a number is expected")


def _named(name: str, known: Known) -> Value:
    if name not in known.values:
        raise Unsupported(f"no metric or expression has the id `{name}`")
    return known.values[name]


def _call(call: Call, known: Known) -> Value:
    name = call.function
    if name == "METRICS":
        return _metrics(call, known)
    if name == "IF":
        return _if([_value(argument, known) for argument in call.arguments], known.context)
    if name in functions.EACH:
        return _each(_value(_only(call), known), functions.EACH[name])
    if name in functions.ALONG:
        return _along(name, _value(_only(call), known), known.context)
    if name in functions.REDUCE:
        return functions.REDUCE[name](_value(_only(call), known))
    if name in SPECIAL:
        arguments = [a.name if isinstance(a, Word) else _value(a, known) for a in call.arguments]
        return SPECIAL[name](arguments, known.context)
    raise Unsupported(f"the function {name} is not one an alarm can be evaluated with here")


def _along(name: str, value: Value, context: Context) -> Value:
    if isinstance(value, Scalar):
        raise Unsupported(f"{name} takes a time series, not a number")
    return _each(value, lambda points: functions.ALONG[name](points, context))


def _only(call: Call) -> Node:
    if len(call.arguments) != 1:
        raise Unsupported(f"{call.function} takes one argument, not {len(call.arguments)}")
    return call.arguments[0]


def _metrics(call: Call, known: Known) -> Value:
    part = call.arguments[0].value if call.arguments and isinstance(call.arguments[0], Text) else ""
    chosen = [known.values[name] for name in known.metrics if part in name]
    return Group.of(chosen, known.context)


def _each(value: Value, change: Callable[[Floats], Floats]) -> Value:
    match value:
        case Scalar(points):
            return Scalar(_numbers(change(points)))
        case Series(points):
            return Series(_numbers(change(points)))
        case Group():
            return value.each(lambda points: _numbers(change(points)))


def _binary(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, Group) and isinstance(right, Group):
        raise Unsupported(f"`{op}` does not take two arrays of time series")
    if isinstance(left, Group):
        return left.each(lambda points: _pair(op, Series(points), right))
    if isinstance(right, Group):
        return right.each(lambda points: _pair(op, left, Series(points)))
    both_scalar = isinstance(left, Scalar) and isinstance(right, Scalar)
    return (Scalar if both_scalar else Series)(_pair(op, left, right))


def _pair(op: str, left: Value, right: Value) -> Floats:
    a, b = left.points, right.points
    if isinstance(left, Series) and isinstance(right, Series):
        a, b = _zero_where_other(a, b), _zero_where_other(b, a)
    values = _numbers(_OPERATORS[op](a, b))
    return np.where(np.isnan(a) | np.isnan(b), np.nan, values)


def _zero_where_other(points: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(points) & ~np.isnan(other), 0.0, points)


def _numbers(values: Floats) -> Floats:
    """Infinities are no datapoints."""
    return np.where(np.isfinite(values), values, np.nan)


_OPERATORS: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "==": lambda a, b: (a == b).astype(np.float64),
    "!=": lambda a, b: (a != b).astype(np.float64),
    "<": lambda a, b: (a < b).astype(np.float64),
    "<=": lambda a, b: (a <= b).astype(np.float64),
    ">": lambda a, b: (a > b).astype(np.float64),
    ">=": lambda a, b: (a >= b).astype(np.float64),
    "AND": lambda a, b: ((a != 0) & (b != 0)).astype(np.float64),
    "OR": lambda a, b: ((a != 0) | (b != 0)).astype(np.float64),
}


def _if(arguments: list[Value], context: Context) -> Value:
    """IF(condition, then, else): where the condition is missing, so is the result.

    A condition that is a series takes 0 for a missing `then`; a missing or omitted `else` drops the point.
    """
    if len(arguments) not in (2, 3) or any(isinstance(a, Group) for a in arguments):
        raise Unsupported("IF takes a condition and one or two time series or numbers")
    condition, then = arguments[0].points, arguments[1].points
    otherwise = arguments[2].points if len(arguments) == 3 else np.full((context.rows, 1), np.nan)
    if isinstance(arguments[0], Series):
        then = np.nan_to_num(then, nan=0.0)
    chosen = np.where(np.isnan(condition), np.nan, np.where(condition != 0, then, otherwise))
    return Series(np.broadcast_to(chosen, (context.rows, context.width)))


def series_of(value: Value) -> Floats:
    """The one time series an alarm watches. Raises `Unsupported` for a number or several series."""
    match value:
        case Series(points):
            return points
        case Group() if len(members(value)) == 1:
            return members(value)[0]
        case Scalar():
            raise Unsupported("the expression gives a single number, not a time series")
    raise Unsupported("the expression gives several time series, and an alarm watches one")
