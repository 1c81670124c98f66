"""Histories for `backtest`: a CSV or Parquet file, or what the back end still has."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.proof.history import History
    from sereno.report.series import Series

LARGEST: Final = 1 << 29  # bytes; 512 MiB hold ten years of minutes and more
_SHOWN = f"{LARGEST >> 20} MiB"


def from_file(path: Path) -> History:
    """The history of a CSV or Parquet file. Raises `Found` for what is wrong in it."""
    from sereno.report.csv_series import parse

    series, problems = parse(str(path), _bytes(path))
    if problems or series is None:
        raise Found(f"{len(problems)} problems in {path}; nothing was tested", problems)
    return _history(series, str(path))


def from_backend(root: Path, system: System, slo: str, days: int, endpoint: str | None) -> History:
    """What the environment's back end has of an SLO's last `days` days."""
    from sereno.cli.observer import observer
    from sereno.report.series import metrics, read
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


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise Unable(
                f"{path} has {size >> 20} MiB, and {_SHOWN} are the most: add it up to minutes first"
            )
        data = path.read_bytes()
    except OSError as error:
        raise Unable(f"{path} cannot be read: {error.strerror}") from error
    return _csv_of_parquet(path, data) if data[:4] == b"PAR1" else data


def _csv_of_parquet(path: Path, data: bytes) -> bytes:
    """As CSV, so that one reader judges both."""
    try:
        arrow, arrow_csv, parquet = map(
            importlib.import_module, ("pyarrow", "pyarrow.csv", "pyarrow.parquet")
        )
    except ImportError:
        raise Unable(f"{path} is Parquet, which needs pyarrow: install it, or give a CSV file") from None
    try:
        table = parquet.read_table(io.BytesIO(data))
    except arrow.ArrowInvalid as error:
        raise Unable(f"{path} is no sound Parquet file: {error}") from error
    out = io.BytesIO()
    arrow_csv.write_csv(table, out)
    return out.getvalue()
