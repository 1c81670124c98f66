"""What a report was made from, written as files: they make the same report again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.model import HOUR, Threshold
from sereno.language.problem import render_text
from sereno.report import alarm_file, observe
from sereno.report import json as as_json
from sereno.report.csv_series import parse
from sereno.report.figures import report_series
from sereno.report.folder import open_folder
from sereno.report.recording import record, text
from sereno.report.series import Counts
from sereno.vendors.backend import Event, Unavailable
from tests.report.world import AT, Memory, counts, points, slo, system

PAGE = "shop-prod-slo-checkout-page"
LATENCY = Threshold(signal="latency", op="lt", value=300)  # type: ignore[arg-type]
WORLD = system(slo(), slo("fast", indicator=LATENCY, policies=()))
MINUTES = range(AT - HOUR, AT, 60)
SEEN = Memory(
    {
        "good": points({t: 98 if t < AT - 1_800 else 100 for t in MINUTES}),
        "total": points(dict.fromkeys(MINUTES, 100)),
        "latency": points({t: 299.5 + t % 120 / 60 for t in MINUTES}),
    },
    [Event(PAGE, AT - 3_000.0, "ALARM"), Event(PAGE, AT - 1_200.0, "OK")],
)


def test_the_files_make_the_same_report(tmp_path: Path) -> None:
    record(WORLD, SEEN, at=AT, out=tmp_path / "series")
    names = sorted(p.name for p in (tmp_path / "series").iterdir())
    assert names == ["_alarms.csv", "checkout.csv", "fast.csv"]
    read = lambda name: (tmp_path / "series" / name).read_bytes()  # noqa: E731
    files = open_folder(WORLD, names, read)
    events, wrong = alarm_file.parse("_alarms.csv", read("_alarms.csv"))
    again = report_series(WORLD, files, events, at=AT, warnings=files.warnings)
    first = observe(WORLD, SEEN, at=AT)
    assert (wrong, files.problems) == ([], [])
    assert as_json.document(first)["slos"] == as_json.document(again)["slos"]
    assert first.alarms == again.alarms
    assert [i.source for s in again.slos for i in s.incidents] == ["alarm history"]


def test_what_could_not_be_asked_for_has_no_file(tmp_path: Path) -> None:
    away = Memory({"total": Unavailable("throttled")}, Unavailable("denied"))
    record(WORLD, away, at=AT, out=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["fast.csv"]
    assert (tmp_path / "fast.csv").read_text() == "timestamp,value\n"


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=20))
def test_counts_read_back_as_they_were(rows: list[tuple[int, int]]) -> None:
    made = counts(
        lambda t: sum(rows[t // 60]), lambda t: rows[t // 60][0], start=0, end=60 * len(rows), step=60
    )
    series, problems = parse("x.csv", text(made).encode())
    assert isinstance(series, Counts)
    assert problems == []
    assert [c.tolist() for c in (made.times, made.bad, made.total)] == [
        c.tolist() for c in (series.times, series.bad, series.total)
    ]


@given(st.lists(st.tuples(st.integers(0, 4 * 10**9), st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"]))))
def test_an_alarm_history_reads_back_as_it_was(rows: list[tuple[int, str]]) -> None:
    events = [Event(PAGE, at, state) for at, state in rows]  # type: ignore[arg-type]
    assert (sorted(events, key=lambda e: e.at), []) == alarm_file.parse("x", alarm_file.text(events).encode())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "",
            "x.csv:1:1: error: the first line is not that of an alarm history (report-series)\n"
            "    write `timestamp,alarm,state`\n",
            id="empty",
        ),
        pytest.param(
            "timestamp,alarm,state\nsoon,a,OK\n600,a,FINE\n600,a\n",
            "x.csv:2:1: error: `soon` is no time (report-series)\n"
            "    write 2026-03-01T00:00:00Z or epoch seconds\n"
            "x.csv:3:1: error: `FINE` is no state (report-series)\n"
            "    write OK, ALARM, INSUFFICIENT_DATA\n"
            "x.csv:4:1: error: 2 columns instead of 3 (report-series)\n"
            "    write `timestamp,alarm,state`\n",
            id="several at once",
        ),
    ],
)
def test_what_is_refused_of_an_alarm_history(body: str, expected: str) -> None:
    _, problems = alarm_file.parse("x.csv", body.encode())
    assert render_text(problems) == expected


@given(st.binary(max_size=80))
def test_any_bytes_are_an_alarm_history_or_problems(data: bytes) -> None:
    _, problems = alarm_file.parse("x.csv", b"timestamp,alarm,state\n" + data)
    assert all(p.where.line >= 1 for p in problems)


def test_alarms_of_another_environment_are_said() -> None:
    events = [Event(f"shop-test-{n}", 600, "ALARM") for n in range(7)]
    said = "no alarm of the environment has the name of shop-test-0, shop-test-1, shop-test-2, shop-test-3, "
    assert alarm_file.strangers(events, {PAGE}) == (f"{said}shop-test-4 and 2 more: ignored",)
    assert alarm_file.strangers([Event(PAGE, 600, "OK")], {PAGE}) == ()
