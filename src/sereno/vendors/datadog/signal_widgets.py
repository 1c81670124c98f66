"""Widgets of signals: lines through time, and single numbers over a span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.language.expr import Name
from sereno.language.model import DAY, HOUR, MINUTE, Panel, System
from sereno.vendors.datadog import metrics
from sereno.vendors.readings import ids, leaves, plain

Widget = dict[str, Any]
_SPANS = {
    MINUTE: "1m",
    5 * MINUTE: "5m",
    10 * MINUTE: "10m",
    15 * MINUTE: "15m",
    30 * MINUTE: "30m",
    HOUR: "1h",
    4 * HOUR: "4h",
    DAY: "1d",
    2 * DAY: "2d",
    7 * DAY: "1w",
    30 * DAY: "1mo",
}


def timeseries(system: System, panel: Panel) -> Widget:
    """A line a signal."""
    return lines(panel, *_formulas(system, panel, panel.signals))


def lines(panel: Panel, formulas: list[Any], queries: list[Any]) -> Widget:
    """A line a formula."""
    request = {
        "response_format": "timeseries",
        "display_type": "line",
        "formulas": formulas,
        "queries": queries,
    }
    axis = {"yaxis": {"label": panel.unit, "include_zero": True}} if panel.unit else {}
    return {"type": "timeseries", "title": panel.title, "show_legend": True, "requests": [request], **axis}


def _formulas(system: System, panel: Panel, signals: Sequence[str]) -> tuple[list[Any], list[Any]]:
    named = ids(leaves(system.signals, signals))
    formulas = [
        {"formula": metrics.formula(plain(system.signals, Name(name)), named), "alias": _alias(name, panel)}
        for name in signals
    ]
    return formulas, metrics.queries(system, named)


def _alias(name: str, panel: Panel) -> str:
    """A signal's name; one that the panel's own expression made is called as the panel is."""
    return panel.title if "/" in name else name


def numbers(system: System, panel: Panel, width: int) -> Widget:
    """One number a widget; several signals are a group of them."""
    if len(panel.signals) == 1:
        return _number(system, panel, panel.signals[0], panel.title)
    across = max(1, width // len(panel.signals))
    per_row = max(1, width // across)
    widgets = [
        {
            "definition": _number(system, panel, name, name),
            "layout": {"x": n % per_row * across, "y": n // per_row * 2, "width": across, "height": 2},
        }
        for n, name in enumerate(panel.signals)
    ]
    return {"type": "group", "layout_type": "ordered", "title": panel.title, "widgets": widgets}


def _number(system: System, panel: Panel, signal: str, title: str) -> Widget:
    """A signal over the panel's period up to now."""
    formulas, queries = _formulas(system, panel, [signal])
    found = [
        {**each, "aggregator": _scalar(system, leaf)}
        for each, leaf in zip(queries, leaves(system.signals, [signal]), strict=True)
    ]
    request = {"response_format": "scalar", "formulas": formulas, "queries": found}
    unit = {"custom_unit": panel.unit} if panel.unit else {}
    return {
        "type": "query_value",
        "title": title,
        "autoscale": not unit,
        **unit,
        "precision": 2,
        "requests": [request],
        "time": {"live_span": _SPANS[nearest(panel.period)]},
    }


def nearest(period: int) -> int:
    """The span, in seconds, that is least far from a period; of two the shorter."""
    return min(_SPANS, key=lambda seconds: (abs(seconds - period), seconds))


def _scalar(system: System, leaf: str) -> str:
    """The aggregation of a query over the whole span."""
    metric = metrics.parsed(system, leaf)
    if metrics.is_count(metric):
        return "sum"
    return metric.aggregator if metric.aggregator in ("avg", "min", "max") else "max"
