"""`import`: what is live as YAML, so that a team need not start over."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from sereno.cli.output import save
from sereno.errors import Unable

Env = Annotated[str, typer.Option("--env", "-e", help="The environment of sereno.yaml.")]
Project = Annotated[Path | None, typer.Option(help="The folder with sereno.yaml; else it is sought upwards.")]


def add(app: typer.Typer) -> None:
    """Registers the command."""
    app.command("import", epilog="Example: sereno import cloudwatch --prefix shop- --out imported")(import_)


def import_(
    vendor: Annotated[str, typer.Argument(help="cloudwatch or datadog")],
    prefix: Annotated[
        str | None, typer.Option(help="Only what is named so; else what sereno made for this environment.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder to write to; existing files are kept.")] = Path(
        "imported"
    ),
    env: Env = "local",
    project: Project = None,
    endpoint_url: Annotated[str | None, typer.Option(help="An emulator's URL.")] = None,
) -> None:
    """Write Signals, Alerts and Dashboards from what is live; says what could not be said."""
    if vendor not in ("cloudwatch", "datadog"):
        raise Unable(f"sereno imports from cloudwatch and datadog, not from {vendor}")
    from sereno.cli.deploy import load, running_stack
    from sereno.language import names
    from sereno.vendors.importing import here, written

    root, system = load(project, env, vendor)
    room = f"sereno.vendors.{vendor}"
    backend = import_module(f"{room}.client").connect(system, endpoint_url or running_stack(root, system))
    wanted = prefix if prefix is not None else names.prefix(system)
    found = import_module(f"{room}.importing").imported(list(backend.named(wanted)), wanted, here(system))
    files = written(found)
    for name in files:
        if (out / name).exists():
            raise Unable(f"{out / name} exists; name another --out")
    for name, text in files.items():
        save(out / name, text)
        typer.echo(out / name)
    if not files and not found.left_out:
        typer.echo(f"nothing live is named `{wanted}...`, so nothing was written")
    for line in found.left_out:
        typer.echo(f"left out: {line}", err=True)
