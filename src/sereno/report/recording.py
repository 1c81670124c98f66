"""What a report was made from, as the files that `--series` reads: so that it can be made again anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sereno import whole
from sereno.language.model import System
from sereno.report import alarm_file
from sereno.report.alarms import alarm_names
from sereno.report.figures import needs
from sereno.report.json import instant
from sereno.report.observed import read
from sereno.report.series import Counts, Series
from sereno.vendors.backend import Observer, Unavailable


def record(system: System, observer: Observer, *, at: int, out: Path) -> None:
    """Each objective's series up to `at`, and the alarms' history, into a folder it makes. Raises OSError.

    What could not be asked for has no file. Intervals of several lengths are told apart by the gaps only.
    """
    metrics, start, end = needs(system, at)
    readings = read(system, observer.observe(metrics, start, end))
    for slo in system.slos:
        for objective in slo.objectives:
            series = readings[slo.name, objective.name]
            name = f"{slo.name}.{objective.name}.csv" if len(slo.objectives) > 1 else f"{slo.name}.csv"
            if not isinstance(series, Unavailable):
                whole.write(out / name, text(series))
    events = observer.events(tuple(alarm_names(system)), start, end)
    if not isinstance(events, Unavailable):
        whole.write(out / alarm_file.NAME, alarm_file.text(events))


def text(series: Series) -> str:
    """One file's lines, its header first."""
    return "".join(f"{line}\n" for line in _lines(series))


def _lines(series: Series) -> Iterator[str]:
    counted = isinstance(series, Counts)
    yield "timestamp,bad,total" if counted else "timestamp,value"
    columns = (series.bad, series.total) if isinstance(series, Counts) else (series.values,)
    for time, *numbers in zip(series.times.tolist(), *(c.tolist() for c in columns), strict=True):
        yield ",".join((instant(time), *map(_number, numbers)))


def _number(value: float) -> str:
    """The shortest text that reads back as the number."""
    return str(int(value)) if value == int(value) else repr(value)
