"""A folder of CSV files, one a SLO: which file is whose, what is missing, what belongs to nobody."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sereno.language.model import Objective, Ratio, RawRatio, Slo, System
from sereno.language.problem import Problem
from sereno.report import alarm_file, packed
from sereno.report.csv_series import lengths, parse
from sereno.report.faults import report_series as fault
from sereno.report.pieces import before
from sereno.report.plain_csv import Memory
from sereno.report.series import Counts, Key, Series, Values
from sereno.report.show import moment
from sereno.vendors.backend import Unavailable

Read = Callable[[str], bytes]  # a file's bytes by its name in the folder; raises OSError


@dataclass(slots=True)
class Folder(Mapping[Key, Series | Unavailable]):
    """The series of every objective. A file is read when its SLO's turn comes and then forgotten,
    so that a thousand are never in memory together. `problems` grows as files are read; a file
    that has some makes its SLO unavailable.
    """

    read: Read
    shown: str  # the folder, as problems name it
    wanted: Mapping[Key, str]  # file names
    counted: frozenset[Key]  # objectives that are a ratio of counts
    shares: frozenset[Key]  # objectives that are a raw ratio
    present: frozenset[str]
    end: int | None = None  # of the report: what begins then or later is not looked at
    newest: int | None = None  # a moment after which there can be no data yet
    problems: list[Problem] = field(default_factory=list)
    ahead: int = 0  # the newest time of data later than that; 0: there are none
    latest: int = 0  # the newest time of any data; 0: there are none
    _memory: Memory = field(default_factory=Memory)
    _last: tuple[str, bool, Series | Unavailable] | None = None  # several objectives of an SLO share a file

    def __getitem__(self, key: Key) -> Series | Unavailable:
        name, share = self.wanted[key], key in self.shares
        if self._last is None or self._last[:2] != (name, share):
            self._last = (name, share, self._series(name, share))
        series = self._last[2]
        if isinstance(series, Values) and key in self.counted:
            wrong = f"{key[0]} counts events, and `value` is no count"
            self.problems.append(fault(self._path(name), 1, wrong, "write `timestamp,good,total`"))
            return Unavailable(f"{name} has problems")
        return series

    def __iter__(self) -> Iterator[Key]:
        return iter(self.wanted)

    def __len__(self) -> int:
        return len(self.wanted)

    @property
    def warnings(self) -> tuple[str, ...]:
        """About files that no SLO has the name of."""
        return _strangers(sorted(self.present.difference(self.wanted.values(), [alarm_file.NAME])))

    def _series(self, name: str, share: bool) -> Series | Unavailable:
        if name not in self.present:
            return _silence(f"there is no file {name}")
        try:
            data = self.read(name)
        except OSError as error:
            return Unavailable(f"{name} cannot be read: {error.strerror}")
        series, problems = self._parsed(name, data, share)
        self.problems += problems
        return Unavailable(f"{name} has problems") if series is None else self._known(self._timely(series))

    def _parsed(self, name: str, data: bytes, share: bool) -> tuple[Series | None, list[Problem]]:
        if name.endswith(packed.ENDING):
            try:
                with packed.opened(io.BytesIO(data)) as file:
                    data = file.read()
            except packed.NotPackedError:
                return None, [fault(self._path(name), 1, packed.WRONG, packed.WAY_OUT)]
        return parse(self._path(name), data, self._memory, share=share)

    def _known(self, series: Series) -> Series:
        """Up to the report's end; later lines do not say how long an interval before it is, either."""
        if self.end is None or not len(series.times) or series.times[-1] < self.end:
            return series
        known = before(series, self.end)
        return replace(known, seconds=lengths(known.times))

    def _timely(self, series: Series) -> Series:
        if not len(series.times):
            return series
        self.latest = max(self.latest, int(series.times[-1]))
        if self.newest is None or int(series.times[-1]) <= self.newest:
            return series
        self.ahead = max(self.ahead, int(series.times[-1]))
        when = moment(int(series.times[-1]))
        note = f"there are data of {when}, which is still to come: is a clock wrong?"
        return replace(series, notes=(note,))

    def _path(self, name: str) -> str:
        return f"{self.shown}/{name}" if self.shown else name


def open_folder(
    system: System,
    names: Iterable[str],
    read: Read,
    shown: str = "",
    newest: int | None = None,
    end: int | None = None,
) -> Folder:
    """The files of a folder, by name, for the SLOs of a System."""
    present = frozenset(name for name in names if name.endswith((".csv", f".csv{packed.ENDING}")))
    pairs = [(slo, o) for slo in system.slos for o in slo.objectives]
    counted = frozenset((slo.name, o.name) for slo, o in pairs if isinstance(o.indicator, Ratio))
    shares = frozenset((slo.name, o.name) for slo, o in pairs if isinstance(o.indicator, RawRatio))
    wanted = {(slo.name, o.name): _file(slo, o, present) for slo, o in pairs}
    return Folder(read, shown, wanted, counted, shares, present, end, newest)


def _file(slo: Slo, objective: Objective, present: frozenset[str]) -> str:
    """`slo.objective.csv` where there is one, or `slo.csv`, which objectives share; or `.csv.gz`."""
    own, shared = (_packed(f"{name}.csv", present) for name in (f"{slo.name}.{objective.name}", slo.name))
    return own if own in present or (slo.composite and shared not in present) else shared


def _packed(name: str, present: frozenset[str]) -> str:
    return name if name in present or name + packed.ENDING not in present else name + packed.ENDING


def _silence(note: str) -> Counts:
    nothing = np.empty(0, dtype=np.int64)
    return Counts(nothing, nothing, nothing, nothing, (note,))


def _strangers(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (f"no SLO of the project has the name of {', '.join(names[:5])}{more}: ignored",)
