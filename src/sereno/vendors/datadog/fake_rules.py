"""What Datadog's API refuses of a body, in its words as far as they are known: for `fake.py`.

Kept apart from `limits.py` on purpose: that one is ours, this one is the judge of it. The grammar of
queries and conditions is one for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sereno.vendors.datadog import conditions, query, query_words

Body = Mapping[str, Any]
_BURN = re.compile(
    r'burn_rate\("(?P<slo>\w+)"\)\.over\("(?P<over>7d|30d|90d)"\)\.long_window\("(?P<long>\d+[mh])"\)'
    r'\.short_window\("(?P<short>\d+[mh])"\) (?:>|>=) (?P<number>\d+(?:\.\d+)?)'
)
_BUDGET = re.compile(
    r'error_budget\("(?P<slo>\w+)"\)\.over\("(?P<over>7d|30d|90d)"\) (?:>|>=) (?P<number>\d+(?:\.\d+)?)'
)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
TYPES = ("query alert", "metric alert", "slo alert", "composite")
NO_DATA = ("default", "show_no_data", "show_and_notify_no_data", "resolve")
OPTIONS = (  # https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor
    *("aggregation", "device_ids", "enable_logs_sample", "enable_samples", "escalation_message"),
    *("evaluation_delay", "group_retention_duration", "groupby_simple_monitor", "include_tags", "locked"),
    *("min_failure_duration", "min_location_failed", "new_group_delay", "new_host_delay"),
    *("no_data_timeframe", "notification_preset_name", "notify_audit", "notify_by", "notify_no_data"),
    *("on_missing_data", "renotify_interval", "renotify_occurrences", "renotify_statuses"),
    *("require_full_window", "restriction_query", "scheduling_options", "silenced", "synthetics_check_id"),
    *("threshold_windows", "thresholds", "timeout_h", "variables"),
)
LAYOUTS = ("ordered", "free")
WIDGETS = frozenset(  # https://docs.datadoghq.com/dashboards/widgets/
    (
        *("alert_graph", "alert_value", "bar_chart", "change", "check_status", "distribution"),
        *("event_stream", "event_timeline", "free_text", "funnel", "geomap", "group", "heatmap", "hostmap"),
        *("iframe", "image", "list_stream", "log_stream", "manage_status", "note", "powerpack"),
        *("query_table", "query_value", "run_workflow", "scatterplot", "servicemap", "slo", "slo_list"),
        *("split_group", "sunburst", "timeseries", "toplist", "topology_map", "trace_service", "treemap"),
        "wildcard",
    )
)
RULE_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY")


class Refused(Exception):
    """A call that is not done: its HTTP status, and the words."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(*errors)
        self.status, self.errors = status, errors


def monitor(body: Body, slos: Mapping[str, Body], monitors: Mapping[int, Body]) -> Iterator[str]:
    """Why a monitor is refused."""
    for needed in ("type", "query"):
        if not body.get(needed):
            yield f"Monitor {needed} is required"
    if body.get("type") not in TYPES:
        yield f"The value provided for parameter 'type' is invalid: {body.get('type')}"
        return
    priority = body.get("priority")
    if priority is not None and priority not in range(1, 6):
        yield "priority must be between 1 and 5"
    unknown = set(body.get("options", {})) - set(OPTIONS)
    if unknown:
        yield f"Invalid options: {', '.join(sorted(unknown))}"
    yield from _tags(body)
    of_type = {"slo alert": _slo_alert, "composite": _composite}.get(body["type"])
    if of_type is None:
        yield from _metric_alert(body)
    elif of_type is _slo_alert:
        yield from _slo_alert(body, slos)
    else:
        yield from _composite(body, monitors)


def _tags(body: Body) -> Iterator[str]:
    for tag in body.get("tags", ()):
        if not tag[:1].isalpha() or len(tag) > 200 or tag.endswith(":"):
            yield f"Invalid tag: {tag}"


def _metric_alert(body: Body) -> Iterator[str]:
    asked = _asked(body)
    of = asked.asked if isinstance(asked, query.ChangeQuery) else asked
    if asked is None or not isinstance(of, query.MetricQuery) or any(map(_odd, query.metrics(of.tree))):
        yield f"The value provided for parameter 'query' is invalid: {body.get('query')}"
        return
    if not 60 <= of.window <= 2_678_400:
        yield "The time window of the query is invalid"
    options = body.get("options", {})
    if options.get("on_missing_data", "default") not in NO_DATA:
        yield "on_missing_data is invalid"
    if options.get("on_missing_data") and options.get("notify_no_data"):
        yield "on_missing_data cannot be used with notify_no_data"
    if not 0 <= (options.get("evaluation_delay") or 0) <= 86_400:
        yield "evaluation_delay must be between 0 and 86400"
    text = str(body["query"])
    if of.time_aggregator != "sum" and ".as_count()" in text and isinstance(of.tree, query.Binary):
        yield "as_count() in arithmetic can only be used with the sum aggregation"
    if "default_zero(" in text and options.get("on_missing_data", "default") != "default":
        yield "on_missing_data cannot be set for a query with default_zero()"
    yield from _threshold(body, float(of.threshold), above=of.op.startswith(">"))


def _asked(body: Body) -> query.Query | None:
    try:
        return query.parse(str(body.get("query", "")))
    except query.QueryFault:
        return None


def _odd(metric: query.Metric) -> bool:
    return next(query_words.odd(metric), None) is not None


def _threshold(body: Body, number: float, *, above: bool = True) -> Iterator[str]:
    given = body.get("options", {}).get("thresholds", {})
    critical = given.get("critical", number)
    if float(critical) != number:
        yield f"Alert threshold ({critical}) does not match that used in the query ({number})."
    for name, of in (("warning", number), ("critical_recovery", number), ("warning_recovery", "warning")):
        limit, said = given.get(of) if isinstance(of, str) else of, given.get(name)
        if said is not None and limit is not None and (said >= limit if above else said <= limit):
            yield f"{name} threshold ({said}) must be {'less' if above else 'greater'} than {limit}"


def _slo_alert(body: Body, slos: Mapping[str, Body]) -> Iterator[str]:
    text = str(body.get("query", ""))
    found = _BURN.fullmatch(text) or _BUDGET.fullmatch(text)
    if found is None:
        yield f"The value provided for parameter 'query' is invalid: {text}"
        return
    if "on_missing_data" in body.get("options", {}):
        yield "on_missing_data is not supported for this monitor type"
    yield from _threshold(body, float(found["number"]))
    if found["slo"] not in slos:
        yield f"SLO {found['slo']} not found"
        return
    targets = {each["timeframe"]: each["target"] for each in slos[found["slo"]]["thresholds"]}
    if found["over"] not in targets:
        yield f"SLO has no target for {found['over']}"
    elif found.re is _BURN:
        yield from _burning(found, targets[found["over"]])
    elif float(found["number"]) <= 0:
        yield "error budget threshold must be greater than 0"


def _burning(found: re.Match[str], target: float) -> Iterator[str]:
    long, short = (int(found[name][:-1]) * _SECONDS[found[name][-1]] for name in ("long", "short"))
    if not 3_600 <= long <= 172_800:
        yield "long_window must be between 1h and 48h"
    if not 0 < short < long:
        yield "short_window must be shorter than long_window"
    if float(found["number"]) > 100 / (100 - target) + 1e-9:
        yield "burn rate threshold is above the maximum of 1 / (1 - target)"


def _composite(body: Body, monitors: Mapping[int, Body]) -> Iterator[str]:
    text = str(body.get("query", ""))
    try:
        children = {int(each) for each in conditions.children(text)}
    except ValueError:  # a QueryFault is one
        yield f"The value provided for parameter 'query' is invalid: {text}"
        return
    if not 2 <= len(children) <= 10:
        yield "A composite monitor has 2 to 10 monitors"
    for child in sorted(children):
        if child not in monitors:
            yield f"Monitor {child} not found"
        elif monitors[child]["type"] == "composite":
            yield f"Monitor {child} is a composite monitor and cannot be used in another"


def slo(body: Body, before: Body | None = None) -> Iterator[str]:
    """Why an SLO is refused."""
    if before is not None and body.get("type") != before["type"]:
        yield "SLO type cannot be changed"
    if not body.get("name"):
        yield "name is required"
    yield from _tags(body)
    if not body.get("thresholds"):
        yield "thresholds is required"
    for each in body.get("thresholds", ()):
        if each.get("timeframe") not in ("7d", "30d", "90d"):
            yield f"Invalid timeframe: {each.get('timeframe')}"
        if not 0 < each.get("target", 0) < 100:
            yield "target must be greater than 0 and less than 100"
        if "warning" in each and each["warning"] <= each["target"]:
            yield "warning must be greater than target"
    specification = body.get("sli_specification", {})
    if body.get("type") == "metric":
        yield from _count(specification.get("count", {}))
    elif body.get("type") == "time_slice":
        yield from _time_slice(specification.get("time_slice", {}))
    else:
        yield f"Invalid type: {body.get('type')}"


def _count(of: Body) -> Iterator[str]:
    given = {"good_events_formula", "total_events_formula", "bad_events_formula"} & set(of)
    if "good_events_formula" not in given or len(given) != 2:
        yield "good_events_formula and one of total_events_formula and bad_events_formula are required"
    for name in given:
        yield from _formula(of[name]["formula"], of.get("queries", ()))
    for each in of.get("queries", ()):
        if not each["query"].endswith(".as_count()"):
            yield f"Query {each['name']} is not a count"


def _time_slice(of: Body) -> Iterator[str]:
    if of.get("comparator") not in (">", ">=", "<", "<="):
        yield "Invalid comparator"
    if of.get("query_interval_seconds", 300) not in (60, 300):
        yield "query_interval_seconds must be 60 or 300"
    query = of.get("query", {})
    if len(query.get("formulas", ())) != 1:
        yield "Exactly one formula is required"
    else:
        yield from _formula(query["formulas"][0]["formula"], query.get("queries", ()))


def _formula(text: str, queries: Any) -> Iterator[str]:
    words = set(re.findall(r"[A-Za-z_]\w*(?!\w*\()", text))
    for word in sorted(words - {each["name"] for each in queries}):
        yield f"Formula uses unknown query {word}"


def dashboard(body: Body, slos: Mapping[str, Body]) -> Iterator[str]:
    """Why a dashboard is refused. SLOs of widgets are not looked up: the API does not either."""
    del slos
    if not body.get("title"):
        yield "title is required"
    if body.get("layout_type") not in LAYOUTS:
        yield f"Invalid layout_type: {body.get('layout_type')}"
    if len(body.get("tags") or ()) > 5 or any(not t.startswith("team:") for t in body.get("tags") or ()):
        yield "A dashboard has at most 5 tags, with the key team"
    yield from _variables(body.get("template_variables") or ())
    for widget in body.get("widgets", ()):
        definition = widget.get("definition", {})
        if definition.get("type") not in WIDGETS:
            yield f"Invalid widget definition: type {definition.get('type')}"
        if body.get("reflow_type") == "fixed" and "layout" not in widget:
            yield "Widget layout is required when reflow_type is fixed"
        if any(inner["definition"]["type"] == "group" for inner in definition.get("widgets", ())):
            yield "Group widgets cannot be nested"


def _variables(variables: Sequence[Body]) -> Iterator[str]:
    names = [variable.get("name") for variable in variables]
    if not all(names) or len(set(names)) != len(names):
        yield "Template variables must have unique names"
    for variable in variables:
        if "default" in variable and "defaults" in variable:
            yield "default cannot be used in conjunction with defaults"
        allowed = variable.get("available_values")
        if allowed and not set(variable.get("defaults", ())) <= {*allowed, "*"}:
            yield "defaults must be among available_values"


def downtime(body: Body, now: datetime) -> Iterator[str]:
    """Why a downtime (the `attributes`) is refused."""
    if not body.get("scope"):
        yield "scope is required"
    identifier = body.get("monitor_identifier", {})
    if len({"monitor_id", "monitor_tags"} & set(identifier)) != 1:
        yield "monitor_identifier has one of monitor_id and monitor_tags"
    schedule = body.get("schedule") or {}
    zone = ZoneInfo(schedule.get("timezone", "UTC"))
    for each in schedule.get("recurrences", ()):
        start = each.get("start")
        minute = now.replace(second=0, microsecond=0)
        if start and datetime.fromisoformat(start).replace(tzinfo=zone) < minute:
            yield "Scheduled downtime start cannot be in the past"
        if not re.fullmatch(r"[1-9]\d*[mhdw]", str(each.get("duration"))):
            yield f"Invalid duration: {each.get('duration')}"
        if not re.match(r"FREQ=(HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)", each["rrule"]):
            yield "RRULE has no FREQ"
        unknown = {part.partition("=")[0] for part in each["rrule"].split(";")} - set(RULE_PARTS)
        if unknown:
            yield f"Unsupported RRULE attributes: {', '.join(sorted(unknown))}"
    end = schedule.get("end")
    if end and datetime.fromisoformat(end) <= now:
        yield "Scheduled downtime end cannot be in the past"
