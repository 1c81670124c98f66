"""What is live, written as YAML: alarms as Signals and Alerts, plain dashboards as Dashboards. Pure.

What cannot be said in the language is told, and left out. Of our own things, the description's
lines and the tags give back what they were made from; burn-rate alarms come from their SLO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sereno.language import names
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import alarm_rule, parts
from sereno.vendors.cloudwatch.alarms import OF_THE_BAND
from sereno.vendors.cloudwatch.metric_math import Binary, Call, Id, Negative, Node, Number, SyntaxFault, parse
from sereno.vendors.importing import SERVICE, Doc, Imported, Unsayable
from sereno.vendors.importing import written as written

_OPS = {operator: op for op, operator in parts.OPERATORS.items()}
_SAID = re.compile(r"^(Condition|Service|Owner|Severity|Runbook|Dashboard|SLO): (.*)$")
_DIRECTIONS = {operator: direction for direction, operator in OF_THE_BAND.items()}
_BAND = re.compile(r"\s*ANOMALY_DETECTION_BAND\(\s*\w+\s*,\s*(\d+(?:\.\d+)?)\s*\)\s*")
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}


def imported(resources: Sequence[Resource], prefix: str) -> Imported:
    """The resources as documents. `prefix` is taken off the names."""
    found = Imported()
    by_name = {r.body["AlarmName"]: r for r in resources if "AlarmName" in r.body}
    for resource in resources:
        name = _name(resource, prefix)
        try:
            if resource.kind == "metric-alarm" and not resource.address.startswith("slo/"):
                found.alerts.append(_alert(resource, name, by_name, found.signals))
            elif resource.kind == "dashboard":
                found.dashboards.append(_dashboard(resource, name, prefix, found))
            elif resource.kind == "composite-alarm" and not _ours(resource):
                raise Unsayable("a composite is what `inhibitedBy` or an SLO's policies make")
        except Unsayable as why:
            found.left_out.append(f"{resource.kind} {name}: {why}")
    return found


def _ours(resource: Resource) -> bool:
    return resource.address.startswith(("slo/", "alert/"))


def _name(resource: Resource, prefix: str) -> str:
    """The name of the document: what the address says, else the live name in small letters."""
    words = resource.address.split("/")
    if words[0] in ("alert", "dashboard") and len(words) > 1:
        return words[1]
    live = str(resource.body.get("AlarmName") or resource.body.get("DashboardName") or "")
    return re.sub(r"[^a-z0-9]+", "-", live.removeprefix(prefix).lower()).strip("-") or "unnamed"


def _alert(resource: Resource, name: str, by_name: Mapping[str, Resource], signals: Doc) -> Doc:
    body = resource.body
    compared = _compared(body)
    speaker = _speaker(resource, by_name)
    lead, said = _description(str(body.get("AlarmDescription", "")))
    n = body["EvaluationPeriods"]
    spec = {
        "description": lead or name,
        "service": said.get("Service", SERVICE),
        **_value(
            {**body, "Metrics": _without_band(body)},
            said.get("Condition", "").partition(" ")[0] or name,
            name,
            signals,
        ),
        **compared,
        "datapoints": f"{body.get('DatapointsToAlarm', n)} of {n}",
        "missing": body.get("TreatMissingData", "missing"),
        "severity": said.get("Severity", "ticket"),
        **({"owner": said["Owner"]} if "Owner" in said else {}),
        **({"runbook": _stem(said["Runbook"])} if "Runbook" in said else {}),
        **({"inhibitedBy": found} if (found := _inhibitors(speaker, by_name)) else {}),
        **({"whenResolved": True} if speaker.body.get("OKActions") else {}),
    }
    ours = (names.TAG_PROJECT, names.TAG_ENVIRONMENT, names.TAG_ADDRESS)
    labels = {t["Key"]: t["Value"] for t in body.get("Tags", ()) if t["Key"] not in ours}
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "sereno/v1", "kind": "Alert", "metadata": metadata, "spec": spec}


def _compared(body: Mapping[str, Any]) -> Doc:
    """`op` and `threshold`, or `anomaly`."""
    operator = body.get("ComparisonOperator")
    if operator in _OPS and "Threshold" in body:
        return {"op": _OPS[operator], "threshold": _plain(body["Threshold"])}
    for query in body.get("Metrics", ()):
        if query["Id"] == body.get("ThresholdMetricId") and operator in _DIRECTIONS:
            match = _BAND.fullmatch(query.get("Expression", ""))
            if match:
                return {
                    "anomaly": {"deviations": _plain(float(match[1])), "direction": _DIRECTIONS[operator]}
                }
    raise Unsayable("it compares neither with a number nor with an anomaly band")


def _without_band(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [query for query in body.get("Metrics", ()) if query["Id"] != body.get("ThresholdMetricId")]


def _speaker(resource: Resource, by_name: Mapping[str, Resource]) -> Resource:
    """The composite that has the actions of an inhibited alert, else the alarm itself."""
    name = str(resource.body["AlarmName"])
    return by_name.get(name.removesuffix("-threshold"), resource) if name.endswith("-threshold") else resource


def _inhibitors(speaker: Resource, by_name: Mapping[str, Resource]) -> list[str]:
    suppressor = speaker.body.get("ActionsSuppressor")
    if not suppressor:
        return []
    first = by_name.get(alarm_rule.alarm_name(str(suppressor)))
    many = first is not None and first.address.endswith("/inhibitors")
    of = alarm_rule.alarms(alarm_rule.parse(first.body["AlarmRule"])) if first and many else (suppressor,)
    found = [by_name[name].address if name in by_name else str(name) for name in of]
    return list(dict.fromkeys(address.split("/")[1] if "/" in address else address for address in found))


def _description(text: str) -> tuple[str, dict[str, str]]:
    lines = text.splitlines()
    said = {m[1]: m[2] for line in lines if (m := _SAID.match(line))}
    return " ".join(line for line in lines if not _SAID.match(line)).strip(), said


def _stem(url: str) -> str:
    return url.rpartition("/")[2].removesuffix(".md")


def _plain(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _value(body: Mapping[str, Any], wanted: str, name: str, signals: Doc) -> Doc:
    """`signal` or `expr`, the period, and the guard. `wanted` is the signal's name, if it is known."""
    if not body.get("Metrics"):
        stat = body.get("Statistic") or body.get("ExtendedStatistic")
        signal = _signal(signals, wanted, body, str(stat), str(body.get("Unit", "None")))
        return {"signal": signal, "period": f"{body['Period']}s"}
    stats = {q["Id"]: q["MetricStat"] for q in body["Metrics"] if "MetricStat" in q}
    results = [q for q in body["Metrics"] if q.get("ReturnData", True)]
    if len(results) != 1 or not stats:
        raise Unsayable("it watches no single expression over metrics")
    read = {
        identity: _signal(signals, _slug(identity), stat["Metric"], stat["Stat"], stat.get("Unit", "None"))
        for identity, stat in stats.items()
    }
    found = _math(str(results[0].get("Expression", results[0]["Id"])), read)
    if wanted not in (name, names.alert_signal(name)) and wanted not in signals:
        signals[wanted] = {"unit": "None", "description": f"What {name} watches.", "expr": found["expr"]}
    if wanted in signals:
        found = {"signal": wanted, **{k: v for k, v in found.items() if k != "expr"}}
    return {**found, "period": f"{next(iter(stats.values()))['Period']}s"}


def _math(expression: str, read: Mapping[str, str]) -> Doc:
    """The expression in our words; `IF(traffic >= n, value, quiet)` is a guard."""
    try:
        tree = parse(expression)
    except SyntaxFault as fault:
        raise Unsayable(f"its expression cannot be read: {fault}") from fault
    match tree:
        case Call("IF", (Binary(">=", Id(traffic), Number(least)), value, _)) if traffic in read:
            guard = {"signal": read[traffic], "atLeast": _plain(float(least))}
            return {"expr": _text(value, read), "guard": guard}
    return {"expr": _text(tree, read)}


def _text(tree: Node, read: Mapping[str, str], level: int = 0) -> str:
    match tree:
        case Id(name) if name in read:
            return read[name]
        case Number(value):
            return f"{value:f}"
        case Negative(operand):
            return f"(0 - {_text(operand, read, 2)})"
        case Binary(op, left, right) if op in _LEVEL:
            mine = _LEVEL[op]
            written = f"{_text(left, read, mine)} {op} {_text(right, read, mine + 1)}"
            return f"({written})" if mine < level else written
    raise Unsayable("its expression has more than + - * / over metrics")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "signal"


def _signal(signals: Doc, wanted: str, metric: Mapping[str, Any], stat: str, unit: str) -> str:
    """The signal that reads this metric so; one that is there, else a new one of a free name."""
    dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", ())}
    source = {
        "namespace": metric["Namespace"],
        "metric": metric["MetricName"],
        "dimensions": dimensions,
        "stat": stat,
    }
    for name, known in signals.items():
        if known.get("cloudwatch") == source:
            return str(name)
    free = (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000)))
    name = next(n for n in free if n not in signals)
    emitter = "aws" if source["namespace"].startswith("AWS/") else None
    signals[name] = {
        "unit": unit,
        "description": f"{metric['MetricName']} of {metric['Namespace']}, {stat}.",
        **({"emittedBy": emitter} if emitter else {}),
        "cloudwatch": source,
    }
    return name


def _dashboard(resource: Resource, name: str, prefix: str, found: Imported) -> Doc:
    widgets = resource.body["DashboardBody"].get("widgets", ())
    widgets = sorted(widgets, key=lambda widget: (widget.get("y", 0), widget.get("x", 0)))
    rows: dict[int, list[Doc]] = {}
    for widget in widgets:
        try:
            rows.setdefault(widget.get("y", 0), []).append(_panel(widget, prefix, found.signals))
        except Unsayable as why:
            title = widget.get("properties", {}).get("title", widget.get("type"))
            found.left_out.append(f"dashboard {name}, widget `{title}`: {why}")
    if not any(rows.values()):
        raise Unsayable("none of its widgets can be said")
    spec = {"title": name, "rows": [row for row in rows.values() if row]}
    return {"apiVersion": "sereno/v1", "kind": "Dashboard", "metadata": {"name": name}, "spec": spec}


def _panel(widget: Mapping[str, Any], prefix: str, signals: Doc) -> Doc:
    properties = widget.get("properties", {})
    size = {"width": widget.get("width", 6), "height": widget.get("height", 6)}
    if widget.get("type") == "text":
        return {"kind": "text", **size, "text": properties["markdown"]}
    title = {"title": properties.get("title", "")}
    if widget.get("type") == "alarm":
        alarms = [alarm_rule.alarm_name(arn).removeprefix(prefix) for arn in properties["alarms"]]
        alerts = [name.removeprefix("alert-") for name in alarms if not name.startswith("slo-")]
        return {"kind": "alerts", **title, **size, "alerts": alerts}
    view = properties.get("view", "timeSeries") if widget.get("type") == "metric" else widget.get("type")
    kind = {"timeSeries": "timeseries", "singleValue": "number"}.get(str(view))
    if kind is None:
        raise Unsayable(f"there is no panel for `{view}`")
    lines = list(_lines(properties, signals))
    return {"kind": kind, **title, **size, "signals": lines, "period": f"{properties.get('period', 300)}s"}


def _lines(properties: Mapping[str, Any], signals: Doc) -> Iterator[str]:
    before: list[Any] = []
    for line in properties.get("metrics", ()):
        words = [word for word in line if isinstance(word, str)]
        options = line[-1] if line and isinstance(line[-1], Mapping) else {}
        if "expression" in options or len(words) < 2 or "..." in words:
            raise Unsayable("a panel draws signals, and this widget computes")
        words = [before[n] if word == "." and n < len(before) else word for n, word in enumerate(words)]
        before = words
        dimensions = [{"Name": words[n], "Value": words[n + 1]} for n in range(2, len(words) - 1, 2)]
        metric = {"Namespace": words[0], "MetricName": words[1], "Dimensions": dimensions}
        stat = options.get("stat", properties.get("stat", "Average"))
        yield _signal(signals, _slug(words[1]), metric, stat, "None")
