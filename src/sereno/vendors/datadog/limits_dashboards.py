"""What Datadog would refuse of a dashboard, or show as nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sereno.vendors.backend import Body
from sereno.vendors.datadog.limits_fault import Fault
from sereno.vendors.datadog.variables import USED

COLUMNS = 12


def widgets_in_place(body: Body) -> Iterator[Fault]:
    """Widgets of an ordered layout stand on 12 columns, and do not overlap.

    Breaks: a row of panels wider than the dashboard
    Keeps: widths that add up to at most 24 (of which Datadog shows 12)
    """
    yield from _placed(body["widgets"], COLUMNS)
    for widget in body["widgets"]:
        inner = widget["definition"].get("widgets", ())
        yield from _placed(inner, widget["layout"]["width"])


def _placed(widgets: Sequence[Mapping[str, Any]], columns: int) -> Iterator[Fault]:
    taken: Counter[tuple[int, int]] = Counter()
    for widget in widgets:
        at = widget["layout"]
        if at["x"] < 0 or at["width"] < 1 or at["height"] < 1 or at["x"] + at["width"] > columns:
            yield Fault(f"a widget stands at {at['x']}, {at['width']} wide", f"stay within {columns} columns")
        for x in range(at["x"], at["x"] + at["width"]):
            taken.update((x, y) for y in range(at["y"], at["y"] + at["height"]))
    if any(count > 1 for count in taken.values()):
        yield Fault("widgets overlap", "give each panel of a row at least 2 of 24 columns")


def variables_declared(body: Body) -> Iterator[Fault]:
    """A query uses only variables of its dashboard; each has its own name, and begins as one of its values.

    Breaks: `sum:shop.orders{$stage}` on a dashboard without a variable `stage`
    Keeps: `variables: [{name: stage, datadog: stage}]` beside it
    """
    for of in body.get("template_variables") or ():
        allowed = {*(of.get("available_values") or of.get("defaults") or ()), "*"}
        for other in sorted(set(of.get("defaults") or ()) - allowed):
            yield Fault(f"variable `{of['name']}` begins as `{other}`, which is none of its values", "add it")
    every = [str(variable["name"]) for variable in body.get("template_variables") or ()]
    for twice in sorted(name for name, count in Counter(every).items() if count > 1):
        yield Fault(f"two variables are named `{twice}`", "give each its own name")
    used = {name for text in texts(body["widgets"], "query") for name in USED.findall(text)}
    for missing in sorted(used - set(every)):
        yield Fault(f"a query uses `${missing}`, which the dashboard has not", "declare it in `variables`")


def texts(value: Any, wanted: str) -> Iterator[str]:
    """Every text under this key, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == wanted and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner, wanted)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, wanted)
