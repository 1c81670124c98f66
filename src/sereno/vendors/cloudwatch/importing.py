"""What is live, written as YAML, so that building and planning it changes nothing. Pure.

Of our own alarms, the description's lines and the tags give back what they were made from. An alarm or
a dashboard of others keeps its name and whatever the language has no words for, in the block
`cloudwatch:` of its document (see `kept`). What cannot be said is told, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sereno.language import names
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import alarm_rule, parts
from sereno.vendors.cloudwatch.adopting import (
    adopted_alarm,
    adopted_dashboard,
    deviations,
    plain,
    signal,
    slug,
)
from sereno.vendors.cloudwatch.alarms import OF_THE_BAND
from sereno.vendors.cloudwatch.metric_math import Binary, Call, Id, Negative, Node, Number, SyntaxFault, parse
from sereno.vendors.importing import NOTHING, SERVICE, Doc, Here, Imported, Unsayable
from sereno.vendors.importing import written as written

_OPS = {operator: op for op, operator in parts.OPERATORS.items()}
_SAID = re.compile(r"^(Condition|Service|Owner|Severity|Runbook|Dashboard|SLO): (.*)$")
_DIRECTIONS = {operator: direction for direction, operator in OF_THE_BAND.items()}
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}
_OF_AN_SLO = "an SLO's alarms and its native SLO come from its document; copy that from the project it is in"
_RENAME = "rename that, and import it then"
_OF_ROUTES = "it comes from the `mutes` of the routes; copy those from the project they are in"


def imported(resources: Sequence[Resource], prefix: str, here: Here = NOTHING) -> Imported:
    """The resources as documents, but for those `here`. `prefix` is taken off the names."""
    found = Imported()
    by_name = {r.body["AlarmName"]: r for r in resources if "AlarmName" in r.body}
    declared = [(_document(resource, here), resource) for resource in resources]
    found.left_out.extend(here.left_out((key, _live(resource)) for key, resource in declared if key))
    others = [resource for key, resource in declared if not key]
    found.taken.update(here.places, (_key(r) for r in others if _says(r)))
    for resource in others:
        try:
            _import(resource, prefix, by_name, found, here)
        except Unsayable as why:
            found.left_out.append(f"{resource.kind} {_live(resource)}: {why}")
    of_slos = {r.address.split("/")[1] for r in others if _ours(r) and r.address.startswith("slo/")}
    found.left_out.extend(f"everything of SLO {name}: {_OF_AN_SLO}" for name in sorted(of_slos))
    return found


def _document(resource: Resource, here: Here) -> str:
    """What of this project's makes it, by its live name or its tags: `alert/NAME`; empty where none does."""
    word = "dashboard" if resource.kind == "dashboard" else "alert"
    tags = {tag["Key"]: tag["Value"] for tag in resource.body.get("Tags", ())}
    tagged = _key(resource) if tags.get(names.TAG_PROJECT) == here.project else ""
    return here.live.get(f"{word}/{_live(resource)}") or (tagged if tagged in here.places else "")


def _key(resource: Resource) -> str:
    """The first two words of its address: `alert/NAME`."""
    return "/".join(resource.address.split("/")[:2])


def _import(
    resource: Resource, prefix: str, by_name: Mapping[str, Resource], found: Imported, here: Here
) -> None:
    if resource.kind == "mute-rule":
        raise Unsayable(_OF_ROUTES)
    if resource.kind == "dashboard":
        found.dashboards.append(adopted_dashboard(resource, prefix, found))
    elif not _ours(resource):
        found.alerts.append(adopted_alarm(resource, prefix, found))
    elif resource.kind == "metric-alarm" and resource.address.startswith("alert/"):
        if _key(resource) in here.places:
            at = here.at(_key(resource))
            raise Unsayable(f"this project declares another alert of its name ({at}); {_RENAME}")
        _our_own(resource, prefix, by_name, found)


def _our_own(resource: Resource, prefix: str, by_name: Mapping[str, Resource], found: Imported) -> None:
    """In the language's words; in CloudWatch's own where somebody has changed it to what those cannot say."""
    try:
        found.alerts.append(_alert(resource, resource.address.split("/")[1], by_name, found))
    except Unsayable:
        found.alerts.append(adopted_alarm(resource, prefix, found))


def _says(resource: Resource) -> bool:
    """Whether it becomes a document of the name that its address has."""
    return _ours(resource) and resource.kind != "dashboard" and resource.address.startswith("alert/")


def _live(resource: Resource) -> str:
    body = resource.body
    return str(body.get("AlarmName") or body.get("DashboardName") or body.get("Name"))


def _ours(resource: Resource) -> bool:
    """Made by a project of sereno's, and under the name that it minted."""
    minted = resource.address.replace("/", "-")
    tagged = any(tag["Key"] == names.TAG_ADDRESS for tag in resource.body.get("Tags", ()))
    return tagged and "/" in resource.address and _live(resource).endswith(minted)


def _alert(resource: Resource, name: str, by_name: Mapping[str, Resource], found: Imported) -> Doc:
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
            found,
        ),
        **compared,
        "datapoints": f"{body.get('DatapointsToAlarm', n)} of {n}",
        "missing": body.get("TreatMissingData", "missing"),
        "severity": said.get("Severity", "ticket"),
        **({"owner": said["Owner"]} if "Owner" in said else {}),
        **({"runbook": _stem(said["Runbook"])} if "Runbook" in said else {}),
        **({"inhibitedBy": held} if (held := _inhibitors(speaker, by_name)) else {}),
        **({"whenResolved": True} if speaker.body.get("OKActions") else {}),
    }
    ours = names.OURS
    labels = {t["Key"]: t["Value"] for t in body.get("Tags", ()) if t["Key"] not in ours}
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "sereno/v1", "kind": "Alert", "metadata": metadata, "spec": spec}


def _compared(body: Mapping[str, Any]) -> Doc:
    """`op` and `threshold`, or `anomaly`."""
    operator = body.get("ComparisonOperator")
    if operator in _OPS and "Threshold" in body:
        return {"op": _OPS[operator], "threshold": plain(body["Threshold"])}
    for query in body.get("Metrics", ()):
        wide = deviations(query)
        if query["Id"] == body.get("ThresholdMetricId") and operator in _DIRECTIONS and wide:
            return {"anomaly": {**wide, "direction": _DIRECTIONS[operator]}}
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
    lead = " ".join(line for line in lines if not _SAID.match(line)).strip()
    return lead.removeprefix(parts.MEANT), said


def _stem(url: str) -> str:
    return url.rpartition("/")[2].removesuffix(".md")


def _value(body: Mapping[str, Any], wanted: str, name: str, found: Imported) -> Doc:
    """`signal` or `expr`, the period, and the guard. `wanted` is the signal's name, if it is known."""
    if not body.get("Metrics"):
        stat = body.get("Statistic") or body.get("ExtendedStatistic")
        read = signal(found, wanted, body, str(stat), str(body.get("Unit", "None")))
        return {"signal": read, "period": f"{body['Period']}s"}
    stats = {q["Id"]: q["MetricStat"] for q in body["Metrics"] if "MetricStat" in q}
    results = [q for q in body["Metrics"] if q.get("ReturnData", True)]
    if len(results) != 1 or not stats:
        raise Unsayable("it watches no single expression over metrics")
    named = {
        identity: signal(found, slug(identity), stat["Metric"], stat["Stat"], stat.get("Unit", "None"))
        for identity, stat in stats.items()
    }
    said = _math(str(results[0].get("Expression", results[0]["Id"])), named)
    unnamed = wanted in (name, names.alert_signal(name)) or f"signal/{wanted}" in found.taken
    if not unnamed and wanted not in found.signals:
        found.signals[wanted] = {"unit": "None", "description": f"What {name} watches.", "expr": said["expr"]}
    if wanted in found.signals:
        said = {"signal": wanted, **{k: v for k, v in said.items() if k != "expr"}}
    return {**said, "period": f"{next(iter(stats.values()))['Period']}s"}


def _math(expression: str, read: Mapping[str, str]) -> Doc:
    """The expression in our words; `IF(traffic >= n, value, quiet)` is a guard."""
    try:
        return _guarded(parse(expression), read)
    except SyntaxFault as fault:
        raise Unsayable(f"its expression cannot be read: {fault}") from fault
    except RecursionError as error:
        raise Unsayable("its expression is nested too deeply") from error


def _guarded(tree: Node, read: Mapping[str, str]) -> Doc:
    match tree:
        case Call("IF", (Binary(">=", Id(traffic), Number(least)), value, _)) if traffic in read:
            guard = {"signal": read[traffic], "atLeast": plain(float(least))}
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
