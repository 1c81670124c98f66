"""What is live and ours, page by page, as Datadog gives it.

Monitors, SLOs and synthetic tests are found by their tags, dashboards and downtimes by a line of their text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.language.model import System
from sereno.vendors.datadog import forms, parts
from sereno.vendors.datadog.answers import Refused
from sereno.vendors.datadog.client import Calls

GONE, FORBIDDEN = 404, 403
OVER = ("canceled", "ended")  # downtimes that Datadog still lists
OF_A_TEST = "synthetics alert"  # the monitor that Datadog makes of a synthetic test, with the test's tags


@dataclass(frozen=True, slots=True)
class Raw:
    """One live thing of ours, as Datadog gives it."""

    kind: str
    address: str
    id: str
    body: Mapping[str, Any]


def monitors(calls: Calls, system: System) -> Iterator[Raw]:
    tags = (
        parts.tag(parts.TAG_PROJECT, system.project),
        parts.tag(parts.TAG_ENVIRONMENT, system.environment.name),
    )
    for monitor in calls.monitors(",".join(tags)):
        address = _address(monitor.get("tags"), tags)
        if address and monitor.get("type") != OF_A_TEST:
            kind = forms.KIND_OF_TYPE.get(str(monitor.get("type")), "monitor")
            yield Raw(kind, address, str(monitor["id"]), monitor)


def slos(calls: Calls, system: System) -> Iterator[Raw]:
    project = parts.tag(parts.TAG_PROJECT, system.project)
    tags = (project, parts.tag(parts.TAG_ENVIRONMENT, system.environment.name))
    for slo in calls.pages("/api/v1/slo", "data", ("offset", "limit"), 1_000, tags_query=project):
        address = _address(slo.get("tags"), tags)
        kind = forms.KIND_OF_TYPE.get(str(slo.get("type")))
        if address and kind:
            yield Raw(kind, address, str(slo["id"]), slo)


def tests(calls: Calls, system: System) -> Iterator[Raw]:
    """Synthetic tests. Keys without their scope are no matter where none is declared, nor was."""
    tags = (
        parts.tag(parts.TAG_PROJECT, system.project),
        parts.tag(parts.TAG_ENVIRONMENT, system.environment.name),
    )
    try:
        found = list(calls.numbered("/api/v1/synthetics/tests", "tests", 100, "public_id"))
    except Refused as refused:
        if refused.status != FORBIDDEN or system.environment.synthetics:
            raise
        return
    for test in found:
        address = _address(test.get("tags"), tags)
        if address and test.get("type") == "api":
            yield Raw("synthetics-test", address, str(test["public_id"]), test)


def dashboards(calls: Calls, system: System) -> Iterator[Raw]:
    for each in calls.pages("/api/v1/dashboard", "dashboards", ("start", "count"), 100):
        address = _marked(system, each.get("description"))
        found = _dashboard(calls, each) if address else None
        if found is not None:
            yield Raw("dashboard", address, str(each["id"]), found)


def _dashboard(calls: Calls, listed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """None when somebody deleted it since it was listed."""
    try:
        return calls.call("GET", f"/api/v1/dashboard/{listed['id']}")
    except Refused as refused:
        if refused.status != GONE:
            raise
        return None


def downtimes(calls: Calls, system: System) -> Iterator[Raw]:
    """Those that plans make; the ones a person laid bear another address."""
    names = ("page[offset]", "page[limit]")
    for each in calls.pages("/api/v2/downtime", "data", names, 100):
        attributes = attributes_of(each)
        address = _marked(system, attributes.get("message"))
        if address.startswith("mute/") and attributes.get("status") not in OVER:
            yield Raw("downtime", address, str(each["id"]), attributes)


def attributes_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of an item of a v2 list; none where there are none."""
    found = item.get("attributes")
    return found if isinstance(found, dict) else {}


def _address(tags: Any, needed: Sequence[str]) -> str:
    """What the tags say it is; empty when it is not ours."""
    every = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    if not set(needed) <= set(every):
        return ""
    prefix = f"{parts.TAG_ADDRESS}:"
    return next((tag.removeprefix(prefix) for tag in every if tag.startswith(prefix)), "")


def _marked(system: System, text: Any) -> str:
    owner = parts.owner_of(text if isinstance(text, str) else None)
    ours = owner is not None and owner[:2] == (system.project, system.environment.name)
    return owner[2] if owner and ours else ""


def each_once(found: Sequence[Raw]) -> Iterator[Raw]:
    """The oldest under its address; what else says it is the same, under its address and id."""
    same: dict[str, list[Raw]] = defaultdict(list)
    for raw in found:
        same[raw.address].append(raw)
    for first, *others in (sorted(each, key=_age) for each in same.values()):
        yield first
        yield from (Raw(raw.kind, f"{raw.address}#{raw.id}", raw.id, raw.body) for raw in others)


def _age(raw: Raw) -> tuple[str, int, str]:
    """When it was made, as far as Datadog says; ids of monitors count up."""
    made = "" if raw.kind in forms.MONITORS else raw.body.get("created_at") or raw.body.get("created") or ""
    return str(made), len(raw.id), raw.id
