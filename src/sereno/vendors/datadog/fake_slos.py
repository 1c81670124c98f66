"""SLOs of the fake, none deleted under a dashboard or a monitor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sereno.vendors.datadog import fake_history, fake_rules
from sereno.vendors.datadog.fake_calls import Body, Call, held, refuse, turned
from sereno.vendors.datadog.fake_rules import Refused

if TYPE_CHECKING:
    from sereno.vendors.datadog.fake import Fake


def answer(fake: Fake, call: Call) -> Any:
    """One call below /api/v1/slo."""
    if not call.id and call.method == "GET":
        tag = call.query.get("tags_query", "")
        found = [s for _, s in sorted(fake.slos.items()) if tag in ("", *s["tags"])]
        return {"data": [turned(slo) for slo in fake.paged(found, call.query, "offset", "limit")]}
    if not call.id:
        return _put(fake, f"{fake.new():032x}", None, call.body)
    if call.id.endswith("/history"):
        return fake_history.standing(fake, call)
    before = held(fake.slos, call.id, "SLO not found")
    if call.method == "PUT":
        return _put(fake, call.id, before, call.body)
    if call.method == "DELETE":
        _delete(fake, call.id, call.query)
        return {"data": [call.id]}
    return {"data": turned(before)}


def _put(fake: Fake, identity: str, before: Body | None, body: Body) -> Any:
    refuse(fake_rules.slo(body, before))
    shown = [{**each, "target_display": f"{each['target']:.3f}"} for each in body["thresholds"]]
    created = (before or {}).get("created_at", int(fake.now().timestamp()))
    of_it = {"thresholds": shown, "id": identity, "created_at": created}
    fake.slos[identity] = {"tags": [], **deepcopy(body), **of_it}
    return {"data": [turned(fake.slos[identity])], "error": None}


def _delete(fake: Fake, identity: str, query: Mapping[str, str]) -> None:
    users = [d["title"] for d in fake.dashboards.values() if identity in json.dumps(d["widgets"])]
    users += [m["name"] for m in fake.monitors.values() if f'"{identity}"' in m["query"]]
    if users and query.get("force") != "true":
        raise Refused(409, f"SLO {identity} is used by {', '.join(users)}")
    del fake.slos[identity]
