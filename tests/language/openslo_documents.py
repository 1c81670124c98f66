"""Sound OpenSLO v1 documents to change one thing of, and what the language says of the result."""

from __future__ import annotations

import json
from typing import Any

import yaml

from sereno.language.load import Loaded, read_documents
from sereno.language.problem import Problem

Tree = dict[str, Any]
GONE = object()  # `changed(..., GONE)` removes the key

SOURCE: Tree = {
    "metricSource": {"metricSourceRef": "store", "type": "Datadog", "spec": {"query": "sum:a{*}"}}
}
LABELS: Tree = {"team": ["a", "b"], "env": "prod"}
METADATA: Tree = {"name": "web-answers", "displayName": "Web answers", "labels": LABELS}
RATIO: Tree = {"counter": True, "good": SOURCE, "total": SOURCE}
CALENDAR: Tree = {"startTime": "2022-01-01 12:00:00", "timeZone": "America/New_York"}
CONDITION: Tree = {
    "description": "Burns fast",
    "severity": "page",
    "condition": {
        "kind": "burnrate",
        "op": "lte",
        "threshold": 2.5,
        "lookbackWindow": "1h",
        "alertAfter": "5m",
    },
}
POLICY: Tree = {
    "description": "Wakes someone",
    "alertWhenBreaching": True,
    "conditions": [{"conditionRef": "fast-burn"}],
    "notificationTargets": [{"targetRef": "on-call"}],
}
INLINE_POLICY: Tree = {
    **POLICY,
    "conditions": [{"kind": "AlertCondition", "metadata": METADATA, "spec": CONDITION}],
    "notificationTargets": [
        {"kind": "AlertNotificationTarget", "metadata": METADATA, "spec": {"target": "slack"}}
    ],
}
SPEC: Tree = {
    "description": "Answers are given",
    "service": "web",
    "indicator": {"metadata": {"name": "share"}, "spec": {"ratioMetric": RATIO}},
    "timeWindow": [{"duration": "1w", "isRolling": False, "calendar": CALENDAR}],
    "budgetingMethod": "Timeslices",
    "objectives": [
        {"displayName": "Good", "target": 0.995, "timeSliceTarget": 0.95, "timeSliceWindow": "1m"}
    ],
    "alertPolicies": [{"alertPolicyRef": "fast"}],
}


def document(kind: str, spec: Tree) -> Tree:
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": METADATA, "spec": spec}


SLO = document("SLO", SPEC)
SLI = document("SLI", {"ratioMetric": RATIO})
ALERT_POLICY = document("AlertPolicy", POLICY)
ALERT_CONDITION = document("AlertCondition", CONDITION)
DATA_SOURCE = document("DataSource", {"type": "Datadog", "connectionDetails": [{"site": "eu"}]})
TARGET = document("AlertNotificationTarget", {"description": "Chat", "target": "slack"})
SERVICE = document("Service", {"description": "The web"})


def changed(tree: Tree, path: str, value: object) -> Tree:
    """A copy with the value at `a.b.0.c`."""
    found: Any = json.loads(json.dumps(tree))  # shared parts are copied apart, unlike with deepcopy
    top = found
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in steps:
        found = found[step]
    if value is GONE:
        del found[last]
    else:
        found[last] = value
    return top


def problems(*trees: Tree) -> list[Problem]:
    """What the language says of these documents, each for itself."""
    into = Loaded()
    read_documents(yaml.safe_dump_all(trees, sort_keys=False).encode(), "x.yaml", None, into)
    return into.problems


def codes(tree: Tree) -> list[str]:
    """Codes of errors, then of warnings with a `?` behind."""
    found = sorted(problems(tree), key=lambda p: p.severity)
    return [p.code + "?" * (p.severity == "warning") for p in found]
