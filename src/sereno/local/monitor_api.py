"""The fake Datadog's monitors: read through the real client as they are there, and whom they tell.

What was applied, edited by hand or muted there is what is judged. Verdicts go back as `overall_state`,
and people are told by the handles of the message, in the words Datadog would send them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sereno.engine.parameters import State
from sereno.errors import Unable
from sereno.language import names
from sereno.language.model import System
from sereno.local import on_datadog
from sereno.local.clock import Clock
from sereno.local.inbox import Inbox, Notification
from sereno.local.judge import Action
from sereno.local.vendor import Rule, Told, Vendor
from sereno.vendors.backend import Event, Resource
from sereno.vendors.datadog import forms, messages, parts
from sereno.vendors.datadog.client import connect
from sereno.vendors.datadog.fake import Fake

OVERALL: Final[Mapping[State, str]] = {"OK": "OK", "ALARM": "Alert", "INSUFFICIENT_DATA": "No Data"}


class MonitorApi:
    """The `Desk` of Datadog. All of it is in this process, and done when it returns."""

    vendor: Vendor = on_datadog

    def __init__(self, system: System, fake: Fake, url: str, inbox: Inbox, clock: Clock) -> None:
        self._system = system
        self._fake = fake
        self._backend = connect(system, url)
        self._inbox = inbox
        self._clock = clock
        self._receivers = {
            handle: [name for name, receiver in system.receivers.items() if handle in receiver.datadog]
            for receiver in system.receivers.values()
            for handle in receiver.datadog
        }
        self._ids: dict[str, int] = {}  # of the monitors, by name
        self._pages = 0  # test pages that were delivered
        self._unread = ""
        self._undelivered: dict[str, None] = {}

    def changes(self) -> int:
        return self._fake.writes

    def read(self, take: Callable[[Told], None]) -> None:
        try:
            told = self._read()
        except Unable as problem:
            self._unread = f"the monitors cannot be read: {problem}"
        else:
            self._unread = ""
            take(told)
        self._deliver_pages()

    def set_state(self, event: Event) -> None:
        with self._fake.lock:
            monitor = self._fake.monitors.get(self._ids.get(event.name, 0))
            if monitor is not None:  # else deleted since it was judged
                monitor["overall_state"] = OVERALL[event.state]

    def tell(self, action: Action) -> None:
        text = f"{messages.title(action.alarm, action.state)}\n{said(action)}"
        reason, runbook = action.judgement.reason, self._inbox.runbook(text)
        told = Notification("", action.name, action.state, action.at, reason, runbook, text)
        self._deliver(action.id, action.target, told)

    def settled(self, timeout: float) -> bool:
        del timeout
        return True

    def problems(self) -> list[str]:
        return [*([self._unread] if self._unread else []), *self._undelivered]

    def close(self) -> None:
        """Nothing is under way."""

    def _read(self) -> Told:
        found = self._backend.live(self._system).owned
        ids = self._backend.ids
        monitors = [each for each in found if each.kind in forms.MONITORS]
        self._ids = {self._name(each): int(ids[each.address]) for each in monitors}
        return Told(
            {self._name(each): self._body(each) | {"id": ids[each.address]} for each in monitors},
            beside={self._name(each): each.body for each in found if each.kind in forms.SLOS},
            rules=self._downtimes(),
        )

    def _name(self, resource: Resource) -> str:
        return names.live(self._system, resource.address)

    def _body(self, resource: Resource) -> dict[str, Any]:
        """With live names for addresses, as the judge knows each."""
        live = parts.REFERENCE.sub(
            lambda found: parts.reference(names.live(self._system, found[1])), resource.body["query"]
        )
        return {**resource.body, "query": live}

    def _downtimes(self) -> Sequence[Rule]:
        every = self._backend.calls.pages("/api/v2/downtime", "data", ("page[offset]", "page[limit]"), 100)
        return [each["attributes"] for each in every]

    def _deliver_pages(self) -> None:
        """Test pages: an event whose text names a handle reaches whom it names."""
        with self._fake.lock:
            new = self._fake.events[self._pages :]
        for event in new:
            self._pages += 1
            text, at = str(event.get("text", "")), self._clock.metric(time.time())
            told = Notification("", "", "", at, text, self._inbox.runbook(text), str(event.get("title", "")))
            for handle in messages.handles(text):
                self._deliver(f"event {self._pages} {handle}", handle, told)

    def _deliver(self, id_: str, handle: str, told: Notification) -> None:
        receivers = self._receivers.get(handle, [])
        if not receivers:
            self._undelivered[f"{_shown(handle)} is no receiver's handle: nobody is told"] = None
        self._inbox.keep(id_, [replace(told, receiver=name) for name in receivers])


def said(action: Action) -> str:
    """The message as its receiver reads it; its value is the one that was compared."""
    points = action.judgement.points
    values = {"value": f"{points[-1]:.10g}"} if points and points[-1] is not None else {}
    return messages.said(action.alarm, action.before, action.state, values)


def _shown(handle: str) -> str:
    """A mail address is nobody else's to read."""
    return "a mail address" if "@" in handle[1:] else handle
