"""Histories for `backtest`: a CSV, `.csv.gz` or Parquet file, or what the back end still has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sereno.cli.pieces import PIECE, pieces
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.proof.history import History
    from sereno.report.series import Series


def from_file(path: Path) -> History:
    """The history of a file, read piece by piece. Raises `Found` for what is wrong in it."""
    from sereno.proof.history import HistoryFault, joined

    try:
        return joined(_history(series, str(path)) for series in _series(path))
    except HistoryFault as fault:
        raise Found(f"{path}: {fault}") from None


def _series(path: Path) -> Iterator[Series]:
    """In order of time; a file of one piece may have its lines in any order."""
    from sereno.report.csv_series import parse

    until: int | None = None
    usual: int | None = None
    for piece in pieces(path):
        series, problems = parse(str(path), piece.text, before=piece.before)
        if problems or series is None:
            found = f"{len(problems)} problem{'s' * (len(problems) != 1)} in {path}"
            raise Found(f"{found}; nothing was tested", problems)
        if not len(series.times):
            continue
        if until is not None and series.times[0] != until:
            raise Found(
                f"{path} is not sorted by time near line {piece.before + 2}; "
                f"a file of more than {PIECE >> 20} MiB is read in one go, so sort it first"
            )
        until, usual = int(series.times[-1]), usual or int(series.seconds[-1])
        if piece.last or len(series.times) > 1:
            yield _part(series, usual, len(series.times) if piece.last else -1)


def _part(series: Series, usual: int, stop: int) -> Series:
    """Up to `stop`; an interval is as long as is usual in the first piece, or ends where the next begins."""
    import numpy as np

    from sereno.report.series import Counts, Values

    times = series.times[:stop]
    seconds = np.minimum(np.append(np.diff(series.times), usual), usual)[:stop]
    if isinstance(series, Counts):
        return Counts(times, seconds, series.bad[:stop], series.total[:stop])
    return Values(times, seconds, series.values[:stop])


def from_backend(root: Path, system: System, slo: str, days: int, endpoint: str | None) -> History:
    """What the environment's back end has of an SLO's last `days` days."""
    from sereno.cli.observer import observer
    from sereno.report.observed import metrics, read
    from sereno.vendors.backend import Unavailable

    source, now = observer(root, system, endpoint)
    end = now // 60 * 60
    readings = read(system, source.observe(metrics(system), end - days * 86_400, end))
    series = next(series for (name, _), series in readings.items() if name == slo)
    if isinstance(series, Unavailable):
        raise Unable(f"the history of {slo} could not be asked for: {series.reason}")
    return _history(series, f"the history of {slo}")


def _history(series: Series, what: str) -> History:
    from sereno.proof.history import HistoryFault, of_counts, of_values
    from sereno.report.series import Counts

    try:
        if isinstance(series, Counts):
            return of_counts(series.times, series.seconds, series.bad, series.total)
        return of_values(series.times, series.seconds, series.values)
    except HistoryFault as fault:
        raise Found(f"{what}: {fault}") from None
