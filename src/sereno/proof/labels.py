"""Labelled incidents: a CSV of `start,end` or `start,end,name`, times in RFC 3339 or epoch seconds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import pairwise

from sereno.language.moments import epoch
from sereno.language.problem import Problem
from sereno.proof import faults
from sereno.proof.history import MINUTE, Budget, History
from sereno.proof.scoring import Incident


def parse(
    file: str, text: str, history: History, budget: Budget | None
) -> tuple[tuple[Incident, ...], tuple[Problem, ...]]:
    """The incidents, by onset, and what is wrong with the file; one outside the history is left out."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip().lower() for cell in next(reader, [])]
    if header[:2] != ["start", "end"]:
        return (), (faults.label_header(file),)
    rows = [_row(file, reader.line_num, cells, history, budget) for cells in reader if any(cells)]
    incidents = sorted((row for row in rows if isinstance(row, Incident)), key=lambda i: (i.first, i.last))
    wrong = [row for row in rows if isinstance(row, Problem)]
    return tuple(incidents), (*wrong, *_overlapping(file, incidents))


def _row(
    file: str, line: int, cells: list[str], history: History, budget: Budget | None
) -> Incident | Problem:
    times = [epoch(cell.strip()) for cell in cells[:2]]
    if len(times) < 2 or times[0] is None or times[1] is None:
        return faults.label_time(file, line, reversed_=False)
    start, end = times[0], times[1]
    if end <= start:
        return faults.label_time(file, line, reversed_=True)
    if end <= history.start or start >= history.end:
        return faults.label_outside(file, line)
    first, last = history.minute(start), history.minute(end - 1 + MINUTE)
    name = cells[2].strip() if len(cells) > 2 else ""
    inside = max(first, 0), min(max(last, first + 1), history.minutes)
    return Incident(name or f"line {line}", *inside, budget.spent(history, *inside) if budget else None)


def _overlapping(file: str, incidents: list[Incident]) -> Iterator[Problem]:
    for one, other in pairwise(incidents):
        if other.first < one.last:
            yield faults.label_overlap(file, one.name, other.name)
