"""An alarm or a dashboard of others as a document that changes nothing of it. Pure.

What the language has words for is said in them: the metric as a signal, threshold, M of N, missing data. The
rest, and metric math, composites and dashboards whole, stand in the block `cloudwatch:` as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final

from sereno.language import names
from sereno.language.spec.base import LABEL_KEY
from sereno.vendors.backend import Resource
from sereno.vendors.cloudwatch import kept, parts
from sereno.vendors.cloudwatch.alarms import OF_THE_BAND
from sereno.vendors.importing import SERVICE, Doc, Imported, Unsayable

LONGEST: Final = 63  # characters of a document's or a signal's name
TAGS: Final = 50  # the most of an alarm; those of AWS's own are not counted
DEEPEST: Final = 100  # levels of a dashboard's body
LARGEST: Final = 10**18  # a number of the language
_OPS = {operator: op for op, operator in parts.OPERATORS.items()}
_DIRECTIONS = {operator: direction for direction, operator in OF_THE_BAND.items()}
_BAND = re.compile(r"\s*ANOMALY_DETECTION_BAND\(\s*\w+\s*,\s*(\d+(?:\.\d+)?)\s*\)\s*")
_HALF = re.compile("[\ud800-\udfff]")
_LOGS = (
    "the language reads metrics, and this one reads logs by a schedule; keep it in what made it, or count the"
    " lines by a metric filter and alert on that"
)


def adopted_alarm(resource: Resource, prefix: str, found: Imported) -> Doc:
    """An Alert of the same alarm. Raises Unsayable."""
    body = resource.body
    if resource.kind == "log-alarm":
        raise Unsayable(_LOGS)
    name = document_name(resource, prefix, found.taken)
    labels, tags = _labels_and_tags(body)
    spec = {
        "description": " ".join(str(body.get("AlarmDescription", "")).split()) or name,
        "service": SERVICE,
        **_watched(body, name, found),
        "severity": "ticket",
        "cloudwatch": {**_as_it_is(body), **({"Tags": tags} if tags else {})},
    }
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "sereno/v1", "kind": "Alert", "metadata": metadata, "spec": spec}


def adopted_dashboard(resource: Resource, prefix: str, found: Imported) -> Doc:
    """A Dashboard with the same body. Raises Unsayable."""
    live, body = str(resource.body["DashboardName"]), resource.body["DashboardBody"]
    if not isinstance(body, Mapping):
        raise Unsayable("its body is no JSON object; save it again in the console, and import it then")
    _sayable(body)
    name = document_name(resource, prefix, found.taken)
    spec = {"title": live, "cloudwatch": {"DashboardName": live, "DashboardBody": body}}
    return {"apiVersion": "sereno/v1", "kind": "Dashboard", "metadata": {"name": name}, "spec": spec}


def _sayable(value: Any, depth: int = 0) -> None:
    """Raises Unsayable where YAML cannot hold it: half a character, an endless number, too deep."""
    if depth > DEEPEST:
        raise Unsayable("it is nested too deeply; correct that, and import it then")
    match value:
        case float() if not isfinite(value):
            raise Unsayable("it has a number too large to be written; correct that, and import it then")
        case str() if _HALF.search(value):
            raise Unsayable("it has half a character (a lone surrogate); correct that, and import it then")
        case Mapping():
            for inner in (*value, *value.values()):
                _sayable(inner, depth + 1)
        case list():
            for inner in value:
                _sayable(inner, depth + 1)


def document_name(resource: Resource, prefix: str, taken: set[str]) -> str:
    """What the address says, else the live name in small letters; a free one, which is then `taken`."""
    words = resource.address.split("/")
    live = str(resource.body.get("AlarmName") or resource.body.get("DashboardName") or "")
    bare = live.removeprefix(prefix)
    if resource.kind == "dashboard":
        bare = bare.removeprefix("dashboard-")  # as we mint them; some endpoints keep no address of them
    said = words[1] if words[0] in ("alert", "dashboard") and len(words) > 1 else bare
    kind = "dashboard" if resource.kind == "dashboard" else "alert"
    name = next(name for name in _variants(slug(said) or "unnamed") if f"{kind}/{name}" not in taken)
    taken.add(f"{kind}/{name}")
    return name


def _variants(name: str) -> Iterator[str]:
    """The name, then the name with a number; each as long as a name may be."""
    yield name
    for n in range(2, 100_000):
        yield f"{name[: LONGEST - len(str(n)) - 1].rstrip('-')}-{n}"


def slug(text: str) -> str:
    """As a document may be called."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST].rstrip("-")


def _labels_and_tags(body: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The tags that are not ours and not AWS's own: those that can be labels, and the others."""
    ours = names.OURS
    every = {tag["Key"]: tag["Value"] for tag in body.get("Tags", ()) if tag["Key"] not in ours}
    every = {key: value for key, value in every.items() if not key.startswith("aws:")}
    if len(every) > TAGS - len(ours):
        raise Unsayable(
            f"it has {len(every)} tags, and the {len(ours)} by which sereno knows its own do not fit beside"
            f" them ({TAGS} in all); take some away, and import it then"
        )
    labels = {key: value for key, value in every.items() if LABEL_KEY.fullmatch(key)}
    return labels, {key: value for key, value in every.items() if key not in labels}


def _as_it_is(body: Mapping[str, Any]) -> Doc:
    """What is kept in CloudWatch's own words: names, texts, actions, and what has no other words."""
    always = {
        "AlarmName": body["AlarmName"],
        "AlarmDescription": body.get("AlarmDescription", ""),
        "AlarmActions": list(body.get("AlarmActions", ())),
    }
    if not body.get("ActionsEnabled", True):
        always["ActionsEnabled"] = False
    fields = [*kept.ACTIONS[2:], *kept.MEASURED, *kept.OF_A_QUERY]
    if "AlarmRule" in body:
        fields += kept.OF_A_RULE if body.get("ActionsSuppressor") else kept.OF_A_RULE[:1]
    return {**always, **{field: body[field] for field in fields if body.get(field) not in (None, "", [], {})}}


def _watched(body: Mapping[str, Any], name: str, found: Imported) -> Doc:
    """The signal, its comparison and its datapoints; nothing of a composite or a query."""
    if "AlarmRule" in body or "EvaluationCriteria" in body:
        return {}
    n = body.get("EvaluationPeriods", 1)
    shared = {
        **_compared(body),
        "datapoints": f"{body.get('DatapointsToAlarm', n)} of {n}",
        "missing": body.get("TreatMissingData", "missing"),
    }
    if body.get("Metrics"):
        return {"period": f"{_period(body)}s", **shared}
    stat = body.get("Statistic") or body.get("ExtendedStatistic")
    if not stat or "Period" not in body:
        raise Unsayable("it has no statistic or no period; put it again, and import it then")
    return {"signal": signal(found, name, body, str(stat)), "period": f"{body['Period']}s", **shared}


def _period(body: Mapping[str, Any]) -> int:
    """Of its metrics, which is shown; a minute where they say none."""
    said = [query.get("MetricStat", query).get("Period") for query in body["Metrics"]]
    return next((int(period) for period in said if period), 60)


def _compared(body: Mapping[str, Any]) -> Doc:
    """`op` and `threshold`, or `anomaly`."""
    operator = body.get("ComparisonOperator")
    if operator in _OPS and "Threshold" in body:
        return {"op": _OPS[operator], "threshold": plain(body["Threshold"])}
    bands = [q for q in body.get("Metrics", ()) if q["Id"] == body.get("ThresholdMetricId")]
    if bands and operator in _DIRECTIONS:
        return {"anomaly": {**deviations(bands[0]), "direction": _DIRECTIONS[operator]}}
    raise Unsayable("it compares neither with a number nor with a band; put it again, and import it then")


def deviations(band: Mapping[str, Any]) -> Doc:
    """The width of a band, where it is written as a number."""
    match = _BAND.fullmatch(str(band.get("Expression", "")))
    return {"deviations": plain(float(match[1]))} if match and float(match[1]) else {}


def plain(value: float) -> int | float:
    """Whole where it is. Raises Unsayable for what is no number of the language."""
    if abs(value) >= LARGEST or (value and abs(value) < 1 / LARGEST):
        raise Unsayable(f"{value} is no number of the language; give it a unit with fewer digits")
    return int(value) if float(value).is_integer() else value


def signal(found: Imported, wanted: str, metric: Mapping[str, Any], stat: str, unit: str = "None") -> str:
    """The signal that reads this metric so; one that is there, else a new one of a free name."""
    dimensions = {
        d["Name"]: d["Value"] for d in sorted(metric.get("Dimensions", ()), key=lambda d: d["Name"])
    }
    source = {
        "namespace": metric["Namespace"],
        "metric": metric["MetricName"],
        "dimensions": dimensions,
        "stat": stat,
    }
    known = found.sources.get(str(source))
    if known:
        return known
    first = wanted if wanted[:1].isalpha() else f"m-{wanted}"[:LONGEST].rstrip("-")
    there = found.taken
    name = next(n for n in _variants(first) if n not in found.signals and f"signal/{n}" not in there)
    emitter = "aws" if source["namespace"].startswith("AWS/") else None
    found.sources[str(source)] = name
    found.signals[name] = {
        "unit": unit,
        "description": f"{metric['MetricName']} of {metric['Namespace']}, {stat}.",
        **({"emittedBy": emitter} if emitter else {}),
        "cloudwatch": source,
    }
    return name
