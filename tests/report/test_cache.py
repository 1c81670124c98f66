"""Closed days are asked for once, whatever happens to the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from sereno.errors import Unable
from sereno.language.model import DAY, HOUR, CloudWatchMetric
from sereno.report.cache import CachedObserver
from sereno.report.figures import report_series
from sereno.report.targets import compare
from sereno.vendors.backend import Event, Metric, Points, Unavailable
from tests.report.world import AT, counts, points, slo, system

GOOD = CloudWatchMetric(namespace="Shop", metric="good")
TOTAL = CloudWatchMetric(namespace="Shop", metric="total")


@dataclass
class Asked:
    """A back end of hourly points, which notes what it was asked; `away` cannot be asked for."""

    away: tuple[Metric, ...] = ()
    calls: list[tuple[tuple[Metric, ...], int, int]] = field(default_factory=list)

    def observe(
        self, metrics: Sequence[Metric], start: int, end: int
    ) -> Mapping[Metric, Points | Unavailable]:
        self.calls.append((tuple(metrics), start, end))
        hours = points({t: t % 1000 for t in range(-(-start // HOUR) * HOUR, end, HOUR)}, HOUR)
        return {m: Unavailable("throttled") if m in self.away else hours for m in metrics}

    def events(self, names: Sequence[str], start: int, end: int) -> Sequence[Event] | Unavailable:
        return ()


def ask(
    source: Asked, folder: Path, start: int, end: int, *metrics: Metric, scope: str = "prod"
) -> list[int]:
    """The times of the first metric."""
    found = CachedObserver(source, folder, scope, end).observe(metrics or (GOOD,), start, end)
    first = found[(metrics or (GOOD,))[0]]
    return first.times.tolist() if isinstance(first, Points) else []


def test_a_daily_report_of_90_days_asks_for_a_day(tmp_path: Path) -> None:
    """At 07:00: the days up to yesterday's end are over, so the next report asks from last midnight on."""
    source, seven = Asked(), AT + 7 * HOUR
    first = ask(source, tmp_path, seven - 90 * DAY, seven)
    second = ask(source, tmp_path, seven - 89 * DAY, seven + DAY)
    assert list(range(seven - 90 * DAY, seven, HOUR)) == first
    assert list(range(seven - 89 * DAY, seven + DAY, HOUR)) == second
    assert [call[1:] for call in source.calls] == [(seven - 90 * DAY, seven), (AT, seven + DAY)]


def test_a_day_is_not_over_while_its_late_data_may_arrive(tmp_path: Path) -> None:
    source, five = Asked(), AT + 5 * HOUR
    ask(source, tmp_path, five - 90 * DAY, five)
    ask(source, tmp_path, five - 89 * DAY, five + DAY)
    assert source.calls[-1][1:] == (AT - DAY, five + DAY)


def test_a_longer_window_is_asked_for_whole(tmp_path: Path) -> None:
    source = Asked()
    ask(source, tmp_path, AT - 30 * DAY, AT)
    assert len(ask(source, tmp_path, AT - 60 * DAY, AT)) == 60 * 24
    assert source.calls[-1][1:] == (AT - 60 * DAY, AT)


def test_a_window_in_the_past_is_not_asked_for_again(tmp_path: Path) -> None:
    source = Asked()
    ask(source, tmp_path, AT - 30 * DAY, AT)
    found = CachedObserver(source, tmp_path, "prod", AT).observe([GOOD], AT - 20 * DAY, AT - 10 * DAY)
    assert len(found[GOOD].times) == 10 * 24  # type: ignore[union-attr]
    assert len(source.calls) == 1


def test_a_window_in_the_past_loses_nothing_of_what_is_kept(tmp_path: Path) -> None:
    source = Asked()
    ask(source, tmp_path, AT - 30 * DAY, AT)
    CachedObserver(source, tmp_path, "prod", AT).observe([GOOD], AT - 20 * DAY, AT - 10 * DAY)
    ask(source, tmp_path, AT - 29 * DAY, AT)
    assert source.calls[-1][1:] == (AT - DAY, AT)


def test_after_a_long_pause_no_hole_is_taken_for_silence(tmp_path: Path) -> None:
    source = Asked()
    ask(source, tmp_path, AT - 30 * DAY, AT)
    assert len(ask(source, tmp_path, AT + 60 * DAY, AT + 90 * DAY)) == 30 * 24
    assert len(ask(source, tmp_path, AT + 61 * DAY, AT + 90 * DAY)) == 29 * 24


def test_a_new_metric_is_asked_for_beside_the_known_ones(tmp_path: Path) -> None:
    source = Asked()
    ask(source, tmp_path, AT - 30 * DAY, AT)
    ask(source, tmp_path, AT - 30 * DAY, AT, GOOD, TOTAL)
    assert source.calls[1:] == [((TOTAL,), AT - 30 * DAY, AT), ((GOOD,), AT - DAY, AT)]


def test_what_could_not_be_asked_for_is_not_remembered(tmp_path: Path) -> None:
    assert ask(Asked(away=(GOOD,)), tmp_path, AT - 30 * DAY, AT) == []
    assert len(ask(Asked(), tmp_path, AT - 30 * DAY, AT)) == 30 * 24


def test_environments_do_not_share(tmp_path: Path) -> None:
    source = Asked()
    for scope in ("prod", "staging"):
        ask(source, tmp_path, AT - 30 * DAY, AT, scope=scope)
    assert [call[1:] for call in source.calls] == 2 * [(AT - 30 * DAY, AT)]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file", b"words"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    ask(Asked(), tmp_path, AT - 30 * DAY, AT)
    for path in tmp_path.iterdir():
        path.write_bytes(damage)
    assert len(ask(Asked(), tmp_path, AT - 30 * DAY, AT)) == 30 * 24


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unable, match=r"the cache .*file cannot be written: "):
        ask(Asked(), tmp_path / "file", AT - 30 * DAY, AT)


@pytest.mark.parametrize("seen", [{"1/0": "5"}, {"x": "5"}, {"9/10": "soon"}, "words", 7])
def test_damaged_memories_of_targets_raise_what_the_command_begins_anew_on(seen: object) -> None:
    report = report_series(system(slo(policies=())), {("checkout", ""): counts(9)}, (), at=AT)
    with pytest.raises((ValueError, ArithmeticError, AttributeError, TypeError)):
        compare(report, {"checkout": seen})  # type: ignore[dict-item]


def test_a_report_of_the_past_does_not_make_a_target_older() -> None:
    report = report_series(system(slo(policies=())), {("checkout", ""): counts(9)}, (), at=AT)
    assert compare(report, {"checkout": {"999/1000": str(AT + DAY)}})[1]["checkout"] == {
        "999/1000": str(AT + DAY)
    }


def test_a_changed_target_is_said_while_the_old_one_is_in_the_window() -> None:
    world = system(slo(policies=(), target="0.9995"))
    report = report_series(world, {("checkout", ""): counts(1000)}, (), at=AT)
    seen = {"checkout": {"999/1000": str(AT - 3 * DAY), "99/100": str(AT - 40 * DAY)}}
    made, remembered = compare(report, seen)
    said = "the target was 99.9 % until Thu 2026-02-26: the whole window is judged by 99.95 %"
    assert (said,) == made.slos[0].warnings
    assert str(AT) == remembered["checkout"][str(Fraction("0.9995"))]
    assert compare(report, {})[0].slos[0].warnings == ()
