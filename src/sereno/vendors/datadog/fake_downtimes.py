"""Downtimes of the fake: one that is deleted is canceled, and stays."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sereno.vendors.datadog import fake_rules
from sereno.vendors.datadog.fake_calls import Body, Call, held, refuse

if TYPE_CHECKING:
    from sereno.vendors.datadog.fake import Fake


def answer(fake: Fake, call: Call) -> Any:
    """One call below /api/v2/downtime."""
    if not call.id and call.method == "GET":
        found = [d for _, d in sorted(fake.downtimes.items())]
        return {"data": fake.paged(found, call.query, "page[offset]", "page[limit]")}
    if call.id:
        before = held(fake.downtimes, call.id, "Downtime not found")
        if call.method == "DELETE":
            before["attributes"]["status"] = "canceled"
            return {}
        if call.method == "PATCH":
            changed = {**before["attributes"], **call.body["data"]["attributes"]}
            refuse(fake_rules.downtime(changed, fake.now()))
            before["attributes"] = deepcopy(changed)
        return {"data": deepcopy(before)}
    attributes = call.body["data"]["attributes"]
    refuse(fake_rules.downtime(attributes, fake.now()))
    key = f"{fake.new():08x}-d0"
    made: Body = {
        "id": key,
        "type": "downtime",
        "attributes": {
            **deepcopy(attributes),
            "status": "scheduled",
            "created": fake.now().isoformat(),
        },
    }
    fake.downtimes[key] = made
    return {"data": deepcopy(made)}
