"""Error budgets that Datadog's monitors watch, against the definition in fractions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from sereno.engine.datadog_slos import budget_monitor, evaluate_slo_monitor
from sereno.engine.datadog_windows import CannotEvaluateMonitor
from sereno.vendors.datadog.query import BudgetQuery, BurnQuery, parse
from tests.engine.series import Minutes

WEEK = BudgetQuery("x", 7 * 86_400, ">=", Decimal(75))
COUNTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 90)), min_size=1, max_size=40)


def counted(formula: str) -> dict[str, object]:
    """An SLO of 99 % over counts a and b."""
    queries = [
        {"data_source": "metrics", "name": n, "query": f"sum:{n}{{*}}.as_count()"} for n in ("bad", "total")
    ]
    formulas = {
        "good_events_formula": {"formula": formula},
        "bad_events_formula": {"formula": "default_zero(bad)"},
    }
    return {"target_threshold": 99.0, "sli_specification": {"count": {**formulas, "queries": queries}}}


@given(counts=COUNTS, minutes=st.integers(1, 20), spent=st.integers(1, 250), inclusive=st.booleans())
def test_a_budget_is_spent_when_the_bad_share_of_its_window_is_so_much_of_it(
    counts: list[tuple[int, int]], minutes: int, spent: int, inclusive: bool
) -> None:
    query = BudgetQuery("x", minutes * 60, ">=" if inclusive else ">", Decimal(spent))
    bad = [b for b, _ in counts]
    total = [b + good for b, good in counts]
    found = budget_monitor(query, np.array(bad), np.array(total), Decimal("0.9"))

    for at in range(len(counts)):
        first = max(0, at + 1 - minutes)
        failed, every = sum(bad[first : at + 1]), sum(total[first : at + 1])
        share = Fraction(failed, every) / Fraction(1, 10) * 100 if every else None
        expected = share is not None and (share >= spent if inclusive else share > spent)
        assert bool(found[at]) == expected


def test_what_is_spent_is_the_value_and_a_gap_is_nothing() -> None:
    history = Minutes(bad=[0, 3, None, 0], total=[100, 100, None, 100])
    found = evaluate_slo_monitor(WEEK, counted("total - default_zero(bad)"), history, start=0, end=240)

    assert [None if np.isnan(v) else round(float(v), 6) for v in found.values] == [0, 150, 150, 100]
    assert [found.at(60 * n) for n in range(1, 5)] == ["OK", "Alert", "Alert", "Alert"]


def test_three_quarters_exactly_are_at_least_three_quarters() -> None:
    bad, total = np.array([3]), np.array([400])

    assert budget_monitor(WEEK, bad, total, Decimal("0.99")).tolist() == [True]
    assert budget_monitor(replace(WEEK, op=">"), bad, total, Decimal("0.99")).tolist() == [False]


@pytest.mark.parametrize("end", ["< 75", ">= 0", "> -3"])
def test_what_is_no_share_is_not_judged(end: str) -> None:
    query = parse(f'error_budget("x").over("7d") {end}')

    with pytest.raises(CannotEvaluateMonitor, match="no share of a budget"):
        evaluate_slo_monitor(query, counted("total - bad"), Minutes(), start=0, end=60)


def test_a_silent_slice_is_good_time() -> None:
    """Four bad minutes of an hour, of which fifty are silent: 4/60 of 5 % burns 1.33 times."""
    query = parse('burn_rate("x").over("30d").long_window("1h").short_window("5m") > 4')
    slices = {
        "comparator": "<=",
        "threshold": 3.0,
        "query_interval_seconds": 60,
        "query": {
            "formulas": [{"formula": "a"}],
            "queries": [{"data_source": "metrics", "name": "a", "query": "max:a{*}"}],
        },
    }
    slo = {"target_threshold": 95.0, "sli_specification": {"time_slice": slices}}
    history = Minutes(a=[1] * 200 + [None] * 50 + [1] * 6 + [50] * 4 + [1] * 10)
    assert isinstance(query, BurnQuery)
    found = evaluate_slo_monitor(query, slo, history, start=200 * 60, end=270 * 60)

    assert found.at(262 * 60) == "OK"
    assert found.values[61] == pytest.approx(4 / 3)
