"""What watches this machine: the emulator's CloudWatch or the fake Datadog, by the environment's back end.

The compiled alarms and dashboards are applied by the code that applies them to the vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from sereno.errors import Found, Unable
from sereno.language.model import System
from sereno.language.problem import errors
from sereno.local.clock import Clock
from sereno.local.desk import Desk
from sereno.local.emulator import Emulator
from sereno.local.inbox import Inbox


@dataclass(frozen=True, slots=True)
class Watch:
    """`endpoint` is what `sereno apply` is given to reach it."""

    desk: Desk
    inbox: Inbox
    endpoint: str


@contextmanager
def watching(
    system: System | None, emulator: Emulator, clock: Clock, changes: Callable[[], int]
) -> Iterator[Watch]:
    """The watch over a stack; `changes` counts those of the emulator's alarms.

    Without a system it is CloudWatch, which holds no alarm then, and tells nobody.
    """
    inbox = Inbox({book.url: name for name, book in system.runbooks.items()} if system else {})
    datadog = system is not None and system.environment.backend == "datadog"
    made = (
        _datadog(system, clock, inbox)
        if system and datadog
        else _cloudwatch(system, emulator, clock, inbox, changes)
    )
    with made as watch:
        yield watch


@contextmanager
def _cloudwatch(
    system: System | None, emulator: Emulator, clock: Clock, inbox: Inbox, changes: Callable[[], int]
) -> Iterator[Watch]:
    from sereno.local.alarm_api import AlarmApi
    from sereno.local.topics import Topics

    receivers = {name: each.cloudwatch for name, each in system.receivers.items()} if system else {}
    topics = Topics(emulator.client, clock, inbox, receivers)
    try:
        yield Watch(AlarmApi(emulator.client, changes), inbox, emulator.url)
    finally:
        topics.close()


@contextmanager
def _datadog(system: System, clock: Clock, inbox: Inbox) -> Iterator[Watch]:
    from sereno.local.monitor_api import MonitorApi
    from sereno.vendors.datadog.fake import serving

    with serving() as (url, fake):
        yield Watch(MonitorApi(system, fake, url, inbox, clock), inbox, url)


def apply(system: System, endpoint: str) -> int:
    """Makes the vendor's place here what the system says; how many things were changed.

    Found for what cannot be compiled, Unable for what was refused.
    """
    from sereno.vendors.session import Session

    backend = import_module(f"sereno.vendors.{system.environment.backend}.client").connect(system, endpoint)
    resources, problems = backend.compile(system)
    if errors(problems):
        raise Found("nothing is watched", problems)
    changes = Session(system, backend, backend.terms, backend.live(system)).changes(resources)
    failed = [outcome for outcome in backend.apply(changes) if outcome.error]
    if failed:
        first = failed[0]
        raise Unable(
            f"{len(failed)} of {len(changes)} changes were refused; "
            f"{first.change.resource.address}: {first.error}"
        )
    return len(changes)
