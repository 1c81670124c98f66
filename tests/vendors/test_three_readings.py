"""An expression over signals has one grammar and three readings, and they agree.

CloudWatch's metric math is computed by the engine and Datadog's formula by its parsed tree; both are
held against the tree read directly, on random series with gaps. CloudWatch's rule for a gap between two
series (the missing one counts 0, a division by 0 is no datapoint) is used for all three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.metric_math import Known, compute, series_of
from sereno.engine.metric_math_values import Context, Series
from sereno.language.expr import Binary, Expr, Name, Number, names
from sereno.vendors.cloudwatch import metric_math
from sereno.vendors.cloudwatch import metrics as cloudwatch
from sereno.vendors.datadog import metrics as datadog
from sereno.vendors.datadog import query

SIGNALS = ("good", "total", "late-rows")
CLOUDWATCH_IDS = {"good": "good", "total": "m2", "late-rows": "late_rows"}
DATADOG_QUERIES = {name: f"sum:app.{name.replace('-', '_')}{{*}}.as_count()" for name in SIGNALS}
WIDTH = 12

Values = Sequence[float]  # NaN where there is no datapoint
Apply = Callable[[float, float], float]


def divide(a: float, b: float) -> float:
    return a / b if b else math.nan


OPERATORS: Mapping[str, Apply] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": divide,
}


def point(op: str, a: float, b: float, *, constant: bool) -> float:
    """One datapoint of two. A constant is no series: it does not fill its neighbour's gap."""
    if not constant and not (math.isnan(a) and math.isnan(b)):
        a, b = (0.0 if math.isnan(x) else x for x in (a, b))
    return OPERATORS[op](a, b)


def directly(tree: Expr, series: Mapping[str, Values]) -> list[float]:
    match tree:
        case Name(name):
            return list(series[name])
        case Number(value):
            return [float(value)] * WIDTH
        case Binary(op, left, right):
            constant = not names(left) or not names(right)
            pairs = zip(directly(left, series), directly(right, series), strict=True)
            return [point(op, a, b, constant=constant) for a, b in pairs]


def by_cloudwatch(tree: Expr, series: Mapping[str, Values]) -> list[float]:
    values = {CLOUDWATCH_IDS[n]: Series(np.array([v], dtype=np.float64)) for n, v in series.items()}
    context = Context(np.arange(WIDTH, dtype=np.int64)[None, :] * 60, 60)
    parsed = metric_math.parse(cloudwatch.text(tree, CLOUDWATCH_IDS))
    found = series_of(compute(parsed, Known(values, tuple(values), context)))
    return [float(x) for x in np.broadcast_to(found, (1, WIDTH))[0]]


def by_datadog(tree: Expr, series: Mapping[str, Values]) -> list[float]:
    parsed = query.parse_metrics(datadog.formula(tree, DATADOG_QUERIES))
    return directly(_ours(parsed), series)


def _ours(node: query.Node) -> Expr:
    """Datadog's tree in our words."""
    match node:
        case query.Number(value):
            return Number(value)
        case query.Metric(name=name):
            return Name(name.removeprefix("app.").replace("_", "-"))
        case query.Binary(op, left, right):
            assert op in OPERATORS
            return Binary(op, _ours(left), _ours(right))  # type: ignore[arg-type]
    raise AssertionError(node)


def trees() -> st.SearchStrategy[Expr]:
    numbers = st.integers(0, 40).map(lambda n: Number(Decimal(n) / 4))
    leaf: st.SearchStrategy[Expr] = st.sampled_from(SIGNALS).map(Name) | numbers
    operator = st.sampled_from(["+", "-", "*", "/"])
    return st.recursive(leaf, lambda inner: st.builds(Binary, operator, inner, inner), max_leaves=10)


def with_gaps() -> st.SearchStrategy[dict[str, list[float]]]:
    one = st.one_of(st.just(math.nan), st.integers(0, 50).map(float))
    values = st.lists(one, min_size=WIDTH, max_size=WIDTH)
    return st.fixed_dictionaries(dict.fromkeys(SIGNALS, values))


def shown(values: Values) -> list[float | None]:
    """Infinities and what is no number are no datapoints."""
    return [x if math.isfinite(x) else None for x in values]


@given(trees().filter(names), with_gaps())
def test_three_readings_of_an_expression_agree_on_series_with_gaps(
    tree: Expr, series: dict[str, list[float]]
) -> None:
    expected = shown(directly(tree, series))
    assert shown(by_cloudwatch(tree, series)) == expected
    assert shown(by_datadog(tree, series)) == expected
