"""What the fake remembers, because a test told it: changes of monitors' states, and counts of SLOs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sereno.vendors.datadog.fake_calls import Call
from sereno.vendors.datadog.fake_rules import Refused

if TYPE_CHECKING:
    from sereno.vendors.datadog.fake import Fake

_QUERY = re.compile(r"source:alert @monitor\.id:\((\d+(?: OR \d+)*)\)")
_STATUS = {"OK": "success", "Alert": "error", "Warn": "warning", "No Data": "error"}


@dataclass(frozen=True, slots=True)
class Change:
    """A monitor came into a state at a time (epoch seconds), or told of it again."""

    monitor: int
    at: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Good and all events of an SLO in each of these minutes' ends (epoch seconds)."""

    times: tuple[int, ...]
    good: tuple[int, ...]
    every: tuple[int, ...]


def searched(fake: Fake, call: Call) -> Any:
    """POST /api/v2/events/search, oldest first, as many as a page holds."""
    if (call.method, call.id) != ("POST", "search"):
        raise Refused(404, "Not found")
    asked = call.body["filter"]
    found = _QUERY.fullmatch(str(asked.get("query")))
    limit = call.body.get("page", {}).get("limit", 10)
    if found is None or call.body.get("sort") != "timestamp" or not 1 <= limit <= 1_000:
        raise Refused(400, "Invalid search")
    wanted = {int(key) for key in found[1].split(" OR ")}
    start, end = int(asked["from"]) // 1_000, int(asked["to"]) // 1_000
    every = sorted(fake.changes, key=lambda change: change.at)
    every = [change for change in every if change.monitor in wanted and start <= change.at <= end]
    first = int(call.body["page"].get("cursor", 0))
    size = min(fake.page, limit)
    more = {"page": {"after": str(first + size)}} if len(every) > first + size else {}
    return {"data": [_event(change) for change in every[first : first + size]], "meta": more}


def _event(change: Change) -> Any:
    transition = {"source_state": change.before, "destination_state": change.after}
    inner = {
        "monitor_id": change.monitor,
        "monitor": {"id": change.monitor, "transition": transition},
        "status": _STATUS[change.after],
        "timestamp": change.at * 1_000,
        "title": f"[{change.after}] monitor {change.monitor}",
    }
    written = datetime.fromtimestamp(change.at, UTC).isoformat()
    return {"id": f"e{change.at}", "type": "event", "attributes": {"attributes": inner, "timestamp": written}}


def standing(fake: Fake, call: Call) -> Any:
    """GET /api/v1/slo/ID/history of a metric SLO."""
    identity = call.id.removesuffix("/history")
    if identity not in fake.slos:
        raise Refused(404, "SLO not found")
    start, end = int(call.query["from_ts"]), int(call.query["to_ts"])
    if start >= end:
        raise Refused(400, "from_ts must be before to_ts")
    slo, counted = fake.slos[identity], fake.counted.get(identity, Counted((), (), ()))
    inside = [n for n, at in enumerate(counted.times) if start < at <= end]
    good, every = (sum(part[n] for n in inside) for part in (counted.good, counted.every))
    value = 100 * good / every if every else None
    target = slo["thresholds"][0]["target"]
    left = None if value is None else 100 * (value - target) / (100 - target)
    series = {"numerator": {"sum": float(good)}, "denominator": {"sum": float(every)}, "interval": 60}
    overall = {"sli_value": value, "error_budget_remaining": {slo["timeframe"]: left}}
    return {"data": {"from_ts": start, "to_ts": end, "overall": overall, "series": series}, "errors": None}
