"""The alarms' history as a file beside the series: `_alarms.csv`, with `timestamp,alarm,state`."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable
from typing import Final, Literal, get_args

from sereno.language.moments import epoch
from sereno.language.problem import Problem
from sereno.report.faults import report_series as fault
from sereno.report.json import instant
from sereno.vendors.backend import Event

NAME: Final = "_alarms.csv"  # no SLO's name begins so
_HEADER: Final = ("timestamp", "alarm", "state")
_State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
_STATES: Final[tuple[_State, ...]] = get_args(_State)


def parse(file: str, data: bytes) -> tuple[list[Event], list[Problem]]:
    """The changes of state in order of time, and what is wrong, line by line."""
    text = data.decode("utf-8-sig", "replace")
    rows = csv.reader(io.StringIO(text, newline=""))
    header = tuple(cell.strip().lower() for cell in next(rows, []))
    if header != _HEADER:
        return [], [fault(file, 1, "the first line is not that of an alarm history", f"write {_form()}")]
    found = [_event(file, rows.line_num, cells) for cells in rows if any(cell.strip() for cell in cells)]
    events = [one for one in found if isinstance(one, Event)]
    return sorted(events, key=lambda e: e.at), [one for one in found if isinstance(one, Problem)]


def _form() -> str:
    return f"`{','.join(_HEADER)}`"


def _event(file: str, line: int, cells: list[str]) -> Event | Problem:
    if len(cells) != len(_HEADER):
        return fault(file, line, f"{len(cells)} columns instead of 3", f"write {_form()}")
    time, name, word = (cell.strip() for cell in cells)
    at = epoch(time)
    if at is None:
        return fault(file, line, f"`{time[:40]}` is no time", "write 2026-03-01T00:00:00Z or epoch seconds")
    state = next((s for s in _STATES if s == word), None)
    if state is None:
        return fault(file, line, f"`{word[:40]}` is no state", f"write {', '.join(_STATES)}")
    return Event(name, at, state)


def strangers(events: Iterable[Event], known: Collection[str]) -> tuple[str, ...]:
    """A warning about alarms the project does not have, as of another environment."""
    names = sorted({e.name for e in events}.difference(known))
    if not names:
        return ()
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (f"no alarm of the environment has the name of {', '.join(names[:5])}{more}: ignored",)


def text(events: Iterable[Event]) -> str:
    """What `parse` reads."""
    lines = (f"{instant(int(e.at))},{e.name},{e.state}" for e in events)
    return "\n".join((",".join(_HEADER), *lines, ""))
