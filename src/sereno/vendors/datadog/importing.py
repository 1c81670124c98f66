"""What is live, written as YAML: metric monitors as Signals and Alerts. Pure.

What cannot be said in the language is told, and left out: so are composites (`inhibitedBy` and SLOs make
them), burn rates (an SLO's policies do), and dashboards; and of what is written, each option, tag and handle
that the language has no word for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sereno.language.names import window
from sereno.vendors.backend import Resource
from sereno.vendors.datadog import alerts, forms, metrics, parts, query, query_words
from sereno.vendors.datadog.counted import Declared, declared
from sereno.vendors.importing import NOTHING, SERVICE, Doc, Here, Imported, Unsayable, written

__all__ = ["imported", "written"]
_OPS = {sign: op for op, sign in parts.OPERATORS.items()}
_MISSING = {said: missing for missing, said in alerts.MISSING.items()}
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}


def imported(resources: Iterable[Resource], prefix: str, here: Here = NOTHING) -> Imported:
    """The monitors as documents, but for those `here`. `prefix` is taken off the names."""
    found = Imported(taken={key for key in here.places if key.startswith("service/")})
    names_taken = set(here.all_of("alert"))
    of_here: Doc = {
        name: {"datadog": {"query": ""}} for name in here.all_of("signal")
    }  # whose names are taken
    declared = [(_document(resource, here), resource) for resource in resources]
    found.left_out.extend(here.left_out((key, str(r.body["name"])) for key, r in declared if key))
    for resource in (resource for key, resource in declared if not key):
        name = _slug(str(resource.body["name"]).removeprefix(prefix))
        signals = {**of_here, **found.signals}
        try:
            alert = _alert(resource, _free(name, names_taken), signals)
        except (Unsayable, query.QueryFault) as why:
            found.left_out.append(f"{resource.kind} {name}: {why}")
            continue
        written_as = alert["metadata"]["name"]
        names_taken.add(written_as)
        found.alerts.append(alert)
        found.signals.update({name: said for name, said in signals.items() if name not in of_here})
        lost = [
            *([f"its name, which is another's: `{name}`"] if written_as != name else []),
            *_lost(resource),
        ]
        found.left_out.extend(f"of alert {written_as}: {each}" for each in lost)
    return found


def _document(resource: Resource, here: Here) -> str:
    """What of this project's makes it, as its tags say: `alert/NAME`; empty where none does."""
    tags = dict(tag.partition(":")[::2] for tag in resource.body.get("tags", ()))
    owner = parts.tag(parts.TAG_PROJECT, here.project)
    key = "/".join(tags.get(parts.TAG_ADDRESS, "").split("/")[:2])
    return key if owner in resource.body.get("tags", ()) and key in here.places else ""


def _free(wanted: str, taken: Collection[str]) -> str:
    return next(w for w in (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))) if w not in taken)


_SAID = ("thresholds", "on_missing_data", "notify_no_data", "include_tags", "notify_audit")
_OF_US = ("service", "team", "env", "alert", "severity", "sereno_project", "sereno_environment")
_OF_US_TOO = (parts.TAG_ADDRESS, parts.TAG_MUTE)


def _lost(resource: Resource) -> Iterator[str]:
    """What a monitor says and its alert does not, each as a person would look for it."""
    body, options = resource.body, resource.body["options"]
    for name, value in (options.get("thresholds") or {}).items():
        if name != "critical" and value is not None:
            yield f"its threshold {name} {value}"
    for name in forms.OPTIONS:
        value = options.get(name)
        if name not in _SAID and not forms.is_default(name, value) and not _our_delay(body, name, value):
            yield f"its {name} {value}"
    if handles := parts.HANDLE.findall(str(body["message"])):
        yield f"who is told ({' '.join(dict.fromkeys(handles))}), which is the routes' to say"
    if len(str(body["message"]).strip().splitlines()) > 1:
        yield "its message after the first line"
    if body.get("priority") not in parts.PRIORITY.values():
        yield f"its priority {body.get('priority') or '(none)'}: it is a {_severity(body)}"
    tags = [tag for tag in body.get("tags", ()) if tag.partition(":")[0] not in (*_OF_US, *_OF_US_TOO)]
    if tags:
        yield f"its tags {', '.join(sorted(tags))}"


def _our_delay(body: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether it waits as an alert of the same metrics would by itself."""
    return name == "evaluation_delay" and value == alerts.POLLED and f":{metrics.AWS}" in str(body["query"])


def _severity(body: Mapping[str, Any]) -> str:
    return "page" if (body.get("priority") or 5) <= parts.PRIORITY["page"] else "ticket"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def _alert(resource: Resource, name: str, signals: Doc) -> Doc:
    body = resource.body
    if resource.kind != "monitor":
        raise Unsayable("an SLO's policies or `inhibitedBy` make it")
    asked = query.parse(str(body["query"]))
    if isinstance(asked, query.ChangeQuery):
        raise Unsayable("it compares a value with what it was")
    if not isinstance(asked, query.MetricQuery):
        raise Unsayable("it watches no metric")
    if odd := next((said for metric in query.metrics(asked.tree) for said in query_words.odd(metric)), ""):
        raise Unsayable(odd)
    counted = declared(asked)
    asked, missing = _missing(counted.asked if counted else asked, body["options"])
    tags = dict(tag.partition(":")[::2] for tag in body.get("tags", ()))
    spec = {
        "description": str(body["message"]).partition("\n")[0] or name,
        "service": tags.get("service", SERVICE),
        **(_counted(counted, asked, signals) if counted else _watched(asked, signals)),
        "op": _OPS[asked.op],
        "threshold": float(asked.threshold) if asked.threshold % 1 else int(asked.threshold),
        "missing": "breaching" if counted and counted.gaps_breach else missing,
        "severity": _severity(body),
        **({"owner": tags["team"]} if "team" in tags else {}),
    }
    return {"apiVersion": "sereno/v1", "kind": "Alert", "metadata": {"name": name}, "spec": spec}


def _missing(asked: query.MetricQuery, options: Mapping[str, Any]) -> tuple[query.MetricQuery, str]:
    """The query without the `default_zero` around it, and what silence is: what 0 is, where that stood."""
    tree = _bare(asked.tree)
    if tree is None:
        notified = "show_and_notify_no_data" if options.get("notify_no_data") else "default"
        return asked, _MISSING.get(options.get("on_missing_data") or notified, "ignore")
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
    whole = _signal_or_expr(asked, signals)
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


def _signal_or_expr(asked: query.MetricQuery, signals: Doc) -> Doc:
    found = _text(asked.tree, signals)
    return {"expr": found} if " " in found else {"signal": found}


def _counted(counted: Declared, asked: query.MetricQuery, signals: Doc) -> Doc:
    """The same of points that the query counts; `asked` is of one of them, with nothing in place of a gap."""
    of = f"{counted.datapoints} of {counted.periods}"
    return {**_signal_or_expr(asked, signals), "period": window(asked.window), "datapoints": of}


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
            return metrics.number(value) if value >= 0 else f"(0 - {metrics.number(-value)})"
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
    free = _free(wanted, signals)
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
