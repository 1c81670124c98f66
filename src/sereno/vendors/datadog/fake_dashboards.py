"""Dashboards of the fake, each widget with an id of its own."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sereno.vendors.datadog import fake_rules
from sereno.vendors.datadog.fake_calls import Body, Call, held, refuse

if TYPE_CHECKING:
    from sereno.vendors.datadog.fake import Fake


def answer(fake: Fake, call: Call) -> Any:
    """One call below /api/v1/dashboard."""
    if not call.id and call.method == "GET":
        found = [d for _, d in sorted(fake.dashboards.items())]
        summary = [
            {key: each.get(key) for key in ("id", "title", "description", "layout_type")} for each in found
        ]
        return {"dashboards": fake.paged(summary, call.query, "start", "count")}
    if call.id:
        before = held(fake.dashboards, call.id, f"Dashboard with ID {call.id} not found")
        if call.method == "DELETE":
            del fake.dashboards[call.id]
            return {"deleted_dashboard_id": call.id}
        if call.method == "GET":
            return deepcopy(before)
    refuse(fake_rules.dashboard(call.body, fake.slos))
    key = call.id or f"abc-{fake.new():03d}-xyz"
    body = {"template_variables": None, "notify_list": [], "description": None, **call.body, "id": key}
    fake.dashboards[key] = deepcopy({**body, "widgets": [_widget(fake, w) for w in body["widgets"]]})
    return deepcopy(fake.dashboards[key])


def _widget(fake: Fake, widget: Body) -> Body:
    inner = [_widget(fake, each) for each in widget["definition"].get("widgets", ())]
    definition = {**widget["definition"], **({"widgets": inner} if inner else {})}
    return {**widget, "definition": definition, "id": fake.new()}
