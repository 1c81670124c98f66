"""Template variables: what a viewer of a dashboard chooses, in the place of a tag of every query.

https://docs.datadoghq.com/dashboards/template_variables/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sereno.language.model import Dashboard, Variable
from sereno.language.problem import Problem
from sereno.vendors.datadog import faults

USED = re.compile(r"(?<=[{,])\s*\$(\w+)\s*(?=[,}])")  # a variable in the scope of a query


def name(of: Variable) -> str:
    """As a query writes it after `$`."""
    return of.name.replace("-", "_")


def template(of: Variable) -> dict[str, Any]:
    """Without values whatever the tag has can be chosen, and at first everything is."""
    listed = {"available_values": list(of.values)} if of.values else {}
    return {"name": name(of), "prefix": of.datadog, "defaults": [of.default or "*"], **listed}


def put_in(widgets: Any, variables: Sequence[Variable]) -> tuple[Any, set[str]]:
    """The widgets with `$NAME` for the tags that are chosen, and the names of the variables in use."""
    used: set[str] = set()
    chosen = [(of, _tag(of.datadog)) for of in variables if of.datadog]

    def changed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: changed(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [changed(each, key) for each in value]
        return replaced(value) if key == "query" and isinstance(value, str) else value

    def replaced(query: str) -> str:
        for of, tag in chosen:
            query, times = tag.subn(f"${name(of)}", query)
            used.update([of.name] if times else [])
        return query

    return changed(widgets), used


def _tag(key: str) -> re.Pattern[str]:
    """A tag with this key in the scope of a query; its value may hold braces: `{resource:/users/{id}}`."""
    return re.compile(rf"(?<=[{{,])\s*{re.escape(key)}:(?:[^,{{}}]|\{{[^{{}}]*\}})*(?=[,}}])")


def unused(dashboard: Dashboard, used: set[str]) -> Iterator[Problem]:
    """What would be a choice of nothing."""
    for of in dashboard.variables:
        if of.datadog is None:
            yield faults.variable(dashboard, of.name, "it names no tag")
        elif of.name not in used:
            yield faults.variable(dashboard, of.name, f"no panel's query has a tag `{of.datadog}`")
