"""Which payloads of ours are judged alike, so that of thousands of one form only a few need judging.

A rule looks at a name, a description, a tag or a dimension for its length and its kinds of characters, and
at an id for where else it stands. So two payloads whose words differ in letters and digits only, place
for place, and whose ids stand in the same places, break the same rules. What breaks one is judged by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sereno.vendors.cloudwatch.limits.files import Found

ALIKE: Final = str.maketrans(
    dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "a") | dict.fromkeys("0123456789", "0")
)
WRITTEN: Final = json.JSONEncoder(default=str).encode
WORD: Final = re.compile(r"[a-z][A-Za-z0-9_]*")


def likeness(item: Found) -> str:
    """The same for payloads that are judged alike; empty for what is judged by itself."""
    try:
        return _likeness(item)
    except (AttributeError, KeyError, TypeError):
        return ""  # what an alert says in CloudWatch's own words may be of any shape


def _likeness(item: Found) -> str:
    body = item.body
    if item.kind == "metric-alarm":
        said = {name: value for name, value in body.items() if name not in LEFT_OUT}
        ids = {query["Id"]: f"m{n}" for n, query in enumerate(body.get("Metrics", ()))}
        said["Metrics"] = [_query(query, ids) for query in body.get("Metrics", ())]
        said["Dimensions"] = _named(body.get("Dimensions", ()), "Name")
        return WRITTEN([_words(body), said])
    if item.kind == "composite-alarm":
        said = {name: value for name, value in body.items() if name not in LEFT_OUT}
        own = body["AlarmName"] in body["AlarmRule"]
        return WRITTEN([own, body["AlarmRule"].translate(ALIKE), _words(body), said])
    return ""


LEFT_OUT: Final = frozenset(("AlarmName", "AlarmDescription", "Tags", "Metrics", "Dimensions", "AlarmRule"))


def _words(body: Mapping[str, Any]) -> list[Any]:
    texts = [body.get(name, "").translate(ALIKE) for name in ("AlarmName", "AlarmDescription")]
    return [*texts, _named(body.get("Tags", ()), "Key")]


def _named(pairs: Sequence[Mapping[str, str]], key: str) -> list[tuple[str, str]]:
    return [(pair[key], pair["Value"].translate(ALIKE)) for pair in pairs]


def _query(query: Mapping[str, Any], ids: Mapping[str, str]) -> list[Any]:
    """A query with its ids numbered: each still stands where it stood."""
    rest = {
        name: value
        for name, value in query.items()
        if name not in ("Id", "Expression", "Label", "MetricStat")
    }
    expression = WORD.sub(lambda m: ids.get(m[0], m[0]), query.get("Expression", ""))
    stat = query.get("MetricStat")
    read = [stat, None] if stat is None else _stat(stat)
    shapes = [
        query["Id"].translate(ALIKE),
        query.get("Label", "").translate(ALIKE),
        len(query.get("Expression", "")),
    ]
    return [ids[query["Id"]], expression, read, rest, shapes]


def _stat(stat: Mapping[str, Any]) -> list[Any]:
    metric = stat["Metric"]
    dimensions = _named(metric.get("Dimensions", ()), "Name")
    return [{**stat, "Metric": {**metric, "Dimensions": dimensions}}]
