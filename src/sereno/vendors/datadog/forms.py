"""One form for what means the same: how we write a thing and how Datadog gives it back.

Only what we ever set, or what a hand may set with effect, is compared; defaults and lists whose order
means nothing are taken out. What is sent is the body as compiled, with ids for references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sereno.vendors.backend import Body, Resource
from sereno.vendors.datadog.limits import references
from sereno.vendors.datadog.parts import REFERENCE, REFERRING, reference
from sereno.vendors.datadog.synthetics import GLOBAL
from sereno.vendors.plan import Terms

MONITORS = ("monitor", "slo-monitor", "composite-monitor")
SLOS = ("metric-slo", "time-slice-slo")
FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        MONITORS,
        (
            *("name", "type", "query", "message", "tags", "options", "priority", "assets"),
            *("draft_status", "restricted_roles"),
        ),
    ),
    **dict.fromkeys(
        SLOS,
        (
            "name",
            "description",
            "type",
            "sli_specification",
            "thresholds",
            "timeframe",
            "target_threshold",
            "tags",
        ),
    ),
    "synthetics-test": (
        *("name", "type", "subtype", "status", "message", "tags", "locations", "config", "options"),
    ),
    "dashboard": (
        "title",
        "description",
        "layout_type",
        "reflow_type",
        "widgets",
        "template_variables",
        "tags",
    ),
    "downtime": (
        *("message", "monitor_identifier", "scope", "schedule", "display_timezone"),
        "mute_first_recovery_notification",
    ),
}
OPTIONS = (
    "thresholds",
    "on_missing_data",
    "require_full_window",
    "evaluation_delay",
    "include_tags",
    "notify_audit",
    "notify_no_data",
    "no_data_timeframe",
    "renotify_interval",
    "renotify_occurrences",
    "timeout_h",
    "escalation_message",
    "silenced",
    "scheduling_options",
    "threshold_windows",
    "renotify_statuses",
    "notification_preset_name",
    "notify_by",
    "new_host_delay",
    "new_group_delay",
    "group_retention_duration",
    "groupby_simple_monitor",
    "locked",
)
DEFAULTS: Mapping[str, tuple[Any, ...]] = {  # what means the same as nothing; the first is sent to undo
    "draft_status": ("published",),
    "notification_preset_name": ("show_all",),
    "new_host_delay": (300,),
    "new_group_delay": (0, 60),
}
KIND_OF_TYPE = {
    "query alert": "monitor",
    "metric alert": "monitor",
    "slo alert": "slo-monitor",
    "composite": "composite-monitor",
    "metric": "metric-slo",
    "time_slice": "time-slice-slo",
}
_SLO_ID = re.compile(r'\("([^"]+)"\)', re.ASCII)
_MONITOR_ID = re.compile(r"\b\d+\b")
AddressOf = Callable[[str], str | None]


def name(resource: Resource) -> str:
    """Its address: what its tags (or the line in its text) say it is, for names are not unique here."""
    return resource.address


def needs(resource: Resource) -> tuple[str, ...]:
    """The SLOs and monitors that it refers to."""
    return tuple(sorted(references(resource.body)))


def form(resource: Resource) -> Body:
    """The canonical body."""
    body = {k: v for k, v in resource.body.items() if k in FIELDS[resource.kind] and not is_default(k, v)}
    if resource.kind == "synthetics-test":
        return _test(body)
    if "options" in body:
        body["options"] = {k: v for k, v in body["options"].items() if k in OPTIONS and not is_default(k, v)}
    if "tags" in body:
        body["tags"] = sorted(body["tags"])
    if "thresholds" in body:
        body["thresholds"] = [_threshold(each) for each in body["thresholds"]]
    if "template_variables" in body:
        body["template_variables"] = [_variable(each) for each in body["template_variables"]]
    if "widgets" in body:
        body["widgets"] = [_widget(each) for each in body["widgets"]]
    for text in ("message", "description"):
        if text in body:
            body[text] = body[text].strip()
    if body.get("type") == "metric alert":
        body["type"] = "query alert"  # one and the same, under an old name
    return body


def _test(body: Mapping[str, Any]) -> Body:
    """A synthetic test without what Datadog fills in."""
    config, options = body["config"], body["options"]
    kept = {key: config["request"][key] for key in _REQUEST if key in config["request"]}
    variables = [
        {key: each[key] for key in ("type", "name", "id")} for each in config.get("configVariables") or ()
    ]
    return {
        **body,
        "message": body["message"].strip(),
        "tags": sorted(body["tags"]),
        "locations": sorted(body["locations"]),
        "config": {
            "request": kept,
            "assertions": config["assertions"],
            "configVariables": sorted(variables, key=lambda each: str(each["name"])),
        },
        "options": {key: options[key] for key in _RUNS if not _empty(options.get(key))},
    }


_REQUEST = ("method", "url", "timeout", "basicAuth")
_RUNS = ("tick_every", "min_location_failed", "min_failure_duration", "retry", "monitor_priority")


def is_default(key: str, value: Any) -> bool:
    """Whether a field or an option with this value means the same as none."""
    return _empty(value) or value in DEFAULTS.get(key, ())


def _empty(value: Any) -> bool:
    return value in (None, "", [], {}) or value is False or value == 0


def _threshold(of: Mapping[str, Any]) -> dict[str, Any]:
    """Without what Datadog writes for the eye."""
    return {key: of[key] for key in ("timeframe", "target", "warning") if of.get(key) is not None}


def _variable(of: Mapping[str, Any]) -> dict[str, Any]:
    """Of the deprecated `default` and of `defaults` one is there; `*` is what there is without either."""
    given = of.get("defaults") or ([of["default"]] if of.get("default") else ["*"])
    kept = {key: of[key] for key in ("name", "prefix", "available_values") if of.get(key)}
    return {**kept, "defaults": given}


def _widget(of: Mapping[str, Any]) -> dict[str, Any]:
    definition = dict(of["definition"])
    if "widgets" in definition:
        definition["widgets"] = [_widget(each) for each in definition["widgets"]]
    return {"definition": definition, "layout": of.get("layout")}


def taken_in(kind: str, raw: Mapping[str, Any], address_of: AddressOf) -> dict[str, Any]:
    """A body as Datadog gives it, with addresses for the ids of ours and the time of day for a start."""
    body = {key: raw[key] for key in FIELDS[kind] if key in raw}
    if kind == "slo-monitor":
        body["query"] = _SLO_ID.sub(lambda m: f'("{_known(m[1], address_of)}")', body["query"], count=1)
    elif kind == "composite-monitor":
        body["query"] = _MONITOR_ID.sub(lambda m: _known(m[0], address_of), body["query"])
    elif kind == "dashboard":
        body["widgets"] = _each_slo(body["widgets"], lambda found: _known(found, address_of))
    elif kind == "synthetics-test":
        body["config"] = _with_names(body["config"])
    elif kind == "downtime":
        body["schedule"] = _time_of_day(body.get("schedule") or {})
    return body


def _with_names(config: Mapping[str, Any]) -> dict[str, Any]:
    """A test's global variables by name, for their ids are of one account."""
    named = [
        {**each, "id": reference(GLOBAL + str(each["name"]))} if each.get("type") == "global" else each
        for each in config.get("configVariables") or ()
    ]
    return {**config, **({"configVariables": named} if named else {})}


def _known(identity: str, address_of: AddressOf) -> str:
    address = address_of(identity)
    return reference(address) if address else identity


def _each_slo(value: Any, change: Callable[[str], str]) -> Any:
    """The same, with every `slo_id` changed."""
    if isinstance(value, Mapping):
        return {k: change(v) if k == "slo_id" else _each_slo(v, change) for k, v in value.items()}
    return [_each_slo(each, change) for each in value] if isinstance(value, list) else value


def _time_of_day(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """A recurrence by rule, length and time of day; what it began on, and what comes next, means nothing."""
    if "recurrences" not in schedule:
        return {key: schedule.get(key) for key in ("start", "end")}
    found = [
        {
            "rrule": each["rrule"],
            "duration": each["duration"],
            "start": f"T{str(each.get('start') or '').partition('T')[2][:5]}",
        }
        for each in schedule["recurrences"]
    ]
    return {"recurrences": found, "timezone": schedule["timezone"]}


def sent(value: Any, ids: Mapping[str, str], key: str = "") -> Any:
    """A body with ids for references. Raises KeyError (the address) for one that has none."""
    if isinstance(value, Mapping):
        return {name: sent(each, ids, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [sent(each, ids, key) for each in value]
    return REFERENCE.sub(lambda m: ids[m[1]], value) if key in REFERRING else value


TERMS = Terms(name=name, form=form, needs=needs)
