"""`report` and `gate`: the slo-report, and what the error-budget policy says about a release."""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.model import Slo, System, Window
    from sereno.language.problem import Problem
    from sereno.report.history import Events
    from sereno.report.ledger import Book
    from sereno.report.model import Report, SloReport
    from sereno.vendors.backend import Observer

# Each format, and the name of its file where several are written.
FORMATS: Final = {
    "json": "slo-report.json",
    "markdown": "slo-report.md",
    "html": "slo-report.html",
    "junit": "slo-report.xml",
    "badge": "slo-report.svg",
    "slack": "slo-report.slack.json",
    "openmetrics": "slo-report.prom",
    "github": "slo-report.github.txt",
}
_2100: Final = 4_102_444_800
_DRAWN: Final = frozenset({"html", "markdown"})  # those with pictures, if only of letters

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
WindowText = Annotated[
    str | None,
    typer.Option("--window", "-w", help="30d, 12h ... or week, month, quarter, year; else each SLO's own."),
]
Zone = Annotated[str, typer.Option(help="The IANA zone of a calendar window.")]
At = Annotated[str | None, typer.Option(help="The end: RFC 3339 or epoch seconds; else now.")]
SeriesDir = Annotated[
    Path | None, typer.Option("--series", help="A folder of SLO.csv files, instead of a back end.")
]
Endpoint = Annotated[str | None, typer.Option(help="An emulator's URL, instead of AWS or the running stack.")]
Cache = Annotated[
    Path | None, typer.Option(help="A folder that keeps days that are over, so that they are asked for once.")
]
Partial = Annotated[
    bool, typer.Option("--allow-partial", help="Exit 0 although some SLOs could not be asked for.")
]


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno report --env prod --window month --format markdown")(report)
    app.command(epilog="Example: sereno gate --env prod && ./deploy.sh")(gate)


def report(
    env: Env = "local",
    project: Project = None,
    window: WindowText = None,
    zone: Zone = "UTC",
    at: At = None,
    series: SeriesDir = None,
    format_: Annotated[
        list[str] | None, typer.Option("--format", "-f", help=" | ".join(FORMATS) + ". Repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file with one --format, else a folder.")] = None,
    gate_: Annotated[bool, typer.Option("--gate", help="Exit 1 if the budget policy says freeze.")] = False,
    explain: Annotated[str | None, typer.Option(help="Show the arithmetic of this SLO instead.")] = None,
    endpoint_url: Endpoint = None,
    cache: Cache = None,
    allow_partial: Partial = False,
) -> None:
    """Say how much error budget is left, and where it went.

    Without --format, slo-report.md, .html and .json are written to build/report (or --out); one --format goes
    to standard output (or --out); several go to the folder.
    """
    formats = tuple(dict.fromkeys(format_ or ()))
    for name in formats:
        if name not in FORMATS:
            raise Unable(f"no format is named `{name}`; write one of {', '.join(FORMATS)}")
    curves = explain is None and (not formats or bool(_DRAWN & set(formats)))
    root, made, problems = _made(
        _Question(env, project, window, zone, at, series, endpoint_url, cache, curves=curves)
    )
    if explain is not None:
        _explain(made, explain)
    elif len(formats) == 1:
        _deliver(_renderer(formats[0])(made), out)
    else:
        _save(made, formats or ("markdown", "html", "json"), out or root / "build" / "report")
    if gate_:
        _say_silent(made)
    _end(made, problems, frozen=gate_ and made.gate.action == "freeze", partial=allow_partial)


def gate(
    env: Env = "local",
    project: Project = None,
    window: WindowText = None,
    zone: Zone = "UTC",
    at: At = None,
    series: SeriesDir = None,
    endpoint_url: Endpoint = None,
    cache: Cache = None,
    allow_partial: Partial = False,
) -> None:
    """Answer by exit code whether a release may go: 1 if the budget policy says freeze."""
    question = _Question(env, project, window, zone, at, series, endpoint_url, cache, curves=False)
    _, made, problems = _made(question)
    if made.gate.action != "freeze":
        typer.echo(made.gate.sentence)
    _say_silent(made)
    _end(made, problems, frozen=made.gate.action == "freeze", partial=allow_partial)


@dataclass(frozen=True, slots=True)
class _Question:
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


def _made(asked: _Question) -> tuple[Path, Report, tuple[Problem, ...]]:
    """The project's folder, the report, and what was wrong with the series' files."""
    window = _window(asked.window, asked.zone)
    moment = None if asked.at in (None, "now") else _moment(asked.at or "")
    with _no_collecting():
        root, system = _system(asked.project, asked.env)
    if asked.series is not None:
        with _no_collecting():
            at = _now() if moment is None else moment
            return root, *_from_files(system, asked.series, at, window, curves=asked.curves)
    return root, _from_back_end(asked, root, system, moment, window), ()


def _from_back_end(
    asked: _Question, root: Path, system: System, moment: int | None, window: Window | None
) -> Report:
    from sereno.cli.observer import observer
    from sereno.report import observe

    source, now = observer(root, system, asked.endpoint)
    if asked.cache is not None:
        source = _cached(source, asked.cache, system, now)
    made = observe(system, source, at=now if moment is None else moment, window=window)
    return made if asked.cache is None else _compared(made, asked.cache / "targets.json")


def _cached(source: Observer, folder: Path, system: System, now: int) -> Observer:
    from sereno.report.cache import CachedObserver

    place = system.environment
    if place.name == "local":
        raise Unable("--cache is for a back end that lasts; the local stack's data end with it")
    return CachedObserver(source, folder, f"{place.name} {place.region} {place.endpoint}", now)


def _compared(made: Report, path: Path) -> Report:
    """With a warning where a target has changed; remembers today's. A file that is none is begun anew."""
    from sereno.report.targets import compare

    try:
        seen = json.loads(path.read_text(encoding="utf-8"))
        made, known = compare(made, seen)
    except (OSError, ValueError, AttributeError, TypeError):
        made, known = compare(made, {})
    _deliver(json.dumps(known, indent=2, sort_keys=True) + "\n", path)
    return made


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


def _moment(text: str) -> int:
    from sereno.language.moments import epoch

    moment = epoch(text)
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
        raise Found(f"{len(wrong)} problems; nothing was reported", problems)
    return root, system


def _from_files(
    system: System, folder: Path, at: int, window: Window | None, *, curves: bool
) -> tuple[Report, tuple[Problem, ...]]:
    from sereno.report.figures import assemble, lines
    from sereno.report.folder import open_folder
    from sereno.report.halves import in_halves

    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise Unable(f"--series {folder} cannot be read: {error.strerror}") from error
    events, said, wrong = _alarms(system, folder, names, at)

    def part(slos: Sequence[Slo]) -> tuple[list[tuple[SloReport, Book | None]], list[Problem]]:
        files = open_folder(system, names, lambda name: (folder / name).read_bytes(), str(folder))
        return lines(system, slos, files, events, at=at, window=window, curves=curves), files.problems

    # Alarms are judged by the books, which are too large to hand over.
    parts = [part(system.slos)] if events else in_halves(part, system.slos)
    made = [line for found, _ in parts for line in found]
    strangers = open_folder(system, names, lambda _: b"").warnings
    whole = assemble(system, made, events, at=at, window=window, warnings=(*strangers, *said))
    return whole, (*wrong, *(p for _, problems in parts for p in problems))


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


def _renderer(name: str) -> Callable[[Report], str]:
    render: Callable[[Report], str] = importlib.import_module(f"sereno.report.{name}").render
    return render


def _deliver(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    from sereno.report import whole

    try:
        whole.write(out, text)
    except OSError as error:
        raise Unable(f"{out} cannot be written: {error.strerror}") from error


def _save(made: Report, formats: Sequence[str], folder: Path) -> None:
    from sereno.report import terminal

    paths = [folder / FORMATS[name] for name in formats]
    for name, path in zip(formats, paths, strict=True):
        _deliver(_renderer(name)(made), path)
    terminal.show_report(made, paths)


def _explain(made: Report, name: str) -> None:
    from sereno.report.explain import render

    if not any(line.name == name for line in made.slos):
        raise Unable(f"no SLO is named `{name}`; there are {', '.join(line.name for line in made.slos)}")
    sys.stdout.write(render(made, name))


def _say_silent(made: Report) -> None:
    """A gate that opens on no data must not look like one that opens on good data."""
    silent = [line.label for line in made.slos if line.state == "no_data"]
    some = "1 SLO has no data" if len(silent) == 1 else f"{len(silent)} SLOs have no data"
    if silent:
        more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
        typer.echo(
            f"warning: {some}, so that the gate knows nothing of {', '.join(silent[:5])}{more}", err=True
        )


def _end(made: Report, problems: tuple[Problem, ...], *, frozen: bool, partial: bool) -> None:
    """Warnings, then the exit code: 1 a closed gate or bad files, 2 data that could not be asked for."""
    sys.stderr.writelines(f"warning: {text}\n" for text in made.warnings)
    if frozen:
        raise Found(made.gate.sentence, problems)
    if problems:
        raise Found(f"{len(problems)} problems in the series; the rest is reported", problems)
    away = [line.label for line in made.slos if line.unavailable]
    if away and not partial:
        some = "1 SLO" if len(away) == 1 else f"{len(away)} SLOs"
        raise Unable(f"{some} could not be asked for, the rest is reported: {', '.join(away[:5])}")
