"""`drill`: faults on purpose on a stack of its own, and whether the declared alerts fired for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sereno.cli.shown import table, told, waiting
from sereno.cli.stack import BackendName
from sereno.errors import Found, Unable

if TYPE_CHECKING:
    from rich.console import Console

    from sereno.language.model import Drill, System
    from sereno.local.claims import Claim

Names = Annotated[list[str] | None, typer.Argument(help="Names of drills; else all.")]
Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Warp = Annotated[float, typer.Option(min=1, max=60, help="Metric minutes that pass in a minute.")]


def add(app: typer.Typer) -> None:
    """Registers the command."""
    app.command(epilog="Example: sereno drill database-stopped")(drill)


def drill(
    names: Names = None, project: Project = None, warp: Warp = 60.0, backend: BackendName = None
) -> None:
    """Run fire drills on this machine: break it, see who is told and by when, mend it, see it resolve.

    Each drill has a stack of its own, with a console. Exit 1 if an alert did not do what its drill declares.
    """
    from rich.console import Console

    from sereno.cli.project import find
    from sereno.cli.stack import ended_by_signals, watched
    from sereno.local.pipeline import FILE, NEEDED

    root = find(project)
    if not (root / FILE).is_file():
        raise Unable(NEEDED)
    system = watched(root, backend)
    out = Console(highlight=False)
    with ended_by_signals():
        claims = [
            claim for each in _chosen(system, names or ()) for claim in _run(out, root, system, each, warp)
        ]
    out.print(table("What the drills showed", claims, plain=not out.is_terminal))
    if not all(claim.held for claim in claims):
        raise Found("an alert did not do what its drill declares")


def _chosen(system: System, names: Sequence[str]) -> Sequence[Drill]:
    """The drills of these names, or all. Unable for a name that no drill has."""
    from sereno.language.problem import did_you_mean

    known = {each.name: each for each in system.drills}
    for name in names:
        if name not in known:
            raise Unable(
                f"no drill is named `{name}`; {did_you_mean(name, known) or 'see alerts/drills.yaml'}"
            )
    if not known:
        raise Unable("the project declares no drill: write a document of `kind: Drill`")
    return [known[name] for name in names] or list(known.values())


def _run(out: Console, root: Path, system: System, each: Drill, warp: float) -> Sequence[Claim]:
    """One drill on a stack of its own, shown as it goes."""
    from sereno.local.drill import Exercise
    from sereno.local.stack import Options, Stack

    with Stack(Options(project=root, warp=warp), system) as stack:
        applied = f"{stack.watch()} {stack.desk.vendor.APPLIED}"
        out.print(f"{applied} watch {stack.url} · console {stack.console}", soft_wrap=True)
        say = partial(out.print, soft_wrap=True)
        return list(told(out, Exercise(stack, system, each, say, waiting(out)).run()))
