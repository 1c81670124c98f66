"""Monitors of the fake: defaults filled in, tags in another order, and none deleted under a composite."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sereno.vendors.datadog import fake_rules
from sereno.vendors.datadog.fake_calls import Body, Call, held, refuse, turned
from sereno.vendors.datadog.fake_rules import Refused

if TYPE_CHECKING:
    from sereno.vendors.datadog.fake import Fake

_OPTIONS: Mapping[str, Any] = {
    "include_tags": True,
    "notify_audit": False,
    "notify_no_data": False,
    "new_host_delay": 300,
    "renotify_interval": None,
    "timeout_h": 0,
    "silenced": {},
}


def answer(fake: Fake, call: Call) -> Any:
    """One call below /api/v1/monitor."""
    if not call.id:
        get = call.method == "GET"
        return _listed(fake, call.query) if get else _put(fake, None, call.body)
    key = int(call.id) if call.id.isdecimal() else 0
    held(fake.monitors, key, "Monitor not found")
    if call.method == "PUT":
        return _put(fake, key, call.body)
    if call.method == "DELETE":
        users = [m["id"] for m in fake.monitors.values() if _joins(m, key)]
        if users and call.query.get("force") != "true":
            raise Refused(409, f"monitor [{key}] is referenced in composite monitors: {users}")
        del fake.monitors[key]
        return {"deleted_monitor_id": key}
    return turned(fake.monitors[key])


def _listed(fake: Fake, query: Mapping[str, str]) -> Any:
    wanted = set(query.get("monitor_tags", "").split(",")) - {""}
    after = int(query.get("id_offset", 0))
    size = min(fake.page, int(query.get("page_size", 1_000)))
    found = [m for k, m in sorted(fake.monitors.items()) if k > after and wanted <= set(m["tags"])]
    return [turned(monitor) for monitor in found[:size]]


def _put(fake: Fake, key: int | None, body: Body) -> Any:
    before = fake.monitors.get(key or 0, {})
    options = {**_OPTIONS, **before.get("options", {}), **body.get("options", {})}
    wanted = {"tags": [], "message": "", **before, **body, "options": options}
    if before and body.get("type", before["type"]) != before["type"]:
        raise Refused(400, "Monitor type cannot be changed")
    refuse(fake_rules.monitor(wanted, fake.slos, fake.monitors))
    identity = key or fake.new()
    wanted.update(id=identity, overall_state="No Data", multi=False, name=wanted.get("name") or "")
    fake.monitors[identity] = deepcopy(wanted)
    return turned(wanted)


def _joins(monitor: Body, key: int) -> bool:
    """Whether it is a composite of that monitor."""
    return (
        monitor["type"] == "composite"
        and str(key) in monitor["query"].replace("!", " ").translate(str.maketrans("()&|", "    ")).split()
    )
