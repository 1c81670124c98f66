"""What is live, written as YAML: metric monitors as Signals and Alerts. Pure.

What cannot be said in the language is told, and left out: so are composites (`inhibitedBy` and SLOs make
them), burn rates (an SLO's policies do), and dashboards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sereno.language.names import window
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import alerts, metrics, parts, query
from sereno.vendors.importing import SERVICE, Doc, Imported, Unsayable, written

__all__ = ["imported", "written"]
_OPS = {sign: op for op, sign in parts.OPERATORS.items()}
_MISSING = {said: missing for missing, said in alerts.MISSING.items()}
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}


def imported(resources: Iterable[Resource], prefix: str) -> Imported:
    """The monitors as documents. `prefix` is taken off the names."""
    found = Imported()
    for resource in resources:
        name = _slug(str(resource.body["name"]).removeprefix(prefix))
        try:
            found.alerts.append(_alert(resource, name, found.signals))
        except (Unsayable, query.QueryFault) as why:
            found.left_out.append(f"{resource.kind} {name}: {why}")
    return found


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def _alert(resource: Resource, name: str, signals: Doc) -> Doc:
    body = resource.body
    if resource.kind != "monitor":
        raise Unsayable("an SLO's policies or `inhibitedBy` make it")
    asked = query.parse(str(body["query"]))
    if not isinstance(asked, query.MetricQuery):
        raise Unsayable("it watches no metric")
    asked, missing = _missing(asked, body["options"])
    tags = dict(tag.partition(":")[::2] for tag in body.get("tags", ()))
    spec = {
        "description": str(body["message"]).partition("\n")[0] or name,
        "service": tags.get("service", SERVICE),
        **_watched(asked, signals),
        "op": _OPS[asked.op],
        "threshold": float(asked.threshold) if asked.threshold % 1 else int(asked.threshold),
        "missing": missing,
        "severity": "page" if (body.get("priority") or 5) <= parts.PRIORITY["page"] else "ticket",
        **({"owner": tags["team"]} if "team" in tags else {}),
    }
    return {"apiVersion": "sereno/v1", "kind": "Alert", "metadata": {"name": name}, "spec": spec}


def _missing(asked: query.MetricQuery, options: Mapping[str, Any]) -> tuple[query.MetricQuery, str]:
    """The query without the `default_zero` around it, and what silence is: what 0 is, where that stood."""
    tree = _bare(asked.tree)
    if tree is None:
        return asked, _MISSING.get(options.get("on_missing_data", "default"), "ignore")
    breaches = {">": asked.threshold < 0, ">=": asked.threshold <= 0, "<": asked.threshold > 0}
    zero = breaches.get(asked.op, asked.threshold >= 0)
    return replace(asked, tree=tree), "breaching" if zero else "notBreaching"


def _bare(tree: query.Node) -> query.Node | None:
    """One metric, or a number's multiple of it, out of its `default_zero`; None where that is not all."""
    match tree:
        case query.Call("default_zero", query.Metric() as metric):
            return metric
        case query.Binary(("*" | "/") as op, left, query.Number() as number):
            inner = _bare(left)
            return query.Binary(op, inner, number) if inner else None
    return None


def _watched(asked: query.MetricQuery, signals: Doc) -> Doc:
    """The signal or expression, and the datapoints: the window is one period, or each of its minutes."""
    found = _text(asked.tree, signals)
    whole = {"expr": found} if " " in found else {"signal": found}
    of = list(query.metrics(asked.tree))
    counts = all(metrics.is_count(metric) for metric in of)
    if asked.time_aggregator in _natural(of, counts):
        return {**whole, "period": window(asked.window), "datapoints": "1 of 1"}
    minutes = asked.window // 60
    if asked.window >= 3_600 or any("rollup" in dict(metric.functions) for metric in of):
        raise Unsayable(f"{asked.time_aggregator} of points that are no minutes")
    up = asked.op.startswith(">")
    if asked.time_aggregator == ("min" if up else "max"):
        return {**whole, "period": "1m", "datapoints": f"{minutes} of {minutes}"}
    if asked.time_aggregator == ("max" if up else "min"):
        return {**whole, "period": "1m", "datapoints": f"1 of {minutes}"}
    raise Unsayable(f"no datapoints say {asked.time_aggregator} over {window(asked.window)} of these metrics")


def _natural(of: Iterable[query.Metric], counts: bool) -> tuple[str, ...]:
    """The time aggregations that make a window's points into the statistic itself."""
    if counts:
        return ("sum",)
    every = {metric.aggregator for metric in of}
    return ("percentile",) if any(a.startswith("p") for a in every) else tuple(every & {"avg", "min", "max"})


def _text(tree: query.Node, signals: Doc, level: int = 0) -> str:
    match tree:
        case query.Metric():
            return _signal(tree, signals)
        case query.Number(value):
            return metrics.number(value)
        case query.Binary(op, left, right):
            mine = _LEVEL[op]
            words = f"{_text(left, signals, mine)} {op} {_text(right, signals, mine + 1)}"
            return f"({words})" if mine < level else words
    raise Unsayable("its query has more than + - * / over metrics")


def _signal(metric: query.Metric, signals: Doc) -> str:
    """The signal that asks so; one that is there, else a new one of a free name."""
    if metric.by:
        raise Unsayable("it is grouped by tags")
    text = written_metric(metric)
    for known, source in signals.items():
        if source["datadog"]["query"] == text:
            return str(known)
    wanted = _slug(metric.name)
    free = next(w for w in (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))) if w not in signals)
    aws: Mapping[str, Any] = {"emittedBy": "aws"} if metric.name.startswith(metrics.AWS) else {}
    signals[free] = {
        "unit": "None",
        "description": f"{metric.name}, {metric.aggregator}.",
        **aws,
        "datadog": {"query": text},
    }
    return free


def written_metric(metric: query.Metric) -> str:
    """The query of a metric, as it would be written."""
    functions = "".join(f".{name}({arguments})" for name, arguments in metric.functions)
    return f"{metric.aggregator}:{metric.name}{{{','.join(metric.scope) or '*'}}}{functions}"
