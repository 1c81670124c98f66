"""The metric store keeps what CloudWatch would: statistic sets and raw values, slot by slot."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.local import metrics
from sereno.local.clock import Clock
from sereno.local.metrics import MetricStore, key

T0 = 1_800_000_000  # a whole hour
CLOCK = Clock(warp=60.0, t0=T0)
LATENCY = key("Sereno/local", "GetLatency", {"service": "users-api"})


def _store(*puts: tuple[int, Sequence[float]]) -> MetricStore:
    store = MetricStore(CLOCK)
    for when, values in puts:
        store.put_slot(LATENCY, when, values)
    return store


def test_a_slot_holds_count_total_lowest_and_highest() -> None:
    slots = _store((T0 + 61, [7.0, 2.0]), (T0 + 119, [11.0])).read(LATENCY, T0, T0 + 180)
    assert slots.count.tolist() == [0, 3, 0]
    assert (slots.total[1], slots.low[1], slots.high[1]) == (20.0, 2.0, 11.0)


def test_silence_is_a_count_of_zero_and_nothing_else() -> None:
    slots = _store((T0, [5.0])).read(LATENCY, T0 - 120, T0)
    assert slots.count.tolist() == [0, 0]
    assert np.isnan(np.concatenate((slots.total, slots.low, slots.high))).all()


def test_an_unknown_metric_is_silent() -> None:
    assert _store().read(key("A", "b"), T0, T0 + 120).count.tolist() == [0, 0]


def test_an_empty_window_has_no_slots() -> None:
    assert len(_store((T0, [5.0])).read(LATENCY, T0, T0).count) == 0


def test_a_window_begins_with_the_slot_that_holds_its_start() -> None:
    slots = _store((T0, [5.0])).read(LATENCY, T0 + 30, T0 + 90)
    assert (slots.start, slots.resolution, slots.count.tolist()) == (T0, 60, [1, 0])


def test_raw_values_come_back_sorted_and_as_often_as_they_came() -> None:
    store = _store((T0, [3.0, 1.0]), (T0 + 60, [9.0]), (T0, [3.0, 2.0]))
    assert store.read(LATENCY, T0, T0 + 60).samples[0].tolist() == [1.0, 2.0, 3.0, 3.0]


def test_late_values_join_a_slot_that_had_only_one_distinct_value() -> None:
    store = _store((T0, [4.0, 4.0]), (T0 + 60, [9.0]), (T0, [6.0]))
    assert store.read(LATENCY, T0, T0 + 60).samples[0].tolist() == [4.0, 4.0, 6.0]


def test_a_slot_of_one_distinct_value_needs_no_raw_values() -> None:
    slots = _store((T0, [1.0] * 5)).read(LATENCY, T0, T0 + 60)
    assert (slots.count[0], slots.total[0], dict(slots.samples)) == (5.0, 5.0, {})


def test_a_reader_keeps_what_it_read_while_values_arrive() -> None:
    store = _store((T0, [1.0, 2.0]))
    before = store.read(LATENCY, T0, T0 + 60)
    store.put_slot(LATENCY, T0, [3.0])
    assert (before.count[0], before.samples[0].tolist()) == (2.0, [1.0, 2.0])


def test_a_wall_time_becomes_a_metric_time() -> None:
    store = MetricStore(Clock(warp=60.0))
    wall = store.clock.t0 - 10  # ten seconds before the stack: ten metric minutes
    store.put("Sereno/local", "GetLatency", {"service": "users-api"}, [8.0], at=wall)
    minute = int(store.clock.t0 - 600) // 60 * 60
    assert store.read(LATENCY, minute, minute + 60).total.tolist() == [8.0]


def test_the_order_of_dimensions_does_not_make_another_metric() -> None:
    assert key("N", "m", {"b": "2", "a": "1"}) == key("N", "m", {"a": "1", "b": "2"})


def test_a_metric_keeps_the_unit_it_first_came_with() -> None:
    store = MetricStore(CLOCK)
    store.put_slot(LATENCY, T0, [1.0], "Milliseconds")
    assert (store.unit(LATENCY), store.unit(key("A", "b")), store.list()) == (
        "Milliseconds",
        "None",
        (LATENCY,),
    )


def test_seconds_are_kept_where_they_are_asked_for_and_minutes_always() -> None:
    store = MetricStore(CLOCK)
    store.put_slot(LATENCY, T0 + 2, [5.0], resolution=1)
    fine = store.read(LATENCY, T0, T0 + 4)
    assert (fine.resolution, fine.count.tolist()) == (1, [0, 0, 1, 0])
    coarse = store.read(LATENCY, T0 - 4 * 3_600, T0 + 60)
    assert (coarse.resolution, coarse.count[-1]) == (60, 1)


@pytest.mark.parametrize(
    ("values", "kept", "reason"),
    [
        pytest.param([float("nan"), 2.0], 1, "not a finite number", id="a value that is no number"),
        pytest.param([float("inf")], 0, "not a finite number", id="a value without end"),
    ],
)
def test_what_is_turned_away_is_counted(values: list[float], kept: int, reason: str) -> None:
    store = _store((T0, values))
    assert store.read(LATENCY, T0, T0 + 60).count.sum() == kept
    assert store.dropped == {reason: len(values) - kept}


@pytest.mark.parametrize("days", [-15, 1], ids=["two weeks old", "a day ahead"])
def test_a_wall_time_cloudwatch_would_refuse_is_refused(days: int) -> None:
    store = MetricStore(Clock())
    store.put("N", "m", {}, [1.0, 2.0], at=store.clock.now() + days * 86_400)
    assert (store.list(), store.dropped) == ((), {"too old or too far ahead": 2})


def test_past_its_days_a_slot_is_gone_with_its_raw_values() -> None:
    store = _store((T0, [1.0, 2.0]), (T0 + (metrics.DAYS + 2) * 86_400, [3.0]))
    gone = store.read(LATENCY, T0, T0 + 60)
    assert (gone.count.tolist(), dict(gone.samples)) == ([0], {})


def test_the_oldest_raw_values_go_first_and_their_statistics_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "VALUES", 2 * (metrics.SLOT + 2))
    store = _store(*[(T0 + 60 * i, [1.0, 2.0 + i]) for i in range(4)])
    slots = store.read(LATENCY, T0, T0 + 240)
    assert (sorted(slots.samples), slots.count.tolist()) == ([2, 3], [2, 2, 2, 2])


def test_a_slot_that_lost_raw_values_never_shows_a_part_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "VALUES", metrics.SLOT + 2)
    store = _store((T0, [1.0, 2.0]), (T0 + 60, [3.0, 4.0]), (T0 + 120, [5.0]), (T0, [6.0]))
    slots = store.read(LATENCY, T0, T0 + 60)
    assert (slots.count[0], dict(slots.samples)) == (3, {})


def test_there_is_an_end_to_the_metrics_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", 1)
    store = _store((T0, [1.0]))
    store.put_slot(key("N", "second"), T0, [1.0, 1.0, 1.0])
    assert (store.list(), store.dropped) == ((LATENCY,), {"more metrics than the store keeps": 3})


def test_nothing_is_lost_between_threads() -> None:
    store = MetricStore(CLOCK)

    def write(thread: int) -> None:
        for i in range(500):
            store.put_slot(LATENCY, T0 + 60 * (i % 7), [float(thread), float(i)])
            store.read(LATENCY, T0, T0 + 420).samples.get(3)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slots = store.read(LATENCY, T0, T0 + 420)
    assert slots.count.sum() == 4 * 500 * 2
    assert sum(len(values) for values in slots.samples.values()) == 4 * 500 * 2


@given(st.lists(st.tuples(st.integers(0, 4_000), st.lists(st.integers(-9, 9), min_size=1, max_size=4))))
def test_any_order_of_arrival_gives_the_same_slots(puts: list[tuple[int, list[float]]]) -> None:
    slots = _store(*[(T0 + 60 * slot, values) for slot, values in puts]).read(LATENCY, T0, T0 + 60 * 4_001)
    wanted: dict[int, list[float]] = {}
    for slot, values in puts:
        wanted.setdefault(slot, []).extend(values)
    assert {i: _values(slots, i) for i in np.flatnonzero(slots.count)} == {
        i: sorted(values) for i, values in wanted.items()
    }


def _values(slots: metrics.Slots, index: int) -> list[float]:
    """A slot's raw values, as the engine takes them."""
    if index in slots.samples:
        return [float(v) for v in slots.samples[index]]
    return [float(slots.total[index] / slots.count[index])] * int(slots.count[index])
