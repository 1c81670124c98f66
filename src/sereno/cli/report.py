"""`report` and `gate`: the slo-report, and what the error-budget policy says about a release."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sereno.cli.output import save
from sereno.cli.reported import Question, made
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from sereno.language.problem import Problem
    from sereno.report.model import Report

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
_DRAWN: Final = frozenset({"html", "markdown"})  # those with pictures, if only of letters

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
WindowText = Annotated[
    str | None,
    typer.Option("--window", "-w", help="30d, 12h ... or week, month, quarter, year; else each SLO's own."),
]
Zone = Annotated[str, typer.Option(help="The IANA zone of a calendar window, and of --at.")]
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

    Without --format, slo-report.md, .html and .json are written to build/report (or --out).
    One --format goes to standard output (or --out); several go to the folder.
    """
    formats = tuple(dict.fromkeys(format_ or ()))
    for name in formats:
        if name not in FORMATS:
            raise Unable(f"no format is named `{name}`; write one of {', '.join(FORMATS)}")
    curves = explain is None and (not formats or bool(_DRAWN & set(formats)))
    root, found, problems = made(
        Question(env, project, window, zone, at, series, endpoint_url, cache, curves=curves)
    )
    if explain is not None:
        said = _second_opinion(found, explain, env, project, endpoint_url) if series is None else ""
        _deliver(_explained(found, explain) + said, out)
    elif len(formats) == 1:
        _deliver(_renderer(formats[0])(found), out)
    else:
        _save(found, formats or ("markdown", "html", "json"), out or root / "build" / "report")
    if gate_:
        _say_silent(found)
    _end(found, problems, frozen=gate_ and found.gate.action == "freeze", partial=allow_partial)


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
    question = Question(env, project, window, zone, at, series, endpoint_url, cache, curves=False)
    _, found, problems = made(question)
    if found.gate.action != "freeze":
        typer.echo(_of_the_rest(found) if problems else found.gate.sentence)
    _say_silent(found)
    _end(found, problems, frozen=found.gate.action == "freeze", partial=allow_partial)


def _renderer(name: str) -> Callable[[Report], str]:
    render: Callable[[Report], str] = importlib.import_module(f"sereno.report.{name}").render
    return render


def _deliver(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        save(out, text)


def _save(report: Report, formats: Sequence[str], folder: Path) -> None:
    from sereno.report import terminal

    paths = [folder / FORMATS[name] for name in formats]
    for name, path in zip(formats, paths, strict=True):
        _deliver(_renderer(name)(report), path)
    terminal.show_report(report, paths)


def _explained(report: Report, name: str) -> str:
    from sereno.report.explain import render

    if not any(line.name == name for line in report.slos):
        raise Unable(f"no SLO is named `{name}`; there are {', '.join(line.name for line in report.slos)}")
    return render(report, name)


def _second_opinion(report: Report, name: str, env: str, project: Path | None, endpoint: str | None) -> str:
    """What the vendor itself says of the SLO, where it keeps SLOs."""
    from sereno.cli.second_opinion import lines

    mine = [line for line in report.slos if line.name == name]
    return "".join(f"{said}\n" for said in lines(mine, env, project, endpoint)) if mine else ""


def _of_the_rest(report: Report) -> str:
    """What the gate says where files have problems: never just that a release may go."""
    away = [line.label for line in report.slos if line.unavailable]
    more = f" and {len(away) - 5} more" if len(away) > 5 else ""
    what = f"{', '.join(away[:5])}{more}" if away else "the alarms' history"
    return f"no answer: {what} could not be judged; of the rest: {report.gate.sentence}"


def _say_silent(report: Report) -> None:
    """A gate that opens on no data must not look like one that opens on good data."""
    silent = [line.label for line in report.slos if line.state == "no_data"]
    some = "1 SLO has no data" if len(silent) == 1 else f"{len(silent)} SLOs have no data"
    if silent:
        more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
        typer.echo(
            f"warning: {some}, so that the gate knows nothing of {', '.join(silent[:5])}{more}", err=True
        )


def _end(report: Report, problems: tuple[Problem, ...], *, frozen: bool, partial: bool) -> None:
    """Warnings, then the exit code: 1 a closed gate or bad files, 2 data that could not be asked for."""
    sys.stderr.writelines(f"warning: {text}\n" for text in report.warnings)
    if frozen:
        raise Found(report.gate.sentence, problems)
    if problems:
        some = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise Found(f"{some} in the series; the rest is reported", problems)
    away = [line.label for line in report.slos if line.unavailable]
    if away and not partial:
        some = "1 SLO" if len(away) == 1 else f"{len(away)} SLOs"
        raise Unable(f"{some} could not be asked for, the rest is reported: {', '.join(away[:5])}")
