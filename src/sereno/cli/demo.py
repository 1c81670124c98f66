"""`demo`: a guided outage on this machine, from the fault to the slo-report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sereno.errors import Found

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sereno.local.demo import Claim
    from sereno.local.stack import Stack

Project = Annotated[
    Path | None, typer.Option(help="The folder with sereno.yaml; else it is searched upwards.")
]
Warp = Annotated[float, typer.Option(min=1, max=60, help="Metric minutes that pass in a minute.")]

OUT: Final = Path("build") / "demo"
POLL: Final = 0.1  # seconds


def add(app: typer.Typer) -> None:
    """Registers the command."""
    app.command(epilog="Example: sereno demo")(demo)


def demo(project: Project = None, warp: Warp = 60.0) -> None:
    """Run the pipeline, stop its database, see who is paged, mend it, read the slo-report.

    Exit 0 only if everything it shows was true.
    """
    from rich.console import Console

    from sereno.cli.project import find
    from sereno.cli.stack import ended_by_signals, watched
    from sereno.local.stack import Options, Stack

    root = find(project)
    system = watched(root)
    out = Console(highlight=False)
    begun = time.monotonic()
    with ended_by_signals():
        out.print("Starting PostgreSQL, the AWS emulator, the functions and the watch over them.")
        with Stack(Options(project=root, warp=warp), system) as stack:
            claims = list(_told(out, stack, begun, root / OUT))
    out.print(_table(claims, plain=not out.is_terminal))
    if not all(claim.held for claim in claims):
        raise Found("the demo showed something that is not as it should be")
    out.print(f"slo-report: {OUT / 'slo-report.md'}, .html and .json")


def _told(out: Console, stack: Stack, begun: float, reports: Path) -> Iterator[Claim]:
    """Each claim, shown as it is decided."""
    from sereno.local.demo import Demo, first_get

    assert stack.system is not None  # noqa: S101  # it was given above
    claim = first_get(stack.url, begun)
    out.print(f"API {stack.url}/users · console {stack.console}")
    shown = Demo(stack, stack.system, out.print, _waiting(out)).run(reports)
    for each in chain([claim], shown):
        out.print(f"  {'held  ' if each.held else 'FAILED'}  {each.sentence}: {each.seen}", soft_wrap=True)
        yield each


def _waiting(out: Console) -> Callable[[str, Callable[[], Fraction], float], bool]:
    """A bar on a terminal, a line otherwise, until the share is 1 or the seconds are over."""

    def wait(what: str, done: Callable[[], Fraction], seconds: float) -> bool:
        end = time.monotonic() + seconds
        with _bar(out, what) as show:
            while (share := done()) < 1:
                show(share)
                if time.monotonic() > end:
                    return False
                time.sleep(POLL)
        return True

    return wait


@contextmanager
def _bar(out: Console, what: str) -> Iterator[Callable[[Fraction], None]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    if not out.is_terminal:
        out.print(f"  ... {what}")
        yield lambda _share: None
        return
    columns = (TextColumn("  {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task(what, total=1)
        yield lambda share: progress.update(task, completed=float(share))


def _table(claims: list[Claim], *, plain: bool) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title="What the demo showed", box=box.ASCII if plain else box.ROUNDED)
    for heading in ("", "claim", "seen"):
        table.add_column(heading, overflow="fold")
    for claim in claims:
        table.add_row("yes" if claim.held else "NO", claim.sentence, claim.seen)
    return table
