"""`demo`: a guided outage on this machine, from the fault to the slo-report."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sereno.cli.shown import table, told, waiting
from sereno.cli.stack import BackendName
from sereno.errors import Found

if TYPE_CHECKING:
    from rich.console import Console

    from sereno.local.claims import Claim
    from sereno.local.stack import Stack

Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Warp = Annotated[float, typer.Option(min=1, max=60, help="Metric minutes that pass in a minute.")]

OUT: Final = Path("build") / "demo"


def add(app: typer.Typer) -> None:
    """Registers the command."""
    app.command(epilog="Example: sereno demo")(demo)


def demo(project: Project = None, warp: Warp = 60.0, backend: BackendName = None) -> None:
    """Run the pipeline, stop its database, see who is paged, mend it, read the slo-report.

    Exit 0 only if everything it shows was true.
    """
    from rich.console import Console

    from sereno.cli.project import find
    from sereno.cli.stack import ended_by_signals, watched
    from sereno.local.stack import Options, Stack

    root = find(project)
    system = watched(root, backend)
    out = Console(highlight=False)
    begun = time.monotonic()
    with ended_by_signals():
        vendor = {"cloudwatch": "", "datadog": ", a fake Datadog"}[system.environment.backend]
        what = f"PostgreSQL, the AWS emulator{vendor}, the functions and the watch over them"
        out.print(f"Starting {what}.", soft_wrap=True)
        with Stack(Options(project=root, warp=warp), system) as stack:
            claims = list(_told(out, stack, begun, root / OUT))
    out.print(table("What the demo showed", claims, plain=not out.is_terminal))
    if not all(claim.held for claim in claims):
        raise Found("the demo showed something that is not as it should be")
    out.print(_files(root), soft_wrap=True)


def _files(root: Path) -> str:
    """What was written, and the command that makes the same report of it."""
    folder = root / OUT
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    made = json.loads((folder / "slo-report.json").read_text(encoding="utf-8"))
    return "\n".join(
        (
            f"slo-report: {shown / 'slo-report.md'}, .html and .json",
            f"made again: sereno report --series {shown / 'series'} --at {made['at']}",
            *(f"know that:  {warning}" for warning in made["warnings"]),
        )
    )


def _told(out: Console, stack: Stack, begun: float, reports: Path) -> Iterator[Claim]:
    """Each claim, shown as it is decided."""
    from sereno.local.counted import first_get
    from sereno.local.demo import Demo

    assert stack.system is not None  # noqa: S101  # it was given above
    claim = first_get(stack.url, begun)
    fake = f" · Datadog's API {stack.datadog}" if stack.datadog else ""
    out.print(f"API {stack.url}/users · console {stack.console}{fake}", soft_wrap=True)
    say = partial(out.print, soft_wrap=True)
    shown = Demo(stack, stack.system, say, waiting(out)).run(reports)
    yield from told(out, chain([claim], shown))
