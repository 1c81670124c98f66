"""`schema`, `export` and `init`: the language, given away."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from sereno.cli.check import Env, Project
from sereno.cli.output import save
from sereno.cli.project import find
from sereno.errors import Found, Unable

WHAT: Final = ("documents", "project")
IGNORES: Final = ".gitignore"
Out = Annotated[
    Path | None, typer.Option(help="A file, in a folder that is made if need be; else it is printed.")
]
LONGEST: Final = 40  # characters of a service's name, of which alarms' names are made


def add(app: typer.Typer) -> None:
    """Registers the commands."""
    app.command(epilog="Example: sereno schema --out build/sereno.schema.json")(schema)
    app.command(epilog="Example: sereno export openslo --env prod > slos.yaml")(export)
    app.command(epilog="Example: sereno init orders --service orders --owner orders-team")(init)


def schema(
    what: Annotated[str, typer.Argument(help="documents, or project for sereno.yaml.")] = "documents",
    out: Out = None,
) -> None:
    """Print the JSON Schema for editors, or write it."""
    if what not in WHAT:
        raise Unable(f"there is no schema of `{what}`; write documents or project")
    from sereno.language import schema as schemas

    found = schemas.documents() if what == "documents" else schemas.project()
    _deliver(json.dumps(found, indent=2) + "\n", out)


def export(
    form: Annotated[str, typer.Argument(help="openslo")],
    env: Env = "local",
    project: Project = None,
    out: Out = None,
) -> None:
    """Write the SLOs and all they refer to as plain OpenSLO v1, variables put in."""
    if form != "openslo":
        raise Unable(f"there is no export to `{form}`; write openslo")
    from sereno.language.export import openslo
    from sereno.language.project import examine

    found = examine(find(project), env, lenient=True)
    if found.system is None:
        raise Found("the project has problems; nothing was written", found.problems)
    _deliver(openslo(found.documents), out)


def _deliver(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    save(out, text)
    typer.echo(f"wrote {out}")


def init(
    folder: Annotated[Path, typer.Argument(help="Where to; it may exist, its files are kept.")] = Path(),
    service: Annotated[str | None, typer.Option(help="The service's name.")] = None,
    owner: Annotated[str | None, typer.Option(help="The team that owns it.")] = None,
    backend: Annotated[str | None, typer.Option(help="cloudwatch or datadog.")] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region.")] = None,
) -> None:
    """Write a working starter for a service: SLO, alerts, routes, dashboard, tests, runbooks.

    What no flag says is asked, or on no terminal taken from the folder's name.
    """
    from sereno.language.spec.base import NAME
    from sereno.language.starter import starter

    name = folder.resolve().name.lower().replace("_", "-")
    default = name if NAME.fullmatch(name) and len(name) <= LONGEST else "service"
    chosen = _asked("The service's name", service, default)
    values = {
        "service": chosen,
        "owner": _asked("The team that owns it", owner, f"{chosen}-team"),
        "backend": _asked("cloudwatch or datadog", backend, "cloudwatch"),
        "region": _asked("The AWS region", region, "us-east-1"),
    }
    _refuse(values)
    files = starter(values)
    kept = _kept_ignores(folder)
    if kept is not None:
        del files[IGNORES]
    there = [path for path in files if (folder / path).exists()]
    if there:
        raise Unable(f"{folder / there[0]} is there already; nothing was written")
    for path, text in files.items():
        save(folder / path, text)
    if kept is not None and not {"build", "/build"} & {line.rstrip("/") for line in kept}:
        typer.echo(f"kept {IGNORES}: add /build/ to it")
    typer.echo(f"wrote {len(files)} files; try: sereno check --project {shlex.quote(str(folder))}")


def _kept_ignores(folder: Path) -> list[str] | None:
    """The lines of the folder's own `.gitignore`, which stays as it is; None without."""
    try:
        return (folder / IGNORES).read_text(encoding="utf-8", errors="replace").split()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unable(f"{folder / IGNORES} cannot be read: {error.strerror}") from error


def _asked(question: str, given: str | None, default: str) -> str:
    if given is not None:
        return given
    return str(typer.prompt(question, default=default)) if sys.stdin.isatty() else default


def _refuse(values: dict[str, str]) -> None:
    from sereno.language import regions
    from sereno.language.spec.base import NAME

    for what in ("service", "owner"):
        if not NAME.fullmatch(values[what]):
            raise Unable(f"`{values[what]}` is no {what}'s name: lower-case letters, digits and `-`")
    if not regions.is_formed(values["region"]):
        raise Unable(
            f"`{values['region']}` is no Region of AWS: write one such as {regions.meant(values['region'])}"
        )
    if len(values["service"]) > LONGEST:
        raise Unable(f"the service's name has more than {LONGEST} characters; alarms' names have it in them")
    if values["backend"] not in ("cloudwatch", "datadog"):
        raise Unable(f"no back end is named `{values['backend']}`; write cloudwatch or datadog")
