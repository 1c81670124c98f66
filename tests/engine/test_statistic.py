"""Statistics over sliding windows."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.series import Slots
from sereno.engine.statistic import window_values
from sereno.vendors.cloudwatch.statistic import StatisticFault, parse
from tests.engine.series import slots

SAMPLES = [3.0, 7.0, 11.0, 19.0, 23.0, 31.0, 43.0, 59.0, 67.0, 300.0]


def one_slot(samples: list[float]) -> Slots:
    array = np.array(sorted(samples))
    return Slots(0, *(np.array([v]) for v in (len(array), array.sum(), array[0], array[-1])), 60, {0: array})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("SampleCount", 10, id="all samples"),
        pytest.param("Sum", 563, id="their sum"),
        pytest.param("Average", 56.3, id="their mean"),
        pytest.param("Minimum", 3, id="the lowest"),
        pytest.param("Maximum", 300, id="the highest"),
        pytest.param("p50", 23, id="p50 is the fifth of ten"),
        pytest.param("p90", 67, id="p90 is the ninth"),
        pytest.param("p99", 300, id="p99 is the last"),
        pytest.param("p0", 3, id="p0 is the first"),
        pytest.param("tm90", 263 / 9, id="tm90 leaves the highest out"),
        pytest.param("TM(10%:90%)", 260 / 8, id="TM from both ends"),
        pytest.param("tc90", 9, id="tc90 counts nine"),
        pytest.param("TS(80%:)", 367, id="TS of the upper fifth"),
        pytest.param("IQM", (11 + 19 + 23 + 31 + 43 + 59) / 6, id="IQM keeps ranks 3 to 8"),
        pytest.param("wm90", (263 + 67) / 10, id="wm90 takes the highest for the ninth"),
        pytest.param("WM(20%:80%)", (7 * 2 + 11 + 19 + 23 + 31 + 43 + 59 * 3) / 10, id="WM at both ends"),
        pytest.param("TC(:300)", 10, id="an upper bound is included"),
        pytest.param("TC(3:67)", 8, id="a lower bound is excluded"),
        pytest.param("PR(:43)", 70, id="PR is a percentage"),
        pytest.param("TM(11:43)", (19 + 23 + 31 + 43) / 4, id="TM between values"),
        pytest.param("TS(59:)", 367, id="TS above a value"),
        pytest.param("WM(11:43)", (11 * 3 + 19 + 23 + 31 + 43 * 4) / 10, id="WM between values"),
        pytest.param("TC(400:)", 0, id="none above 400"),
    ],
)
def test_ten_samples(text: str, expected: float) -> None:
    assert math.isclose(expected, window_values(one_slot(SAMPLES), parse(text), 1, np.array([1]))[0])


@pytest.mark.parametrize("text", ["Sum", "SampleCount", "p99", "TC(:300)", "Minimum", "TM(10%:90%)"])
def test_a_window_without_data_has_no_value(text: str) -> None:
    values = window_values(slots([5, None, None, 8]), parse(text), 2, np.arange(5))

    assert np.isnan(values).tolist() == [True, False, False, True, False]


def test_a_window_of_zeros_after_fractions_is_zero() -> None:
    values = [0.1, 0.7, 0.3] * 50 + [0.0] * 10

    assert window_values(slots(values), parse("Sum"), 5, np.array([160]))[0] == 0.0


def test_a_slot_without_raw_samples_counts_as_its_average() -> None:
    twelve = Slots(0, np.array([12.0]), np.array([60.0]), np.array([1.0]), np.array([9.0]))

    assert [window_values(twelve, parse(t), 1, np.array([1]))[0] for t in ("p99", "TC(:5)")] == [5.0, 12.0]


@st.composite
def many(draw: st.DrawFn) -> Slots:
    """Slots with several samples each, some empty."""
    groups = draw(st.lists(st.lists(st.integers(-9, 30), max_size=5), min_size=1, max_size=14))
    arrays = [np.array(sorted(group), dtype=np.float64) for group in groups]
    figures = [np.array([f(a) if len(a) else np.nan for a in arrays]) for f in (np.sum, np.min, np.max)]
    count = np.array([float(len(a)) for a in arrays])
    return Slots(0, count, *figures, 60, {i: a for i, a in enumerate(arrays) if len(a)})


STATISTICS = ["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p0", "p37", "p99.9", "tm80", "ts35"]
STATISTICS += [
    "wm0",
    "TM(15%:70%)",
    "TC(10%:)",
    "wm70",
    "WM(20%:80%)",
    "PR(2:9)",
    "TS(:11)",
    "WM(0:8)",
    "TM(3:)",
]


def slow(samples: list[float], text: str) -> float:
    """The definition, over one list of samples."""
    statistic, n = parse(text), len(samples)
    samples = sorted(samples)
    plain = {"Sum": sum(samples), "Minimum": samples[0], "Maximum": samples[-1], "SampleCount": n}
    plain["Average"] = sum(samples) / n
    if statistic.kind in plain:
        return plain[statistic.kind]
    if statistic.percent:
        low = math.floor(n * Fraction(statistic.low or 0) / 100)
        edge = max(0, math.ceil(n * Fraction(statistic.low or 0) / 100) - 1)
        high = math.ceil(n * Fraction(100 if statistic.high is None else statistic.high) / 100)
        kept = samples[low:high]
        if statistic.kind == "p":
            return samples[max(0, high - 1)]
        edges = samples[edge] * low + samples[max(0, high - 1)] * (n - high)
        winsorized = (sum(kept) + edges) / n
    else:
        bottom = -math.inf if statistic.low is None else float(statistic.low)
        top = math.inf if statistic.high is None else float(statistic.high)
        kept = [s for s in samples if bottom < s <= top]
        winsorized = sum(min(max(s, bottom), top) for s in samples) / n
    figures = {"tc": len(kept), "ts": sum(kept), "pr": 100 * len(kept) / n, "wm": winsorized}
    figures["tm"] = sum(kept) / len(kept) if kept else math.nan
    return figures[statistic.kind]


@given(many(), st.sampled_from(STATISTICS), st.integers(1, 16))
def test_every_window_agrees_with_the_definition(data: Slots, text: str, width: int) -> None:
    n = len(data.count)
    values = window_values(data, parse(text), width, np.arange(n + 1))
    for end in range(n + 1):
        samples = [float(v) for i in range(max(0, end - width), end) for v in data.samples.get(i, [])]
        expected = slow(samples, text) if samples else math.nan

        assert values[end] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("sum", "is not a statistic", id="lower case"),
        pytest.param("p101", "not from 0 to 100", id="a percentile above 100"),
        pytest.param("TM(:)", "needs a bound", id="no bound"),
        pytest.param("TM(10%:300)", "both as percentages", id="a percentage and a value"),
        pytest.param("PR(1%:2%)", "takes values", id="PR of percentages"),
        pytest.param("TC(9:3)", "not below the upper", id="bounds the wrong way round"),
        pytest.param("TC(a:3)", "is not a number", id="a bound that is no number"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(StatisticFault, match=words):
        parse(text)
