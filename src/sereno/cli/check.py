"""`check`, `explain` and `route`: what can be said of the YAML without asking anyone."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sereno.cli.project import find, upwards
from sereno.errors import Unable

if TYPE_CHECKING:
    from sereno.language.model import System
    from sereno.language.problem import Problem
    from sereno.language.project import Examined

FORMATS: Final = ("text", "json", "github", "sarif")

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno check --format github")(check)
    app.command(epilog="Example: sereno explain unreachable-burn")(explain)
    app.command(epilog="Example: sereno route severity=page service=users-api")(route)


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; else the whole project.")
    ] = None,
    env: Env = "local",
    backend: Annotated[
        str | None, typer.Option(help="cloudwatch or datadog; else the environment's.")
    ] = None,
    project: Project = None,
    format_: Annotated[str, typer.Option("--format", "-f", help=" | ".join(FORMATS))] = "text",
    resources: Annotated[
        Path | None, typer.Option(help="Judge this file of either vendor's resources, not the YAML.")
    ] = None,
) -> None:
    """Check everything offline: language, references, limits, runbooks, reachability, tests.

    Exits 0 without an error, 1 with one, 2 if it could not look.
    A folder of OpenSLO documents that belongs to no project can be checked too.
    """
    if format_ not in FORMATS:
        raise Unable(f"no format is named `{format_}`; write one of {', '.join(FORMATS)}")
    gc.disable()  # a short life with many small trees: collecting would be a third of it, and free nothing
    found = [_resources(resources)] if resources else list(_examined(paths or [], env, backend, project))
    problems = [problem for each in found for problem in each[0]]
    sources = {file: data for each in found for file, data in each[1].items()}
    sys.stdout.write(_rendered(problems, sources, format_))
    if format_ == "text":
        typer.echo(_sum(problems, len(sources)), err=bool(problems))
    raise typer.Exit(any(p.severity == "error" for p in problems))


Found = tuple[list["Problem"], dict[str, bytes]]


def _examined(paths: Sequence[Path], env: str, backend: str | None, project: Path | None) -> Iterable[Found]:
    """The project once, whatever paths of it are asked for; each other folder by itself."""
    from sereno.language.project import examine, folder, holds

    if not paths:
        root = find(project)
        yield _seen(root, _with_limits(examine(root, env, backend, lenient=True)), [])
        return
    inside: dict[Path, list[Path]] = {}
    for path in paths:
        if not _exists(path):
            raise Unable(f"there is no {path}")
        above = project.resolve() if project else upwards(path if path.is_dir() else path.parent)
        if above is not None and holds(above, path.resolve()):
            inside.setdefault(above, []).append(path.resolve())
        else:
            yield _seen(path if path.is_dir() else path.parent, folder(path), [])
    for root, wanted in inside.items():
        yield _seen(root, _with_limits(examine(root, env, backend, lenient=True)), wanted)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise Unable(f"{str(path)[:200]} cannot be looked at: {error.strerror}") from error


def _with_limits(found: Examined) -> Examined:
    """What the environment's vendor would refuse, added to a whole System without an error."""
    if found.system is None or any(p.code == "outputs-missing" for p in found.problems):
        return found
    from sereno.language.silence import silenced

    vendor = {"cloudwatch": "cw-", "datadog": "dd-"}[found.system.environment.backend]
    more = silenced(list(limits(found.system)), found.sources, (), vendor)
    return replace(found, problems=tuple(sorted((*found.problems, *more))))


def limits(system: System) -> tuple[Problem, ...]:
    """The problems of compiling for the environment's vendor."""
    from importlib import import_module

    vendor = import_module(f"sereno.vendors.{system.environment.backend}")
    problems: tuple[Problem, ...] = vendor.compile(system)[1]
    return problems


def _seen(root: Path, found: Examined, wanted: Sequence[Path]) -> Found:
    """Problems and sources by the file's name from here, of the wanted paths only."""
    prefix = os.path.relpath(root.resolve(), Path.cwd())
    names = {file: os.path.normpath(os.path.join(prefix, file)) for file in found.sources}  # noqa: PTH118
    problems = [p for p in found.problems if _is_wanted(root / p.where.file, wanted)]
    shown = [replace(p, where=replace(p.where, file=names.get(p.where.file, p.where.file))) for p in problems]
    return shown, {names[file]: data for file, data in found.sources.items()}


def _is_wanted(file: Path, wanted: Sequence[Path]) -> bool:
    return not wanted or any(file.is_relative_to(path) for path in wanted)


def _resources(path: Path) -> Found:
    import json

    from sereno.vendors.cloudwatch.limits import check_resources, key_twice, nothing_judged, templates
    from sereno.vendors.datadog import limits_files as datadog

    try:
        data = path.read_bytes()
        text = data.decode(json.detect_encoding(data), "surrogatepass")
        read = templates.read(text)
    except OSError as error:
        raise Unable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Unable(f"{path} is neither JSON nor YAML: {error}") from error
    document, twice = read.document, [key_twice(key, str(path)) for key in read.twice]
    if not isinstance(document, dict | list):
        raise Unable(f"{path} holds no resources: it is neither an object nor a list")
    if b"\\ud" in data.lower() and not _is_text(json.dumps(document, ensure_ascii=False, default=str)):
        raise Unable(f"{path} holds half a character (`\\ud800` to `\\udfff` alone), which no vendor takes")
    if datadog.holds(document):
        return [*datadog.check_resources(document, str(path)), *twice], {str(path): data}
    found = [*check_resources(document, str(path), text, read.at), *twice]
    return found or list(nothing_judged(document, str(path))), {str(path): data}


def _is_text(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def _rendered(problems: Sequence[Problem], sources: dict[str, bytes], wanted: str) -> str:
    from sereno.language import problem, text

    if wanted == "text":
        lines = {file: text.lines(sources.get(file, b"")) for file in {p.where.file for p in problems}}
        return problem.render_text(problems, lines, colour=_colour())
    if wanted == "sarif":
        from sereno.language.explain import pages, summary

        return problem.render_sarif(problems, {code: summary(page) for code, page in pages().items()})
    return problem.render_json(problems) if wanted == "json" else problem.render_github(problems)


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _sum(problems: Sequence[Problem], files: int) -> str:
    errors = sum(p.severity == "error" for p in problems)
    parts = [(errors, "error"), (len(problems) - errors, "warning")]
    said = ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in parts if n) or "no problems"
    return f"{said} in {files} file{'s' * (files != 1)}"


def explain(
    code: Annotated[str | None, typer.Argument(help="A problem's code; without one, all are listed.")] = None,
) -> None:
    """Say what a rule is, why, what breaks it and what keeps it."""
    from sereno.language.explain import summary

    known = _pages()
    if code is None:
        width = max(map(len, known))
        typer.echo("\n".join(f"{name:<{width}}  {summary(page)}" for name, page in sorted(known.items())))
    elif code in known:
        typer.echo(f"{code}\n\n{known[code]}")
    else:
        from sereno.language.problem import did_you_mean

        raise Unable(f"no problem has the code `{code}`; {did_you_mean(code, known) or 'see sereno explain'}")


def _pages() -> dict[str, str]:
    """Ours, and those of the vendors' limits."""
    from sereno.language.explain import pages
    from sereno.vendors.cloudwatch import limits as cloudwatch
    from sereno.vendors.datadog import limits as datadog

    vendors = {**cloudwatch.explanations(), **datadog.explanations()}
    return {**pages(), **vendors, **pages(("sereno.proof.faults", "sereno.report.faults"))}


def route(
    labels: Annotated[
        list[str], typer.Argument(help="KEY=VALUE: severity, service, environment, slo, alert ...")
    ],
    env: Env = "local",
    project: Project = None,
) -> None:
    """Say who is notified of an alert with these labels, and by which rule."""
    from sereno.language.routes import chosen

    system = _system(project, env)
    given = dict(_label(label) for label in labels)
    for note in _unheard_of(system, given):
        typer.echo(note, err=True)
    asked = {"project": system.project, "environment": system.environment.name, **given}
    routes = chosen(system, asked)
    if not routes:
        raise Unable(
            "nothing is routed: the project has no document of kind Routes, or its root does not match"
        )
    for each in routes:
        receiver = system.receivers[each.receiver]
        ways = [*receiver.cloudwatch] if system.environment.backend == "cloudwatch" else [*receiver.datadog]
        mutes = f", muted in {', '.join(m.name for m in each.mutes)}" if each.mutes else ""
        rule = ", ".join(f"{k}={v}" for k, v in each.match.items()) or "the root"
        at = f"{each.where.file}:{each.where.line}"
        typer.echo(f"{each.receiver}: {', '.join(ways) or 'not reached here'} (by {rule}, {at}{mutes})")


def _unheard_of(system: System, given: Mapping[str, str]) -> Iterator[str]:
    """A note for each of our own labels with a value that no alert here bears: most likely a slip."""
    from sereno.language.problem import did_you_mean

    known: Mapping[str, Collection[str]] = {
        "severity": ("page", "ticket"),
        "service": system.services,
        "slo": [slo.name for slo in system.slos],
        "alert": [alert.name for alert in system.alerts],
    }
    for label, value in given.items():
        if label in known and value not in known[label]:
            hint = did_you_mean(value, known[label])
            yield f"note: nothing here has {label}={value}" + (f"; {hint}" if hint else "")


def _label(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise Unable(f"`{text}` is not KEY=VALUE, such as severity=page")
    return key, value


def _system(project: Path | None, env: str) -> System:
    from sereno import errors
    from sereno.language import load_system

    system, problems = load_system(find(project), env, lenient=True)
    if system is None:
        raise errors.Found("the project has problems; nothing was asked", problems)
    return system
