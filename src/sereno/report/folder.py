"""A folder of CSV files, one a SLO: which file is whose, what is missing, what belongs to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sereno.language.model import Objective, Ratio, Slo, System
from sereno.language.problem import Problem, Span
from sereno.report.csv_series import CODE, parse
from sereno.report.series import Counts, Key, Series, Values
from sereno.vendors.backend import Unavailable

Read = Callable[[str], bytes]  # a file's bytes by its name in the folder; raises OSError

# numpy and the file system both let go of the interpreter: two threads read nearly twice as fast.
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Folder:
    readings: Mapping[Key, Series | Unavailable]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


def read_folder(system: System, names: Iterable[str], read: Read, folder: str = "") -> Folder:
    """The series of every objective that has a file. A file with problems makes its SLO unavailable."""
    present = {name for name in names if name.endswith(".csv")}
    wanted = {(slo.name, o.name): _file(slo, o, present) for slo in system.slos for o in slo.objectives}
    files = dict.fromkeys(name for name in wanted.values() if name in present)
    with ThreadPoolExecutor(_THREADS) as pool:
        found = dict(zip(files, pool.map(lambda name: _parsed(name, read, folder), files), strict=True))
    counted = _counted(system)
    readings = {key: _reading(key, name, found, counted) for key, name in wanted.items()}
    wrong = [p for _, problems in found.values() for p in problems]
    misfits = [p for _, p in readings.values() if p]
    strange = sorted(present - set(files))
    return Folder({k: s for k, (s, _) in readings.items()}, (*wrong, *misfits), _strangers(strange))


def _file(slo: Slo, objective: Objective, present: set[str]) -> str:
    """`slo.objective.csv` where there is one, or `slo.csv`, which an SLO of one indicator shares."""
    own = f"{slo.name}.{objective.name}.csv"
    return own if own in present else f"{slo.name}.csv"


def _parsed(name: str, read: Read, folder: str) -> tuple[Series | Unavailable | None, list[Problem]]:
    path = f"{folder}/{name}" if folder else name
    try:
        return parse(path, read(name))
    except OSError as error:
        return Unavailable(f"{path} cannot be read: {error.strerror}"), []


def _reading(
    key: Key,
    name: str,
    found: Mapping[str, tuple[Series | Unavailable | None, list[Problem]]],
    counted: set[Key],
) -> tuple[Series | Unavailable, Problem | None]:
    if name not in found:
        return _silence(f"there is no file {name}"), None
    series, _ = found[name]
    if series is None:
        return Unavailable(f"{name} has problems"), None
    if isinstance(series, Values) and key in counted:
        wrong = f"{key[0]} counts events, and `value` is no count"
        problem = Problem(Span(name), CODE, wrong, "write `timestamp,good,total`")
        return Unavailable(f"{name} has problems"), problem
    return series, None


def _silence(note: str) -> Counts:
    nothing = np.empty(0, dtype=np.int64)
    return Counts(nothing, nothing, nothing, nothing, (note,))


def _counted(system: System) -> set[Key]:
    """The objectives that are a ratio of counts."""
    return {(s.name, o.name) for s in system.slos for o in s.objectives if isinstance(o.indicator, Ratio)}


def _strangers(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (f"no SLO of the project has the name of {', '.join(names[:5])}{more}: ignored",)
