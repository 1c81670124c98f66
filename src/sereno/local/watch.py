"""The compiled alarms and dashboards, applied to this machine by the code that applies them to AWS."""

from __future__ import annotations

from sereno.errors import Found, Unable
from sereno.language.model import System
from sereno.language.problem import errors


def apply(system: System, endpoint: str) -> int:
    """Makes the emulator's CloudWatch what the system says; how many things were changed.

    Found for what cannot be compiled, Unable for what was refused.
    """
    from sereno.vendors.cloudwatch import compile as compiled
    from sereno.vendors.cloudwatch.client import connect
    from sereno.vendors.cloudwatch.forms import TERMS
    from sereno.vendors.session import Session

    resources, problems = compiled(system)
    if errors(problems):
        raise Found("nothing is watched", problems)
    backend = connect(system, endpoint)
    changes = Session(system, backend, TERMS, backend.live(system)).changes(resources)
    failed = [outcome for outcome in backend.apply(changes) if outcome.error]
    if failed:
        first = failed[0]
        raise Unable(
            f"{len(failed)} of {len(changes)} alarms and dashboards were refused; "
            f"{first.change.resource.address}: {first.error}"
        )
    return len(changes)
