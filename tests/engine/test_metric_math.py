"""Metric math: CloudWatch's published examples, each function, and a slow reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.metric_math import Known, compute, series_of
from sereno.engine.metric_math_values import Context, Series, Unsupported
from sereno.vendors.cloudwatch import metric_math
from sereno.vendors.cloudwatch.metric_math import SyntaxFault, parse

Points = list[float | None]
_ = None


def run(expression: str, **metrics: Points) -> Points:
    """The one series an expression gives, over minutes from the epoch on."""
    width = len(next(iter(metrics.values())))
    context = Context(np.arange(width)[None, :] * 60, 60)
    values = {
        name: Series(np.array([[np.nan if v is None else v for v in points]], dtype=np.float64))
        for name, points in metrics.items()
    }
    found = series_of(compute(parse(expression), Known(values, tuple(metrics), context)))[0]
    return [None if np.isnan(value) else float(value) for value in found]


A: Points = [30, 20, 0, 0]
B: Points = [20, _, 20, _]
CONDITION: Points = [1, 1, 0, 0, _]
THEN: Points = [30, _, 0, 0, 30]
OTHERWISE: Points = [0, 0, 20, _, 20]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("a < b", [0, 0, 1, 0], id="a missing side of a comparison is 0"),
        pytest.param("a >= 30", [1, 0, 0, 0], id="a series and a number"),
        pytest.param("a > 15 AND b > 15", [1, 0, 0, 0], id="two comparisons"),
        pytest.param("a > 15 && b > 15", [1, 0, 0, 0], id="the other way to write AND"),
    ],
)
def test_published_comparisons(expression: str, expected: Points) -> None:
    assert expected == run(expression, a=A, b=B)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("IF(c, x, y)", [30, 0, 20, _, _], id="two series"),
        pytest.param("IF(c, 5, y)", [5, 5, 20, _, _], id="a number, then a series"),
        pytest.param("IF(c, x, 5)", [30, 0, 5, 5, _], id="a series, then a number"),
        pytest.param("IF(c, x)", [30, 0, _, _, _], id="without an else"),
        pytest.param("IF(1, x, y)", [30, _, 0, 0, 30], id="a number for a condition: the series as it is"),
        pytest.param("IF(0, x)", [_] * 5, id="a false number and no else: nothing"),
    ],
)
def test_published_if(expression: str, expected: Points) -> None:
    assert expected == run(expression, c=CONDITION, x=THEN, y=OTHERWISE)


M: Points = [1, _, 3, 4]
N: Points = [_, _, 0, 2]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("m / n", [_, _, _, 2], id="dividing by zero, or by nothing, drops the point"),
        pytest.param("m + n", [1, _, 3, 6], id="nothing plus nothing is nothing"),
        pytest.param("-m^2", [-1, _, -9, -16], id="a power binds tighter than a sign"),
        pytest.param("2^3^2 + 0*m", [512, _, 512, 512], id="powers group from the right"),
        pytest.param("m - 1 - 1", [-1, _, 1, 2], id="differences group from the left"),
        pytest.param("1 OR m", [1, _, 1, 1], id="a number and a series"),
        pytest.param("SUM([m, n])", [1, _, 3, 6], id="SUM of an array"),
        pytest.param("AVG([m, n])", [0.5, _, 1.5, 3], id="AVG counts missing points as 0"),
        pytest.param("m - AVG(m)", [-1, _, 1, 2], id="AVG of a series, too"),
        pytest.param("MAX([m, n])", [1, _, 3, 4], id="MAX of those that are there"),
        pytest.param("MIN([m, n])", [1, _, 0, 2], id="MIN of those that are there"),
        pytest.param("STDDEV([m, n])", [0, _, 1.5, 1], id="STDDEV of a population"),
        pytest.param("DATAPOINT_COUNT([m, n])", [1, 0, 2, 2], id="how many have a point"),
        pytest.param("m / DATAPOINT_COUNT(m)", [1 / 3, _, 1, 4 / 3], id="how many points there are"),
        pytest.param("m / METRIC_COUNT(METRICS())", [0.5, _, 1.5, 2], id="all metrics of the request"),
        pytest.param('SUM(METRICS("n"))', [_, _, 0, 2], id="metrics by a part of their id"),
        pytest.param("DIFF(m)", [_, _, 2, 1], id="to the last point there was"),
        pytest.param("DIFF_TIME(m)", [_, _, 120, 60], id="and the seconds to it"),
        pytest.param("RATE(m) * 60", [_, _, 1, 1], id="their quotient"),
        pytest.param("RUNNING_SUM(m)", [1, _, 4, 8], id="a running sum"),
        pytest.param("FILL(m, 7)", [1, 7, 3, 4], id="filled with a number"),
        pytest.param("FILL(m, REPEAT)", [1, 1, 3, 4], id="filled with the last point"),
        pytest.param("FILL(m, LINEAR)", [1, 2, 3, 4], id="filled along a line"),
        pytest.param("FILL(n, LINEAR)", [_, _, 0, 2], id="no line without a first point"),
        pytest.param("FILL(n, m)", [1, _, 0, 2], id="filled with another series"),
        pytest.param("SUM(FILL([m, n], 1))", [2, 2, 3, 6], id="an array, filled"),
        pytest.param("FIRST(SORT([m, n], SUM, ASC))", [_, _, 0, 2], id="the smallest"),
        pytest.param("LAST(SORT([n, m], MAX, ASC))", [1, _, 3, 4], id="the greatest"),
        pytest.param("SUM(SORT([m, n], AVG, DESC, 1))", [1, _, 3, 4], id="the greatest one"),
        pytest.param("FIRST(SLICE([m, n], 1))", [_, _, 0, 2], id="from the second on"),
        pytest.param("SUM(SLICE([m, n, m], 0, 2))", [1, _, 3, 6], id="the first two"),
        pytest.param("FIRST(REMOVE_EMPTY([n / 0, m]))", [1, _, 3, 4], id="a series of nothing goes"),
        pytest.param("ABS(-m)", [1, _, 3, 4], id="ABS"),
        pytest.param("CEIL(m / 2)", [1, _, 2, 2], id="CEIL"),
        pytest.param("FLOOR(m / 2)", [0, _, 1, 2], id="FLOOR"),
        pytest.param("LOG10(m - 1)", [_, _, math.log10(2), math.log10(3)], id="no logarithm of 0"),
        pytest.param("LOG(n)", [_, _, _, math.log(2)], id="a natural logarithm"),
        pytest.param("TIME_SERIES(MAX(m))", [4, 4, 4, 4], id="a number at every point"),
        pytest.param("m * PERIOD(m)", [60, _, 180, 240], id="the seconds of a period"),
        pytest.param("MINUTE(m)", [0, 1, 2, 3], id="time is there where data is not"),
        pytest.param("DAY(m) + MONTH(m)", [5, 5, 5, 5], id="the epoch was a Thursday in January"),
        pytest.param("YEAR(m) + DATE(m) + HOUR(m)", [1971] * 4, id="and the first, at midnight"),
        pytest.param("EPOCH(m)", [0, 60, 120, 180], id="seconds since then"),
        pytest.param("MAX([m, n] * 2)", [2, _, 6, 8], id="an array times a number"),
        pytest.param("SUM(m / [m, n])", [1, _, 1, 3], id="a series over an array"),
        pytest.param("FILL(SUM(METRICS('zz') + m), 7)", [7] * 4, id="an array of no series, and a series"),
        pytest.param("FILL(SUM(FILL(METRICS('zz'), 0)), 7)", [7] * 4, id="an array of no series, filled"),
    ],
)
def test_functions(expression: str, expected: Points) -> None:
    assert expected == pytest.approx(run(expression, m=M, n=N))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        pytest.param("AVG(m)", "a single number", id="a number is no series"),
        pytest.param("[m, n]", "several time series", id="nor are two"),
        pytest.param("SEARCH('{A} B', 'Sum')", "SEARCH", id="SEARCH"),
        pytest.param("ANOMALY_DETECTION_BAND(m)", "ANOMALY_DETECTION_BAND", id="a model of AWS's"),
        pytest.param("sum(m)", "sum", id="a function in lower case"),
        pytest.param("m + x", "`x`", id="an id nobody has"),
        pytest.param("SUM(m, n)", "one argument", id="an argument too many"),
        pytest.param("[m, n] + [n, m]", "two arrays", id="two arrays"),
        pytest.param("MINUTE(3)", "not a number", id="the minute of a number"),
        pytest.param("FIRST(m)", "an array", id="the first of one"),
        pytest.param("SORT([m, n], MEDIAN, ASC)", "SORT takes", id="an order AWS does not have"),
    ],
)
def test_an_expression_the_engine_lacks_is_named(expression: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        run(expression, m=M, n=N)


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        pytest.param("m1 +", 4, id="nothing after the sign"),
        pytest.param("(m1", 3, id="a bracket not closed"),
        pytest.param("m1 m2", 3, id="no operator between"),
        pytest.param("m1 % 2", 3, id="an operator there is not"),
        pytest.param("SUM(m1,)", 7, id="an argument that is not there"),
        pytest.param("  $", 2, id="a sign there is not"),
    ],
)
def test_a_syntax_fault_has_its_place(expression: str, at: int) -> None:
    with pytest.raises(SyntaxFault) as caught:
        parse(expression)

    assert at == caught.value.at


def slow(tree: metric_math.Node, metrics: dict[str, Points], at: int) -> tuple[float | None, bool]:
    """One datapoint of an expression of operators and IF, and whether it is of a series."""
    match tree:
        case metric_math.Number(value=value):
            return float(value), False
        case metric_math.Id(name=name):
            return metrics[name][at], True
        case metric_math.Negative(operand=operand):
            value, series = slow(operand, metrics, at)
            return (None if value is None else -value), series
        case metric_math.Call(arguments=(condition, then, other)):
            (c, series), (t, _), (o, _) = (slow(a, metrics, at) for a in (condition, then, other))
            if c is None:
                return None, True
            return ((0.0 if t is None and series else t) if c != 0 else o), True
        case metric_math.Binary(op=op, left=left, right=right):
            (a, one), (b, two) = slow(left, metrics, at), slow(right, metrics, at)
            if one and two and (a is None) != (b is None):
                a, b = a or 0.0, b or 0.0
            return _operate(op, a, b), one or two
    raise AssertionError(tree)


def _operate(op: str, a: float | None, b: float | None) -> float | None:
    if a is None or b is None or (op == "/" and b == 0):
        return None
    both = {"AND": a != 0 and b != 0, "OR": a != 0 or b != 0, "<": a < b, ">=": a >= b, "==": a == b}
    if op in both:
        return float(both[op])
    return {"+": a + b, "-": a - b, "*": a * b}[op] if op != "/" else a / b


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "<", ">=", "==", "AND", "OR"])
    pair = st.tuples(inner, operators, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    choice = st.tuples(inner, inner, inner).map(lambda p: f"IF({p[0]}, {p[1]}, {p[2]})")
    return st.one_of(pair, choice, inner.map(lambda text: f"(-{text})"))


EXPRESSIONS = st.recursive(st.sampled_from(["a", "b", "c", "0", "2", "3.5"]), _grow, max_leaves=7)
SERIES = st.lists(st.one_of(st.none(), st.integers(-3, 5)), min_size=4, max_size=4)


@given(EXPRESSIONS, SERIES, SERIES, SERIES)
def test_agrees_with_a_slow_reference(expression: str, a: Points, b: Points, c: Points) -> None:
    metrics = {"a": a, "b": b, "c": c}
    tree = parse(expression)
    found = [slow(tree, metrics, at) for at in range(4)]
    if all(series for _, series in found):
        assert [value for value, _ in found] == pytest.approx(run(expression, **metrics))
