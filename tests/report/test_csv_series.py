"""CSV files as series: what is read, what is refused and in which words, and that fast equals slow."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.language.model import Ratio, RawRatio, Threshold
from sereno.language.problem import render_text
from sereno.report import plain_csv
from sereno.report.csv_series import parse
from sereno.report.folder import open_folder
from sereno.report.series import Counts, Values
from sereno.vendors.backend import Unavailable
from tests.report.world import slo, system


def rows(text: str) -> list[tuple[float, ...]]:
    series, problems = parse("x.csv", text.encode())
    assert problems == []
    assert series is not None
    columns = (series.bad, series.total) if isinstance(series, Counts) else (series.values,)
    return list(
        zip(series.times.tolist(), series.seconds.tolist(), *(c.tolist() for c in columns), strict=True)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "timestamp,good,total\n600,7,8\n900,9,9\n",
            [(600, 300, 1, 8), (900, 300, 0, 9)],
            id="good of total",
        ),
        pytest.param(
            "timestamp,bad,total\n600,7,8\n900,0,9",
            [(600, 300, 7, 8), (900, 300, 0, 9)],
            id="no last newline",
        ),
        pytest.param(
            "timestamp,value\n600,0.25\n660,-3\n",
            [(600, 60, 0.25), (660, 60, -3)],
            id="a value may be negative",
        ),
        pytest.param("timestamp,value\n600,12\n660,7\n", [(600, 60, 12), (660, 60, 7)], id="whole values"),
        pytest.param(
            "timestamp,bad,total\n1970-01-01T00:10:00Z,1,2\n1970-01-01T01:11:00+01:00,0,2\n",
            [(600, 60, 1, 2), (660, 60, 0, 2)],
            id="RFC 3339 with offsets",
        ),
        pytest.param(
            "timestamp,bad,total\n2024-02-29T23:59:59Z,1,2\n", [(1709251199, 60, 1, 2)], id="a leap day"
        ),
        pytest.param(
            "\ufeffTimestamp, Good ,total\r\n\r\n 900 ,9,9\r\n600,7,8.5\r\n",
            [(600, 300, 1.5, 8.5), (900, 300, 0, 9)],
            id="byte order mark, CRLF, spaces, empty lines, any order, fractions",
        ),
        pytest.param(
            'total,"timestamp",note,good\n8,600,"a, b",7\n',
            [(600, 60, 1, 8)],
            id="other columns, quotes, any order",
        ),
        pytest.param(
            "timestamp,bad,total\n0,0,1\n60,0,1\n120,0,1\n150,0,1\n600,0,1\n",
            [(0, 60, 0, 1), (60, 60, 0, 1), (120, 30, 0, 1), (150, 60, 0, 1), (600, 60, 0, 1)],
            id="the commonest gap is the length, unless the next begins earlier",
        ),
        pytest.param(
            "timestamp,value\n0,1\n3600,1\n7200,1\n10800,1\n14400,1\n14700,1\n15000,1\n15300,1\n",
            [
                *((t, 3600, 1) for t in (0, 3600, 7200, 10800)),
                *((t, 300, 1) for t in (14400, 14700, 15000, 15300)),
            ],
            id="hours are hours, the five minutes after them five minutes",
        ),
        pytest.param(
            "timestamp,value\n0,1\n300,1\n600,1\n9600,1\n18600,1\n18900,1\n19200,1\n",
            [(t, 300, 1) for t in (0, 300, 600, 9600, 18600, 18900, 19200)],
            id="a silence is no interval, nor are two of them",
        ),
        pytest.param(
            "timestamp,value\n0,1\n2505600,1\n",
            [(0, 3600, 1), (2505600, 3600, 1)],
            id="two lines 29 days apart are an hour each",
        ),
        pytest.param(
            "timestamp,value\n0,1\n86400,1\n172800,1\n",
            [(0, 86400, 1), (86400, 86400, 1), (172800, 86400, 1)],
            id="a day is an interval where it comes twice",
        ),
        pytest.param(
            "timestamp,good,total\n600,0.99,1.1\n",
            [(600, 60, Fraction(11, 100), Fraction(11, 10))],
            id="decimals are exact",
        ),
        pytest.param(
            "timestamp,bad,total\n600,12345678,9876543210123\n",
            [(600, 60, 12345678, 9876543210123)],
            id="counts of more than eight digits",
        ),
        pytest.param("timestamp,good,total\n", [], id="a header alone is no data"),
        pytest.param(
            "timestamp,bad,total\n660,0,3,\n600,1,999999999999999999,\n",
            [(600, 60, 1, 999_999_999_999_999_999), (660, 60, 0, 3)],
            id="eighteen digits, out of order, and a comma too many",
        ),
    ],
)
def test_what_is_read(text: str, expected: list[tuple[float, ...]]) -> None:
    assert expected == rows(text)


WRITE = "write `timestamp,good,total`, `timestamp,bad,total` or `timestamp,value` in the first line"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", f"x.csv:1:1: error: the file is empty (report-series)\n    {WRITE}\n", id="empty"),
        pytest.param(
            b"time,ok\n1,2\n",
            f"x.csv:1:1: error: the first line is `time,ok`, no known form (report-series)\n    {WRITE}\n",
            id="another form",
        ),
        pytest.param(
            b"timestamp,good,total\n600,9,8\n",
            "x.csv:2:1: error: good is 9, more than the total of 8 (report-series)\n"
            "    count both over the same events and the same interval\n",
            id="more good than all",
        ),
        pytest.param(
            b"timestamp,good,total\n600,7,8\n600,7,8\n",
            "x.csv:3:1: error: the time of line 2 again (report-series)\n    keep one line an interval\n",
            id="a time twice",
        ),
        pytest.param(
            b"timestamp,good,total\n600,7,8\nsoon,-1,8\n900,x,8\n960,-1,8\n1020,,\n",
            "x.csv:3:1: error: `soon` is no time (report-series)\n"
            "    write 2026-03-01T00:00:00Z or epoch seconds\n"
            "x.csv:4:1: error: good is `x`, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n"
            "x.csv:5:1: error: good is -1, but counts events (report-series)\n"
            "    write 0 or more\n"
            "x.csv:6:1: error: good is ``, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n",
            id="several at once",
        ),
        pytest.param(
            b"timestamp,good,bad,total\n600,7,2,8\n",
            "x.csv:2:1: error: good is 7 and bad 2, which are not the total of 8 (report-series)\n"
            "    leave out the column that is wrong\n",
            id="good and bad that are not the total",
        ),
        pytest.param(
            b"timestamp,good,total,good\n600,7,8,6\n",
            "x.csv:1:1: error: the first line is `timestamp,good,total,good`, with a column twice"
            f" (report-series)\n    {WRITE}\n",
            id="a column twice",
        ),
        pytest.param(
            b"timestamp,good,total\n"
            + b"20260309,7,8\n"
            + b"".join(b"%d,7,8\n" % t for t in range(10**9, 10**9 + 9)),
            "x.csv:2:1: error: `20260309` is no time (report-series)\n"
            "    write 2026-03-01T00:00:00Z or epoch seconds\n",
            id="a date without dashes, in a file that is plain otherwise",
        ),
        pytest.param(
            "timestamp,good,total\n\uff16\uff10\uff10,7,8\n660,\uff17,8\n".encode(),
            "x.csv:2:1: error: `\uff16\uff10\uff10` is no time (report-series)\n"
            "    write 2026-03-01T00:00:00Z or epoch seconds\n"
            "x.csv:3:1: error: good is `\uff17`, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n",
            id="digits of another script",
        ),
        pytest.param(
            b"timestamp,value\n600,nan\n660,1e400\n720,1_0\n",
            "x.csv:2:1: error: value is `nan`, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n"
            "x.csv:3:1: error: value is `1e400`, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n"
            "x.csv:4:1: error: value is `1_0`, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n",
            id="numbers that are none",
        ),
        pytest.param(
            b"timestamp,value\n600,1\n660,\xff\n",
            "x.csv:3:1: error: this line is not UTF-8 (report-series)\n    save the file as UTF-8\n",
            id="not UTF-8",
        ),
        pytest.param(
            b"timestamp,good,total\n600\n",
            "x.csv:2:1: error: good is ``, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n",
            id="a line cut short",
        ),
        pytest.param(
            b"timestamp,bad,total\n2026-02-30T00:00:00Z,1,2\n",
            "x.csv:2:1: error: `2026-02-30T00:00:00Z` is no time (report-series)\n"
            "    write 2026-03-01T00:00:00Z or epoch seconds\n",
            id="a day that is none",
        ),
        pytest.param(
            b"timestamp,bad,total\n600,0\x00,1\n",
            "x.csv:2:1: error: bad is `0\\x00`, not a number (report-series)\n"
            "    leave out the lines of intervals without data\n",
            id="a NUL byte",
        ),
        pytest.param(
            b"timestamp,bad,total\n1773100200000,1,2\n1773100500000,1,2\n",
            "x.csv:2:1: error: `1773100200000` is no time (report-series)\n"
            "    these are milliseconds: leave out the last three digits\n"
            "x.csv:3:1: error: `1773100500000` is no time (report-series)\n"
            "    these are milliseconds: leave out the last three digits\n",
            id="milliseconds",
        ),
        pytest.param(
            b"timestamp,bad,total\n600,1,1,000\n",
            "x.csv:2:1: error: 4 columns, where the first line has 3 (report-series)\n"
            "    write 1000 for 1,000, and quotes around what holds a comma\n",
            id="a comma between thousands is no number's end",
        ),
        pytest.param(
            b"timestamp,bad,total\n600,1,1e300\n",
            "x.csv:2:1: error: total is 1e300, more than is counted (report-series)\n"
            "    write 10^18 or less\n",
            id="more than anything counts",
        ),
        pytest.param(
            b'timestamp,bad,total\n600,1,2\n"' + b"600,1,2\n" * 20_000,
            "x.csv:3:1: error: this is no CSV (report-series)\n    close the quote that was opened\n",
            id="a quote that is never closed",
        ),
        pytest.param(
            b'timestamp,bad,total\n"600\n::error::x\x1b[31m",1,2\n',
            "x.csv:3:1: error: `600\\n::error::x\\x1b[31m` is no time (report-series)\n"
            "    write 2026-03-01T00:00:00Z or epoch seconds\n",
            id="what steers a terminal or a CI is shown, not sent",
        ),
    ],
)
def test_what_is_refused(data: bytes, expected: str) -> None:
    series, problems = parse("x.csv", data)
    assert (None, expected) == (series, render_text(problems))


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        pytest.param(("0", "1", "0.995"), [], id="shares"),
        pytest.param(("0.5", "99.5", "0"), ["x.csv:3: value is 99.5, no share"], id="percent"),
        pytest.param(
            ("-1", "1", "1.01"),
            [f"x.csv:{n}: value is {v}, no share" for n, v in ((2, -1), (4, 1.01))],
            id="beyond either end",
        ),
    ],
)
@pytest.mark.parametrize("rows", [1, 50], ids=["a short file", "a long one"])
def test_a_raw_ratio_is_a_share(cells: tuple[str, ...], wrong: list[str], rows: int) -> None:
    more = "".join(f"{600 + 60 * i},1\n" for i in range(3, 3 + rows))
    text = "timestamp,value\n" + "".join(f"{600 + 60 * i},{c}\n" for i, c in enumerate(cells)) + more
    _, problems = parse("x.csv", text.encode(), share=True)
    assert wrong == [f"{p.where.file}:{p.where.line}: {p.message}" for p in problems]


def test_twenty_problems_are_enough() -> None:
    _, problems = parse("x.csv", b"timestamp,value\n" + b"x,1\n" * 50)
    assert (len(problems), problems[-1].message) == (21, "and 30 more lines like these")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_series_or_problems_with_places(data: bytes) -> None:
    series, problems = parse("x.csv", b"timestamp,good,total\n" + data)
    assert (series is None) == bool(problems)
    assert all(p.where.line >= 1 for p in problems)


# But for those that are written as dates without dashes are.
MOMENTS = st.integers(0, plain_csv.DATES[0] - 1) | st.integers(plain_csv.DATES[1] + 1, 10**11 - 1)


@given(
    st.lists(st.tuples(MOMENTS, st.integers(0, 10**9), st.integers(0, 10**15)), min_size=1),
    st.sampled_from(["", "\n"]),
)
def test_the_fast_road_reads_what_the_slow_one_does(table: list[tuple[int, int, int]], end: str) -> None:
    lines = sorted({t: (t, b, b + more) for t, b, more in table}.values())
    text = "timestamp,bad,total\n" + "\n".join(",".join(map(str, line)) for line in lines) + end
    fast = plain_csv.read(text.encode(), 3)
    assert fast is not None
    slow = [tuple(int(c) for c in row) for row in csv.reader(io.StringIO(text)) if row[0] != "timestamp"]
    assert slow == list(zip(fast[0].tolist(), *(c.tolist() for c in fast[1]), strict=True))


@given(st.lists(st.integers(0, 253_402_300_799), min_size=1, unique=True))
def test_the_fast_road_reads_stamps_exactly(times: list[int]) -> None:
    ordered = sorted(times)
    stamps = [f"{np.datetime64(t, 's')}Z" for t in ordered]
    fast = plain_csv.read(("timestamp,value\n" + "".join(f"{s},1\n" for s in stamps)).encode(), 2)
    assert fast is not None
    assert ordered == fast[0].tolist()


@pytest.mark.parametrize(
    "body", ["1,2,3,\n", "1,2\n", ",2,3\n", "1,2:,3\n", "1,2,12345678901234567\n", "2,1,1\n1,1,1\n"]
)
def test_the_fast_road_leaves_what_it_does_not_know(body: str) -> None:
    assert plain_csv.read(f"timestamp,bad,total\n{body}".encode(), 3) is None


LATENCY = Threshold(signal="latency", op="lt", value=300)  # type: ignore[arg-type]


def test_a_folder_is_matched_to_the_slos_by_name() -> None:
    files = {
        "counted.csv": b"timestamp,good,total\n600,7,8\n",
        "slow.csv": b"timestamp,value\n600,250\n",
        "broken.csv": b"timestamp,good,total\n600,9,8\n",
        "stranger.csv": b"",
        "notes.txt": b"",
    }
    slos = [slo(n) for n in ("counted", "broken", "absent")] + [slo("slow", indicator=LATENCY)]
    found = open_folder(system(*slos), files, files.__getitem__, "series")
    read = dict(found)

    assert len(found) == len(read)
    assert isinstance(read[("counted", "")], Counts)
    assert isinstance(read[("slow", "")], Values)
    assert Unavailable("broken.csv has problems") == read[("broken", "")]
    assert read[("absent", "")].notes == ("there is no file absent.csv",)  # type: ignore[union-attr]
    assert [f"{p.where.file}:{p.where.line}" for p in found.problems] == ["series/broken.csv:2"]
    assert found.warnings == ("no SLO of the project has the name of stranger.csv: ignored",)


def test_values_of_a_raw_ratio_are_judged_as_shares_and_those_of_a_threshold_are_not() -> None:
    data = b"timestamp,value\n600,0\n660,99.5\n"
    slos = [slo("raw", indicator=RawRatio(raw="share", success=True)), slo("slow", indicator=LATENCY)]
    found = open_folder(system(*slos), ["raw.csv", "slow.csv"], lambda _: data)
    assert Unavailable("raw.csv has problems") == found[("raw", "")]
    assert [f"{p.where.file}:{p.where.line}: {p.message}" for p in found.problems] == [
        "raw.csv:3: value is 99.5, no share"
    ]
    assert isinstance(found[("slow", "")], Values)


def test_lines_from_the_reports_end_on_say_nothing_even_of_how_long_an_interval_is() -> None:
    files = {"slow.csv": b"timestamp,value\n0,1\n600,1\n1200,1\n1260,1\n1320,1\n1380,1\n1440,1\n"}
    found = open_folder(system(slo("slow", indicator=LATENCY)), files, files.__getitem__, end=1_201)
    series = found[("slow", "")]
    assert isinstance(series, Values)
    assert list(zip(series.times.tolist(), series.seconds.tolist(), strict=True)) == [
        (0, 600),
        (600, 600),
        (1200, 600),
    ]


def test_a_composites_objective_without_data_is_missed_under_its_own_name() -> None:
    one = slo().objectives[0]
    both = slo("c4", objectives=[replace(one, name="a"), replace(one, name="b")], composite=True)
    files = {"c4.a.csv": b"timestamp,bad,total\n600,1,8\n"}
    found = open_folder(system(both), files, files.__getitem__)
    assert found[("c4", "b")].notes == ("there is no file c4.b.csv",)  # type: ignore[union-attr]


def test_a_value_for_an_slo_that_counts_is_a_problem() -> None:
    found = open_folder(system(), ["checkout.csv"], lambda _: b"timestamp,value\n600,1\n")
    assert Unavailable("checkout.csv has problems") == found[("checkout", "")]
    assert [p.message for p in found.problems] == ["checkout counts events, and `value` is no count"]


def test_a_file_that_cannot_be_read_makes_its_slo_unavailable() -> None:
    def read(_: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    found = open_folder(system(), ["checkout.csv"], read)
    assert Unavailable("checkout.csv cannot be read: Permission denied") == found[("checkout", "")]


def test_a_compressed_file_is_the_same_series() -> None:
    text = b"timestamp,good,total\n0,5,10\n60,10,10\n"
    files = {"a.csv.gz": gzip.compress(text), "b.csv": text, "b.csv.gz": gzip.compress(text + b"120,0,9\n")}
    found = open_folder(system(slo("a"), slo("b")), files, files.__getitem__)

    for name in ("a", "b"):
        series = found[(name, "")]
        assert isinstance(series, Counts)
        assert (series.bad.tolist(), series.total.tolist()) == ([5, 0], [10, 10])
    assert found.warnings == ("no SLO of the project has the name of b.csv.gz: ignored",)


@pytest.mark.parametrize(
    "cut", [slice(0, -9), slice(0, 0), slice(4, None)], ids=["short", "empty", "no gzip"]
)
def test_a_compressed_file_that_is_damaged_is_a_problem(cut: slice) -> None:
    files = {"a.csv.gz": gzip.compress(b"timestamp,good,total\n0,5,10\n60,10,10\n")[cut]}
    found = open_folder(system(slo("a")), files, files.__getitem__, "data")

    assert isinstance(found[("a", "")], Unavailable)
    (problem,) = found.problems
    assert (problem.where.file, problem.where.line, problem.code) == ("data/a.csv.gz", 1, "report-series")


def test_objectives_of_a_composite_have_files_of_their_own_and_targets_of_one_indicator_share_one() -> None:
    one = slo().objectives[0]

    both = slo("both", objectives=[replace(one, name="reads"), replace(one, name="writes")])
    files = {
        "both.csv": b"timestamp,bad,total\n600,1,8\n",
        "both.writes.csv": b"timestamp,bad,total\n600,2,8\n",
    }
    found = open_folder(system(both), files, files.__getitem__)
    assert [found[("both", n)].bad.tolist() for n in ("reads", "writes")] == [[1], [2]]  # type: ignore[union-attr]
    assert isinstance(both.objectives[0].indicator, Ratio)


def test_a_small_z_is_utc_and_columns_that_add_up_may_be_three() -> None:
    small, _ = parse("x.csv", b"timestamp,good,bad,total\n2026-03-09t00:00:00z,7,1,8\n")
    large, _ = parse("x.csv", b"timestamp,good,total\n2026-03-09T00:00:00Z,7,8\n")
    assert isinstance(small, Counts)
    assert isinstance(large, Counts)
    assert (small.times[0], small.bad[0], small.total[0]) == (large.times[0], large.bad[0], large.total[0])
