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
    if item.kind == "dashboard":
        return _of_dashboard(body)
    if item.kind not in ("metric-alarm", "composite-alarm"):
        return ""
    said = {name: value for name, value in body.items() if name not in LEFT_OUT}
    words = [body.get("AlarmName", ""), body.get("AlarmDescription", "")]
    tags = _named(body.get("Tags", ()), "Key", words)
    exact = [tags, said, *(_metrics(body, words) if item.kind == "metric-alarm" else _rule(body, words))]
    return END.join(words).translate(ALIKE) + END + WRITTEN(exact)


LEFT_OUT: Final = frozenset(("AlarmName", "AlarmDescription", "Tags", "Metrics", "Dimensions", "AlarmRule"))
END: Final = "\0"  # of a word: how many there are is told by the rest


def _metrics(body: Mapping[str, Any], words: list[str]) -> list[Any]:
    """What it watches; whose words are compared like names goes to `words`."""
    queries = body.get("Metrics", ())
    ids = {query["Id"]: f"m{n}" for n, query in enumerate(queries)}
    return [
        _named(body.get("Dimensions", ()), "Name", words),
        *(_query(query, ids, words) for query in queries),
    ]


def _rule(body: Mapping[str, Any], words: list[str]) -> list[Any]:
    words.append(body["AlarmRule"])
    return [body["AlarmName"] in body["AlarmRule"]]


def _named(pairs: Sequence[Mapping[str, str]], key: str, words: list[str]) -> list[str]:
    words += [pair["Value"] for pair in pairs]
    return [pair[key] for pair in pairs]


def _query(query: Mapping[str, Any], ids: Mapping[str, str], words: list[str]) -> list[Any]:
    """A query with its ids numbered: each still stands where it stood."""
    words += (query["Id"], query.get("Label", ""))
    rest = {name: value for name, value in query.items() if name not in OF_A_QUERY}
    found: list[Any] = [ids[query["Id"]], rest]
    if "Expression" in query:
        expression = query["Expression"]
        found += [WORD.sub(lambda m: ids.get(m[0], m[0]), expression), len(expression)]
    if "MetricStat" in query:
        stat = query["MetricStat"]
        metric = {name: value for name, value in stat["Metric"].items() if name != "Dimensions"}
        found += [{**stat, "Metric": metric}, _named(stat["Metric"].get("Dimensions", ()), "Name", words)]
    return found


OF_A_QUERY: Final = frozenset(("Id", "Label", "Expression", "MetricStat"))


def _of_dashboard(body: Mapping[str, Any]) -> str:
    words = [body["DashboardName"]]
    board = body["DashboardBody"]
    tags = _named(body.get("Tags", ()), "Key", words)
    widgets = [_widget(widget, words) for widget in board["widgets"]]
    exact = [list(body), tags, {**board, "widgets": widgets}]
    return END.join(words).translate(ALIKE) + END + WRITTEN(exact)


def _widget(widget: Mapping[str, Any], words: list[str]) -> list[Any]:
    said = widget["properties"]
    words += (said.get("title", ""), said.get("markdown", ""))
    lines = said.get("metrics", ())
    ids = {line[-1]["id"]: f"m{n}" for n, line in enumerate(lines)}
    rest = {name: value for name, value in said.items() if name not in OF_A_WIDGET}
    drawn = [part for line in lines for part in _line(line, ids, words)]
    return [{**widget, "properties": None}, list(said), rest, drawn]


OF_A_WIDGET: Final = frozenset(("title", "markdown", "metrics"))


def _line(line: Sequence[Any], ids: Mapping[str, str], words: list[str]) -> list[Any]:
    """Namespace, metric and dimensions' names stand exactly, and are followed by how it is drawn."""
    said = line[-1]
    words += (said["id"], said["label"], *line[3:-1:2])
    rest = {name: value for name, value in said.items() if name not in OF_A_LINE}
    found = [*line[:2], *line[2:-1:2], ids[said["id"]], rest] if len(line) > 1 else [ids[said["id"]], rest]
    if "expression" in said:
        expression = said["expression"]
        found += [WORD.sub(lambda m: ids.get(m[0], m[0]), expression), len(expression)]
    return found


OF_A_LINE: Final = frozenset(("id", "label", "expression"))
