"""At 3 a.m.: downtimes laid and lifted by hand, and a test page by the handles themselves.

A test page is an event whose text names the receiver's handles: Datadog then tells them as it does for a
monitor. What the other side did with it, Datadog does not say.
https://docs.datadoghq.com/monitors/notify/#notifications
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sereno.errors import Unable
from sereno.language import names
from sereno.language.model import Receiver, System
from sereno.vendors.by_hand import TEST, Laid, Step
from sereno.vendors.datadog import downtimes, parts
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.client import Calls
from sereno.vendors.datadog.live import lay_downtime
from sereno.vendors.datadog.reading import OVER, attributes_of
from sereno.vendors.subjects import spoken_for

BY_HAND = names.mute_by_hand("")


def lay(calls: Calls, system: System, reference: str, seconds: int, reason: str, now: datetime) -> str:
    """Lays a downtime on each monitor the alert speaks through; says until when, and on what."""
    addresses = spoken_for(system, reference)
    laid = [downtimes.by_hand(system, reference, each, seconds, reason, now) for each in addresses]
    for downtime in laid:
        lay_downtime(calls, downtime)
    until = datetime.fromisoformat(laid[0]["schedule"]["end"]).astimezone(UTC)
    return f"muted until {until:%Y-%m-%d %H:%M} UTC: {', '.join(addresses)}"


def muted(calls: Calls, system: System) -> Iterator[Laid]:
    """The mutes laid by hand in this environment that are not over."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for _, name, attributes in _lying(calls, system):
        found.setdefault(name, []).append(attributes)
    for name, parts_of_it in found.items():
        yield _laid(name, parts_of_it)


def _lying(calls: Calls, system: System) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(id, reference, attributes) of each downtime that a person laid here."""
    for each in calls.pages("/api/v2/downtime", "data", ("page[offset]", "page[limit]"), 100):
        attributes = attributes_of(each)
        owner = parts.owner_of(attributes.get("message"))
        ours = owner is not None and owner[:2] == (system.project, system.environment.name)
        if owner and ours and owner[2].startswith(BY_HAND) and attributes.get("status") not in OVER:
            yield each["id"], owner[2].removeprefix(BY_HAND), attributes


def _laid(name: str, of: list[Mapping[str, Any]]) -> Laid:
    end = (of[0].get("schedule") or {}).get("end")
    until = f"{datetime.fromisoformat(end).astimezone(UTC):%Y-%m-%dT%H:%MZ}" if end else ""
    prefix = f"{parts.TAG_ADDRESS}:"
    tags = [tag for each in of for tag in each["monitor_identifier"].get("monitor_tags", ())]
    monitors = tuple(tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))
    return Laid(name, monitors, until, str(of[0].get("status", "")), str(of[0]["message"]).partition("\n")[0])


def lift(calls: Calls, system: System, reference: str) -> None:
    """Lifts a mute. Unable when none lies there."""
    mine = [identity for identity, name, _ in _lying(calls, system) if name == reference]
    if not mine:
        raise Unable(f"no mute lies on `{reference}`: `sereno mute --list` shows those that do")
    for identity in mine:
        calls.call("DELETE", f"/api/v2/downtime/{identity}")


def page(calls: Calls, system: System, receiver: Receiver, sleep: Callable[[float], None]) -> Iterator[Step]:
    """Sends a test page to each handle of a receiver; says what it can know, which is that it was sent."""
    del sleep
    if not receiver.datadog:
        raise Unable(f"receiver `{receiver.name}` does not say how Datadog reaches it")
    for handle in receiver.datadog:
        try:
            calls.call("POST", "/api/v1/events", _event(system, receiver, handle))
        except Refused as refused:
            yield Step(False, f"{handle}: {refused}")
        else:
            yield Step(True, f"{handle}: sent; Datadog does not say what became of it")


def _event(system: System, receiver: Receiver, handle: str) -> dict[str, Any]:
    return {
        "title": TEST,
        "text": f"{TEST}\nReceiver: {receiver.name}\n{handle}",
        "alert_type": "error",
        "tags": [
            parts.tag(parts.TAG_PROJECT, system.project),
            parts.tag(parts.TAG_ENVIRONMENT, system.environment.name),
        ],
    }
