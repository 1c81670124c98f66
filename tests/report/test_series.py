"""From a vendor's points to an objective's series: expressions, gaps, silence."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pytest

from sereno.language.expr import Binary, Expr, Name, Number
from sereno.language.model import DatadogMetric, Indicator, Ratio, RawRatio, Signal, System, Threshold
from sereno.report.observed import metrics, read
from sereno.report.ratios import bad_of_total
from sereno.report.series import Counts, Series, Values
from sereno.vendors.backend import Points, Unavailable
from tests.report.world import Memory, points, signal, slo, system

GOOD_OF_TOTAL = Ratio(total="total", good="good")
BAD_OF_TOTAL = Ratio(total="total", bad="bad")


def series(one: Indicator, known: dict[str, Points | Unavailable], *signals: Signal) -> Series | Unavailable:
    world = system(slo(indicator=one), signals=signals)
    return read(world, Memory(known).observe(metrics(world), 0, 10_000))[("checkout", "")]


def rows(found: Series | Unavailable) -> list[tuple[float, ...]]:
    assert not isinstance(found, Unavailable)
    columns = (found.bad, found.total) if isinstance(found, Counts) else (found.values,)
    return list(zip(found.times.tolist(), *(c.tolist() for c in columns), strict=True))


@pytest.mark.parametrize(
    ("indicator", "known", "expected", "note"),
    [
        pytest.param(
            GOOD_OF_TOTAL,
            {"good": points({60: 7, 120: 9}), "total": points({60: 8, 120: 9})},
            [(60, 1, 8), (120, 0, 9)],
            (),
            id="good of total",
        ),
        pytest.param(
            GOOD_OF_TOTAL,
            {"good": points({60: 7}), "total": points({60: 8, 120: 9})},
            [(60, 1, 8)],
            ("1 intervals have a total but no good count: not measured",),
            id="a silent good count is not measured",
        ),
        pytest.param(
            GOOD_OF_TOTAL,
            {"good": points({60: 7, 120: 10}), "total": points({60: 9, 120: 8})},
            [(60, 2, 9), (120, -2, 8)],
            ("good is more than total in 1 intervals (skewed clocks?)",),
            id="skewed clocks balance over the window",
        ),
        pytest.param(
            BAD_OF_TOTAL,
            {"bad": points({120: 3}), "total": points({60: 8, 120: 9})},
            [(60, 0, 8), (120, 3, 9)],
            (),
            id="a silent bad count is no failure",
        ),
        pytest.param(
            BAD_OF_TOTAL,
            {"total": points({60: 8})},
            [(60, 0, 8)],
            ("the bad count never spoke: taken as no failure; is its metric's name still right?",),
            id="a bad count that never spoke is said loudly",
        ),
        pytest.param(
            BAD_OF_TOTAL,
            {"bad": points({60: 2, 180: 5}), "total": points({60: 8})},
            [(60, 2, 8), (180, 5, 0)],
            ("1 intervals have a bad count but no total: counted as bad all the same",),
            id="a failure without a total is a failure",
        ),
        pytest.param(BAD_OF_TOTAL, {}, [], (), id="nothing at all"),
    ],
)
def test_ratios(
    indicator: Ratio,
    known: dict[str, Points | Unavailable],
    expected: list[tuple[float, ...]],
    note: tuple[str, ...],
) -> None:
    found = series(indicator, known)
    assert expected == rows(found)
    assert note == found.notes  # type: ignore[union-attr]


EVERY = range(0, 5 * 3600, 300)  # 60 intervals of five minutes
STOPS = "the bad count ends at 1970-01-01 02:55 UTC, the total goes on: since then taken as no failure"
BEGINS = "the bad count begins at 1970-01-01 02:00 UTC, the total before it: until then taken as no failure"
ASK = "is its metric's name still right?"


@pytest.mark.parametrize(
    ("bad", "notes"),
    [
        pytest.param(range(0, 3 * 3600, 300), (f"{STOPS}; {ASK}",), id="a metric renamed in mid-window"),
        pytest.param(range(7200, 18_000, 300), (f"{BEGINS}; {ASK}",), id="one that got its name there"),
        pytest.param(range(0, 14_400, 1_500), (), id="a count that speaks of failures only"),
        pytest.param(range(0, 14_400, 300), (), id="one that is silent for an hour"),
        pytest.param(range(0, 3_300, 300), (), id="one that spoke too rarely to expect more"),
        pytest.param([t for t in EVERY if t != 900], (), id="one that misses a point"),
    ],
)
def test_a_bad_count_that_spoke_with_the_total_is_missed(bad: Iterable[int], notes: tuple[str, ...]) -> None:
    total = points(dict.fromkeys(EVERY, 7), 300)
    assert bad_of_total(points(dict.fromkeys(bad, 0), 300), total).notes == notes


def test_a_bad_count_that_must_always_speak_is_not_measured_when_silent() -> None:
    known: dict[str, Points | Unavailable] = {"bad": points({120: 3}), "total": points({60: 8, 120: 9})}
    found = series(BAD_OF_TOTAL, known, signal("bad", always=True))
    assert rows(found) == [(120, 3, 9)]
    assert found.notes == ("1 intervals have a total but no bad count: not measured",)  # type: ignore[union-attr]


A, B = Name("good"), Name("bad")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        pytest.param(Binary("+", A, B), [(60, 12), (120, 20), (180, 3)], id="a sum counts what there is"),
        pytest.param(Binary("-", A, B), [(60, 8), (120, 20), (180, -3)], id="so does a difference"),
        pytest.param(Binary("*", A, B), [(60, 20)], id="a product needs both"),
        pytest.param(Binary("/", A, B), [(60, 5)], id="so does a quotient"),
        pytest.param(Binary("/", B, Binary("-", A, A)), [], id="a division by zero has no value"),
        pytest.param(Binary("*", Number(Decimal(3)), A), [(60, 30), (120, 60)], id="a number on the left"),
        pytest.param(Binary("-", A, Number(Decimal("0.5"))), [(60, 9.5), (120, 19.5)], id="and on the right"),
        pytest.param(
            Binary("*", A, Binary("+", Number(Decimal(1)), Number(Decimal(1)))),
            [(60, 20), (120, 40)],
            id="numbers among themselves",
        ),
    ],
)
def test_expressions(expr: Expr, expected: list[tuple[float, ...]]) -> None:
    known: dict[str, Points | Unavailable] = {
        "good": points({60: 10, 120: 20}),
        "bad": points({60: 2, 180: 3}),
    }
    made = Threshold(signal="made", op="lt", value=Decimal(1))
    assert expected == rows(series(made, known, signal("made", expr=expr)))


def test_values_of_a_raw_ratio_that_are_no_share_are_left_out_and_said() -> None:
    known: dict[str, Points | Unavailable] = {"share": points({60: 99.5, 120: 0, 180: 1, 240: -0.25})}
    found = series(RawRatio(raw="share", success=True), known)
    assert rows(found) == [(120, 0), (180, 1)]
    assert found.notes == (  # type: ignore[union-attr]
        "2 values of the raw ratio are not from 0 to 1: left out (are they percent?)",
    )


@pytest.mark.parametrize(
    ("indicator", "reason"),
    [
        pytest.param(GOOD_OF_TOTAL, "`total`: throttled", id="a metric that was refused"),
        pytest.param(
            Threshold(signal="made", op="lt", value=Decimal(1)),
            "the signal `made` is a plain number, not a metric",
            id="an expression over nothing",
        ),
        pytest.param(
            RawRatio(raw="foreign", success=True), "`foreign`: the back end has no such metric", id="foreign"
        ),
    ],
)
def test_what_cannot_be_asked_for_says_why(indicator: Indicator, reason: str) -> None:
    foreign = Signal(
        name="foreign",
        unit="",
        description="",
        emitted_by="aws",
        datadog=DatadogMetric(query="avg:x{*}"),
    )
    made = signal("made", expr=Binary("+", Number(Decimal(1)), Number(Decimal(2))))
    assert Unavailable(reason) == series(indicator, {"total": Unavailable("throttled")}, made, foreign)


def test_a_metric_that_was_not_asked_for_is_unavailable() -> None:
    assert Unavailable("`total`: it was not asked for") == read(system(), {})[("checkout", "")]


def test_not_a_number_is_no_data() -> None:
    found = series(RawRatio(raw="share", success=True), {"share": points({60: np.nan, 120: 0.5})})
    assert isinstance(found, Values)
    assert rows(found) == [(120, 0.5)]


def test_each_metric_is_asked_for_once_through_all_expressions() -> None:
    sums = signal("sums", expr=Binary("+", Name("good"), Name("total")))
    world: System = system(
        slo(indicator=Ratio(total="sums", good="good")), slo("other", indicator=BAD_OF_TOTAL), signals=[sums]
    )
    assert [m.metric for m in metrics(world)] == ["good", "total", "bad"]  # type: ignore[union-attr]
