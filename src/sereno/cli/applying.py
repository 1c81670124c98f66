"""Changes as they are made: a line or a bar, and how far it came when something ends it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from sereno.cli import interrupts
from sereno.errors import Interrupted, Unable

if TYPE_CHECKING:
    from sereno.vendors.backend import Change, Outcome
    from sereno.vendors.session import Session


def carry_out(session: Session, changes: Sequence[Change]) -> None:
    """Makes them one by one. Raises Unable where some were refused or could not be tried."""
    from sereno.vendors import plan as planning

    if not changes:
        typer.echo("nothing to do")
        return
    failed = 0
    done = 0
    twice = 0
    planned = {(change.verb, change.resource.address) for change in changes}
    try:
        with interrupts.unwound():
            for outcome in _shown(session.backend.apply(changes), len(changes)):
                extra = (outcome.change.verb, outcome.change.resource.address) not in planned
                failed += bool(outcome.error)
                done += not outcome.error and not extra
                twice += extra and outcome.change.verb == "delete" and not outcome.error
    except KeyboardInterrupt:
        raise Interrupted(_left(done, len(changes), "interrupted")) from None
    except Unable as error:
        said = _left(done, len(changes), "stopped")
        raise Unable(f"{error}. {said}" if str(error) else said) from error
    if failed:
        raise Unable(_left(done, len(changes), f"{failed} failed"))
    if twice:
        typer.echo(
            f"another apply made {twice} of these too: ours, which is younger, is deleted again", err=True
        )
    typer.echo(f"done: {planning.outcome(changes)}")


def _left(done: int, total: int, why: str) -> str:
    return f"{why}: {done} of {total} changes are made, and the next `sereno plan` shows the rest"


def _shown(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """A bar on a terminal, a line a change elsewhere; errors are always told."""
    if sys.stderr.isatty():
        from rich.progress import track

        outcomes = track(outcomes, "applying", total=total, transient=True)
        quiet = True
    else:
        quiet = False
    for outcome in outcomes:
        change = outcome.change
        said = f"{change.verb} {change.resource.kind} {change.resource.address}"
        if outcome.error:
            typer.echo(f"{said}: {outcome.error}", err=True)
        elif not quiet:
            typer.echo(said)
        yield outcome
