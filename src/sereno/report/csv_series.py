"""A CSV file instead of a back end: `timestamp,good,total`, `timestamp,bad,total` or `timestamp,value`.

`timestamp` is the start of its interval, RFC 3339 or epoch seconds; how long the interval is, the
lines around it say (`lengths`). Lines may come in any order. Decimals are read exactly.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import HOUR, MINUTE
from sereno.language.moments import epoch
from sereno.language.problem import Problem
from sereno.report import plain_csv
from sereno.report.faults import report_series as fault
from sereno.report.plain_csv import Memory
from sereno.report.series import Counts, Series, Values

# Of good, bad and total the third must fit; then it says nothing more.
FORMS: Final = (
    ("timestamp", "good", "total", "bad"),
    ("timestamp", "good", "total"),
    ("timestamp", "bad", "total"),
    ("timestamp", "value"),
)
WANTED: Final = "write `timestamp,good,total`, `timestamp,bad,total` or `timestamp,value` in the first line"
_TIME: Final = "write 2026-03-01T00:00:00Z or epoch seconds"
_MILLIS: Final = "these are milliseconds: leave out the last three digits"
_GAP: Final = "leave out the lines of intervals without data"
_SHOWN: Final = 20  # problems of one file
_SHORT: Final = 256  # bytes up to which the slow road is the faster one
_MOST: Final = 10**18  # events of one interval
_AROUND: Final = 12  # gaps on either side that say what is usual
_DECIMAL: Final = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,2})?", re.ASCII)
Number = int | float | Fraction


def parse(
    file: str, data: bytes, memory: Memory | None = None, before: int = 0, *, share: bool = False
) -> tuple[Series | None, list[Problem]]:
    """The series of a file, or what is wrong with it, line by line.

    Of a piece of a file, `before` are the lines that were left out after the header. `share`: a value is
    a raw ratio, from 0 to 1.
    """
    header = data[: data.find(b"\n") + 1 or None].decode("utf-8", "replace").lstrip("\ufeff")
    names = tuple(n.strip().strip('"').lower() for n in header.split(","))
    form = next((f for f in FORMS if set(f) <= set(names)), None)
    if form is None:
        return None, [fault(file, 1, _no_form(data, header), WANTED)]
    if any(names.count(name) > 1 for name in form):
        words = f"the first line is `{header.strip()[:80]}`, with a column twice"
        return None, [fault(file, 1, words, WANTED)]
    plain = names == form and len(form) < 4 and len(data) > _SHORT
    fast = plain_csv.read(data, len(form), memory) if plain else None
    if fast and _sound(form, fast[1], share):
        return _series(form, *fast), []
    return _slow(file, data, [names.index(n) for n in form], form, before, share)


def _no_form(data: bytes, header: str) -> str:
    if not data.strip():
        return "the file is empty"
    return f"the first line is `{header.strip()[:80]}`, no known form"


def _sound(form: Sequence[str], columns: Sequence[NDArray[Any]], share: bool) -> bool:
    if form[1] == "value":
        return not share or not bool(np.any((columns[0] < 0) | (columns[0] > 1)))
    return not bool(np.any(columns[0] > columns[1]))


def _series(form: Sequence[str], times: NDArray[np.int64], columns: Sequence[NDArray[Any]]) -> Series:
    seconds = lengths(times)
    if form[1] == "value":
        return Values(times, seconds, columns[0])
    bad = columns[1] - columns[0] if form[1] == "good" else columns[0]
    return Counts(times, seconds, bad, columns[1])


def lengths(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """How long each interval is: up to the next, but no longer than is usual around it; the last is as
    long as the one before it.

    Usual is the commonest of the gap and the twelve on either side, the shortest of equally common ones;
    of gaps that are all different the shortest, and at most an hour.
    """
    if len(times) < 2:
        return np.full(len(times), MINUTE, dtype=np.int64)
    found = np.diff(times)
    long = np.flatnonzero(found > found.min()) if len(found) > 1 else np.zeros(1, dtype=np.int64)
    if len(long):
        found[long] = np.minimum(found[long], _usual(found, long))
    return np.append(found, found[-1])


def _usual(gaps: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """What is usual around each of the rows."""
    beyond = np.iinfo(np.int64).max
    padded = np.pad(gaps, _AROUND, constant_values=beyond)
    near = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * _AROUND + 1)[rows], axis=1)
    often = np.zeros(near.shape, dtype=np.int8)
    for i in range(near.shape[1]):
        often += near == near[:, i : i + 1]
    often[near == beyond] = 0
    row, best = np.arange(len(rows)), np.argmax(often, axis=1)
    return np.where(often[row, best] > 1, near[row, best], np.minimum(near[:, 0], HOUR))


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    time: int
    numbers: tuple[Number, ...]


def _slow(
    file: str, data: bytes, at: Sequence[int], form: Sequence[str], before: int, share: bool
) -> tuple[Series | None, list[Problem]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1 + before
        return None, [fault(file, line, "this line is not UTF-8", "save the file as UTF-8")]
    found = list(_rows(file, text, at, form, before))
    rows = [one for one in found if isinstance(one, _Row)]
    problems = [one for one in found if isinstance(one, Problem)]
    problems += _beyond(file, rows) if share and form[1] == "value" else []
    rows.sort(key=lambda r: r.time)
    problems += _twice(file, rows)
    return (None, _shortened(file, problems)) if problems else (_table(form, rows), [])


def _rows(
    file: str, text: str, at: Sequence[int], form: Sequence[str], before: int
) -> Iterator[_Row | Problem]:
    """The lines after the header; empty ones left out. NUL bytes stay in their cell."""
    reader = csv.reader(io.StringIO(text, newline=""))
    begins = 1
    try:
        width = len(next(reader, []))
        for cells in reader:
            begins = reader.line_num + 1
            if any(c.strip() for c in cells):
                yield _line(file, reader.line_num + before, [c.strip() for c in cells], width, at, form)
    except csv.Error:
        yield fault(file, begins + before, "this is no CSV", "close the quote that was opened")


def _line(
    file: str, line: int, cells: Sequence[str], width: int, at: Sequence[int], form: Sequence[str]
) -> _Row | Problem:
    if any(cells[width:]):
        wrong = f"{len(cells)} columns, where the first line has {width}"
        return fault(file, line, wrong, "write 1000 for 1,000, and quotes around what holds a comma")
    return _row(file, line, [cells[i] if i < len(cells) else "" for i in at], form)


def _row(file: str, line: int, cells: Sequence[str], form: Sequence[str]) -> _Row | Problem:
    time = epoch(cells[0])
    if time is None:
        return fault(file, line, f"`{cells[0][:40]}` is no time", _MILLIS if _millis(cells[0]) else _TIME)
    numbers = tuple(_number(c) for c in cells[1:])
    for name, cell, number in zip(form[1:], cells[1:], numbers, strict=True):
        if number is None:
            return fault(file, line, f"{name} is `{cell[:40]}`, not a number", _GAP)
        if number < 0 and name != "value":
            return fault(file, line, f"{name} is {cell}, but counts events", "write 0 or more")
        if number > _MOST and name != "value":
            return fault(file, line, f"{name} is {cell[:40]}, more than is counted", "write 10^18 or less")
    real = tuple(n for n in numbers if n is not None)
    if form[1] != "value" and real[0] > real[1]:
        more = f"{form[1]} is {cells[1]}, more than the total of {cells[2]}"
        return fault(file, line, more, "count both over the same events and the same interval")
    if len(real) > 2 and real[0] + real[2] != real[1]:
        more = f"good is {cells[1]} and bad {cells[3]}, which are not the total of {cells[2]}"
        return fault(file, line, more, "leave out the column that is wrong")
    return _Row(line, time, real[:2])


def _beyond(file: str, rows: Sequence[_Row]) -> list[Problem]:
    """Raw ratios below 0 or above 1: they would make up for what was bad, or be worse than all bad."""
    words = "a raw ratio is a share from 0 to 1: write 0.995 for 99.5 %"
    return [
        fault(file, r.line, f"value is {float(r.numbers[0]):.12g}, no share", words)
        for r in rows
        if not 0 <= r.numbers[0] <= 1
    ]


def _millis(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) == 13


def _number(cell: str) -> Number | None:
    """Whole numbers of up to 18 digits, and decimals, stay exact."""
    if cell.isascii() and cell.isdigit() and len(cell) <= 18:
        return int(cell)
    try:
        value = float(cell)
    except ValueError:
        return None
    if not isfinite(value) or "_" in cell or not cell.isascii():
        return None
    return Fraction(cell) if _DECIMAL.fullmatch(cell) else value


def _twice(file: str, rows: Sequence[_Row]) -> list[Problem]:
    """Rows are sorted by time."""
    return [
        fault(file, b.line, f"the time of line {a.line} again", "keep one line an interval")
        for a, b in pairwise(rows)
        if a.time == b.time
    ]


def _table(form: Sequence[str], rows: Sequence[_Row]) -> Series:
    times = np.array([r.time for r in rows], dtype=np.int64)
    return _series(form, times, [_column([r.numbers[i] for r in rows]) for i in range(min(len(form) - 1, 2))])


def _column(numbers: Sequence[Number]) -> NDArray[Any]:
    """Integers where all are, else fractions."""
    if all(isinstance(n, int) for n in numbers):
        return np.array(numbers, dtype=np.int64)
    return np.array([Fraction(n) for n in numbers], dtype=object)


def _shortened(file: str, problems: list[Problem]) -> list[Problem]:
    more = len(problems) - _SHOWN
    if more <= 0:
        return problems
    last = fault(file, problems[_SHOWN].where.line, f"and {more} more lines like these", "")
    return [*problems[:_SHOWN], last]
