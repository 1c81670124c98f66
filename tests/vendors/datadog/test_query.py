"""The grammar of monitors' queries: what Datadog takes, and what it does not."""

from __future__ import annotations

import pytest

from sereno.vendors.datadog import query, query_words


@pytest.mark.parametrize(
    "text",
    [
        "avg(last_5m):avg:a.b{c:d,!e:f} > 1",
        "avg(last_5m):avg:a.b{c:d AND NOT e:f} by {host} > 1",
        "avg(last_5m):avg:a.b{c IN (d,e) OR f:g} > 1",
        "avg(last_5m):-1 * avg:a.b{c:d} > -1",
        "avg(last_5m):moving_rollup(avg:a.b{c:d}, 60, 'avg') > 1",
        "avg(last_5m):top(avg:a.b{c:d} by {host}, 5, 'max', 'desc') > 1",
        "avg(last_5m):anomalies(avg:a.b{c:d}, 'basic', 2) >= 1",
        "avg(last_5m):ewma_5(avg:a.b{c:d}) > 1e3",
        "avg(last_5m):a.b{c:d} > .5",
        "avg(last_1h):avg:a.b{c:d}.fill(last, 300) > 1",
        "change(avg(last_5m),last_1h):avg:a.b{c:d} > 1",
        "pct_change(sum(last_1d), last_1w):sum:a.b{c:d}.as_count() < -20",
        "avg(last_1mo):p99.9:a.b{resource:/users/{id}} > 1",
    ],
)
def test_a_query_that_datadog_takes(text: str) -> None:
    asked = query.parse(text)
    tree = asked.asked.tree if isinstance(asked, query.ChangeQuery) else asked
    tree = tree.tree if isinstance(tree, query.MetricQuery) else tree

    assert [metric.name for metric in query.metrics(tree)] == ["a.b"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("avg(last_5m):avg:a.b{c:d}.bogus(1) > 1", "there is no function .bogus()"),
        ("avg(last_5m):bogus(avg:a.b{c:d}) > 1", "there is no function bogus()"),
        ("avg(last_5m):p101:a.b{c:d} > 1", "a metric, a number or a function was expected"),
        ("avg(last_5m):avg:a..b{c:d} > 1", "a metric, a number or a function was expected"),
        ("avg(last_5m):avg:a.b{} > 1", "the scope `{}` is empty"),
        ("avg(last_5m):avg:a.b{c:d e} > 1", "the tag `c:d e` has a space in it"),
        ("avg(last_5m):avg:a.b{c:d}.rollup(foo, zzz) > 1", ".rollup(foo, zzz) is none"),
        ("avg(last_5m):avg:a.b{c:d}.rollup(max, 0) > 1", ".rollup(max, 0) is none"),
        ("avg(last_5m):avg:a.b{c:d}.rollup(max, 60).rollup(max, 60) > 1", ".rollup() stands twice"),
        ("sum(last_5m):sum:a.b{c:d}.as_count().as_rate() > 1", "as a count and as a rate"),
        ("sum(last_5m):5 > 1", "it reads no metric"),
        ("count(last_5m):sum:a.b{c:d} > 1", "a query begins with a time aggregation"),
        ("avg(last_5m):top(avg:a.b{c:d}, ) > 1", "an argument was expected"),
        ("avg(last_5m):" + "-" * 99 + "avg:a.b{c:d} > 1", "more than 50 deep"),
    ],
)
def test_a_query_that_datadog_does_not_take(text: str, why: str) -> None:
    with pytest.raises(query.QueryFault) as raised:
        query.parse(text)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("max:a.b{c:d}.as_count()", "max of counts is none"),
        ("p99:a.b{c:d}.as_count()", "p99 of counts is none"),
        ("max:a.b{c:d}.rollup(max, 7)", ".rollup() to 7 s"),
        ("sum:a.b{c:d}.as_count().rollup(sum, 120)", ""),
    ],
)
def test_what_is_in_the_grammar_and_makes_no_sense(text: str, why: str) -> None:
    (metric,) = query.metrics(query.parse_metrics(text))

    assert "; ".join(query_words.odd(metric)).startswith(why)
