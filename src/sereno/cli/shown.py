"""How the demo and the drills look on a terminal, and in a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sereno.local.claims import Claim

POLL: Final = 0.1  # seconds


def told(out: Console, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Each claim, shown as it is decided."""
    for claim in claims:
        out.print(f"  {'held  ' if claim.held else 'FAILED'}  {claim.sentence}: {claim.seen}", soft_wrap=True)
        yield claim


def waiting(out: Console) -> Callable[[str, Callable[[], Fraction], float], bool]:
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


def table(title: str, claims: list[Claim], *, plain: bool) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, box=box.ASCII if plain else box.ROUNDED)
    for heading in ("", "claim", "seen"):
        table.add_column(heading, overflow="fold")
    for claim in claims:
        table.add_row("yes" if claim.held else "NO", claim.sentence, claim.seen)
    return table
