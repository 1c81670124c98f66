"""The report that a command line asks for: from files, or from a back end through a cache."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sereno.cli.output import save
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import Slo, System, Window
    from sereno.language.problem import Problem
    from sereno.report.book import Book
    from sereno.report.history import Events
    from sereno.report.model import Report, SloReport
    from sereno.vendors.backend import Observer

_2100: Final = 4_102_444_800


@dataclass(frozen=True, slots=True)
class Question:
    """What both commands are asked."""

    env: str
    project: Path | None
    window: str | None
    zone: str
    at: str | None
    series: Path | None
    endpoint: str | None
    cache: Path | None
    curves: bool  # whether pictures are drawn


def made(asked: Question) -> tuple[Path, Report, tuple[Problem, ...]]:
    """The project's folder, the report, and what was wrong with the series' files."""
    window = _window(asked.window, asked.zone)
    moment = None if asked.at in (None, "now") else _moment(asked.at or "", asked.zone)
    with _no_collecting():
        root, system = _system(asked.project, asked.env)
    if asked.series is not None:
        with _no_collecting():
            report, problems = _from_files(asked, asked.series, system, moment, window)
            return root, report, problems
    return root, _from_back_end(asked, root, system, moment, window), ()


def _from_back_end(
    asked: Question, root: Path, system: System, moment: int | None, window: Window | None
) -> Report:
    from sereno.cli.observer import observer, pace
    from sereno.report import observe

    source, now = observer(root, system, asked.endpoint)
    notes = pace(source) if system.environment.name == "local" else ()
    if asked.cache is not None:
        source = _cached(source, asked.cache, system, now)
    at = now if moment is None else moment
    found = observe(system, source, at=at, window=window, now=now, notes=notes)
    return found if asked.cache is None else _compared(found, asked.cache / f"targets-{asked.env}.json")


def _cached(source: Observer, folder: Path, system: System, now: int) -> Observer:
    from sereno.report.cache import CachedObserver

    place = system.environment
    if place.name == "local":
        raise Unable("--cache is for a back end that lasts; the local stack's data end with it")
    return CachedObserver(source, folder, f"{place.name} {place.region} {place.endpoint}", now)


def _compared(found: Report, path: Path) -> Report:
    """With a warning where a target has changed; remembers today's. A file that is none is begun anew."""
    from sereno.report.targets import compare

    try:
        seen = json.loads(path.read_text(encoding="utf-8"))
        compared, known = compare(found, seen)
    except (OSError, ValueError, ArithmeticError, AttributeError, TypeError):
        compared, known = compare(found, {})
    save(path, json.dumps(known, indent=2, sort_keys=True) + "\n")
    return compared


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Without looking for cycles, a tenth of the time where a thousand SLOs are made at once; and what was
    made, which lasts until the command ends, is never looked through later either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _now() -> int:
    return int(time.time())


def _moment(text: str, zone: str) -> int:
    """What is written without a zone is in the one of the calendar window: a quarter ends at its midnight."""
    from zoneinfo import ZoneInfo

    from sereno.language.moments import epoch

    moment = epoch(text, ZoneInfo(zone))
    if moment is None or not 0 <= moment <= _2100:
        raise Unable(
            f"--at {text} is no time between 1970 and 2100; write 2026-03-01T00:00:00Z or epoch seconds"
        )
    return moment


def _window(text: str | None, zone: str) -> Window | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from sereno.report.periods import parse_window

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unable(f"--zone {zone} is no IANA zone; write Europe/Berlin or UTC") from None
    if text is None:
        return None
    window = parse_window(text, zone)
    if window is None:
        raise Unable(f"--window {text} is no window; write 30d, 12h, week, month, quarter or year")
    return window


def _system(project: Path | None, env: str) -> tuple[Path, System]:
    from sereno.cli.project import find
    from sereno.language import load_system
    from sereno.language.problem import errors

    root = find(project)
    system, problems = load_system(root, env)
    wrong = errors(problems)
    if system is None or wrong:
        some = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        raise Found(f"{some}; nothing was reported", problems)
    return root, system


def _from_files(
    asked: Question, folder: Path, system: System, moment: int | None, window: Window | None
) -> tuple[Report, tuple[Problem, ...]]:
    from sereno.report.figures import assemble, lines
    from sereno.report.folder import open_folder
    from sereno.report.halves import in_halves
    from sereno.report.notices import ahead, later

    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise Unable(f"--series {folder} cannot be read: {error.strerror}") from error
    now = _now()
    at = now if moment is None else moment
    newest = at if moment is None else None  # what is newer has a wrong clock, unless the past was asked for
    events, said, wrong = _alarms(system, folder, names, at)

    def part(slos: Sequence[Slo]) -> tuple[list[tuple[SloReport, Book | None]], list[Problem], int, int]:
        files = open_folder(system, names, lambda name: (folder / name).read_bytes(), str(folder), newest, at)
        made = lines(system, slos, files, events, at=at, window=window, curves=asked.curves)
        return made, files.problems, files.ahead, files.latest

    # Alarms are judged by the books, which are too large to hand over.
    parts = [part(system.slos)] if events else in_halves(part, system.slos)
    all_lines = [line for found, *_ in parts for line in found]
    strangers = open_folder(system, names, lambda _: b"").warnings
    left = later(newest) if (newest := max(beyond for *_, beyond, _ in parts)) else ()
    if at > now >= max(latest for *_, latest in parts):
        left = (ahead(at),)
    report = assemble(system, all_lines, events, at=at, window=window, warnings=(*left, *strangers, *said))
    return report, (*wrong, *(p for _, problems, *_ in parts for p in problems))


def _alarms(
    system: System, folder: Path, names: Sequence[str], at: int
) -> tuple[Events, tuple[str, ...], list[Problem]]:
    """The alarms' history of a folder that has one, what to warn of, and what is wrong with it."""
    from sereno.report import alarm_file
    from sereno.report.alarms import alarm_names
    from sereno.vendors.backend import Unavailable

    if alarm_file.NAME not in names:
        return None, (), []
    path = folder / alarm_file.NAME
    try:
        events, wrong = alarm_file.parse(str(path), path.read_bytes())
    except OSError as error:
        return Unavailable(f"{path.name} cannot be read: {error.strerror}"), (), []
    if wrong:
        return Unavailable(f"{path.name} has problems"), (), wrong
    known = alarm_names(system)
    return [e for e in events if e.at < at], alarm_file.strangers(events, known), []
