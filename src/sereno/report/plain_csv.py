"""The fast road for plain CSV: sorted, nothing quoted, counts of digits only. 8,640 rows take 1 ms.

`read` answers None for anything else, even for a single odd byte; `csv_series.py` then reads the
file the slow way and says what is wrong with it. A digit is never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sereno.language.model import DAY

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]  # the 8 bytes at each offset of the file
_COMMA, _NEWLINE, _EPOCH = 44, 10, date(1970, 1, 1).toordinal()
DATES: Final = (19_000_101, 20_991_231)  # without dashes; as seconds they are all of 1970
_BELOW: Final = 45  # of what a plain line holds, only `,` and the newline are

# Eight ASCII digits at once in a 64-bit word ("SWAR"): pairs, then fours, then eight.
# https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/
_ZEROS: Final = np.uint64(0x3030303030303030)
_CARRY, _HIGH = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
_MASK, _LOW, _FOUR = (
    np.uint64(0x000000FF000000FF),
    np.uint64(0x000F424000000064),
    np.uint64(0x0000271000000001),
)
# By width: what keeps the last so many bytes of a word.
_LAST: Final = np.array([(1 << 64) - (1 << (64 - 8 * width)) for width in range(9)], dtype=np.uint64)


@dataclass(slots=True)
class Memory:
    """The last file's column of times: files of one exporter share theirs, and bytes compare fast."""

    written: bytes = b""
    times: Ints | None = None


def read(data: bytes, columns: int, memory: Memory | None = None) -> tuple[Ints, list[NDArray[Any]]] | None:
    """Epoch seconds of the first column, and the others, of what follows the header line."""
    if not data.endswith(b"\n"):
        data += b"\n"
    first = data.index(b"\n") + 1
    if first < 8 or first == len(data):
        return None
    ends = _ends(data, first, columns)
    if ends is None:
        return None
    words: Words = np.ndarray(len(data) - 7, dtype="<u8", buffer=data, strides=(1,))
    starts = np.concatenate(([first], ends[-1][:-1] + 1))
    times = _remembered(data, words, starts, ends[0], memory or Memory())
    if times is None:
        return None
    numbers = [_numbers(words, b, b - a - 1) for a, b in pairwise(ends)]
    if columns == 2 and numbers[0] is None:
        numbers = [_floats(data[first:])]
    found = [column for column in numbers if column is not None]
    return (times, found) if len(found) == len(numbers) else None


def _ends(data: bytes, first: int, columns: int) -> Ints | None:
    """Where each field ends, a row a column; None when the lines differ in their number of fields."""
    text = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(text[first:] < _BELOW)
    if len(ends) % columns:
        return None
    ends += first
    by_column = np.ascontiguousarray(ends.reshape(-1, columns).T)
    signs = text[by_column]
    plain = bool(np.all(signs[:-1] == _COMMA)) and bool(np.all(signs[-1] == _NEWLINE))
    return by_column if plain else None


def _floats(body: bytes) -> NDArray[Any] | None:
    """The second of two columns; None when one of them is no finite number."""
    try:
        values = np.array([float(cell) for cell in body.replace(b"\n", b",").split(b",")[1::2]])
    except ValueError:
        return None
    return None if b"_" in body or not bool(np.all(np.isfinite(values))) else values


def _remembered(data: bytes, words: Words, starts: Ints, ends: Ints, memory: Memory) -> Ints | None:
    """The times, ascending; parsed only if they are written otherwise than the last ones."""
    width = int(ends[0] - starts[0])
    if width and bool(np.all(ends - starts == width)):
        cells: NDArray[np.void] = np.ndarray(
            len(data) - width + 1, dtype=f"V{width}", buffer=data, strides=(1,)
        )
        written = cells[starts].tobytes()
        if memory.written != written:
            memory.written, memory.times = written, _ascending(_times(words, starts, ends))
        return memory.times
    return _ascending(_times(words, starts, ends))


def _ascending(times: Ints | None) -> Ints | None:
    return times if times is not None and bool(np.all(times[1:] > times[:-1])) else None


def _numbers(words: Words, ends: Ints, widths: Ints) -> Ints | None:
    """The numbers of 1 to 16 digits that end at these offsets; None when one holds anything else."""
    if not len(widths) or int(widths.min()) < 1 or int(widths.max()) > 16:
        return None
    low = _eight(words, ends - 8, np.minimum(widths, 8))
    if low is None or int(widths.max()) <= 8:
        return low
    long = widths > 8
    high = _eight(words, ends[long] - 16, widths[long] - 8)
    if high is None:
        return None
    low[long] += high * 100_000_000
    return low


def _eight(words: Words, at: Ints, widths: Ints) -> Ints | None:
    """The last `widths` bytes of the words at these offsets, as numbers."""
    if int(at.min()) < 0:
        return None
    digits = words[at]
    digits ^= _ZEROS
    digits &= _LAST[widths]
    if np.bitwise_or.reduce((digits + _CARRY) | digits) & _HIGH:
        return None
    pairs = digits >> np.uint64(8)
    digits *= np.uint64(10)
    pairs += digits
    fours = (pairs & _MASK) * _LOW
    pairs >>= np.uint64(16)
    pairs &= _MASK
    pairs *= _FOUR
    fours += pairs
    fours >>= np.uint64(32)
    return fours.view(np.int64)


def _times(words: Words, starts: Ints, ends: Ints) -> Ints | None:
    """Epoch seconds, or `2026-03-01T00:00:00Z` on every line."""
    if not bool(np.all(ends - starts == 20)):
        # More digits are milliseconds, and 20260309 is a date, which the slow road says.
        found = _numbers(words, ends, ends - starts) if int((ends - starts).max()) < 12 else None
        return None if found is None or bool(np.any((found >= DATES[0]) & (found <= DATES[1]))) else found
    if not _stamped(words, starts):
        return None
    parts = [
        _field(words, starts + at, size) for at, size in ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
    ]
    years, months, days, hours, minutes, seconds = parts
    if any(part is None for part in parts):
        return None
    assert years is not None and months is not None and days is not None  # noqa: PT018, S101 - just seen
    assert hours is not None and minutes is not None and seconds is not None  # noqa: PT018, S101
    if max(int(hours.max()) - 23, int(minutes.max()) - 59, int(seconds.max()) - 59) > 0:
        return None
    midnights = _midnights(years * 10_000 + months * 100 + days)
    return None if midnights is None else midnights + hours * 3600 + minutes * 60 + seconds


def _stamped(words: Words, starts: Ints) -> bool:
    """Whether `-`, `T`, `:` and `Z` stand where RFC 3339 wants them."""
    at = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: "Z"}
    return all(bool(np.all(words[starts + i - 7] >> np.uint64(56) == ord(sign))) for i, sign in at.items())


def _field(words: Words, starts: Ints, size: int) -> Ints | None:
    return _eight(words, starts + size - 8, np.full(len(starts), size))


def _midnights(dates: Ints) -> Ints | None:
    """Epoch seconds of dates written as 20260301; None when one is no date."""
    unique, where = np.unique(dates, return_inverse=True)
    try:
        days = [date(d // 10_000, d // 100 % 100, d % 100).toordinal() - _EPOCH for d in unique.tolist()]
    except ValueError:
        return None
    return np.array(days, dtype=np.int64)[where] * DAY
