"""Dashboards: rows of panels over what is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sereno.language import names
from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import Dashboard, Panel, Variable
from sereno.language.resolve import packs, signals
from sereno.language.resolve.context import Context
from sereno.language.spec import ours
from sereno.language.text import Path


def resolve(
    context: Context, slos: Collection[str], alerts: Collection[str], used: list[packs.Opened]
) -> Iterator[Dashboard]:
    added = packs.rows(used)
    for name, rows_of_packs in added.items():
        context.find("Dashboard", name, rows_of_packs[0][0].document.span("spec", "dashboard"))
    for document, spec in context.of("Dashboard"):
        rows = [
            tuple(_panel(context, document, panel, (i, j), slos, alerts) for j, panel in enumerate(row))
            for i, row in enumerate(spec.spec.rows)
        ]
        for opened, panels in added.get(document.name, ()):
            rows.append(tuple(_of_pack(context, opened, panel) for panel in panels))
        where = document.span("metadata", "name")
        kept = spec.spec.cloudwatch
        said = kept.model_dump(by_alias=True, exclude_none=True) if kept else {}
        yield Dashboard(
            name=document.name,
            title=spec.spec.title,
            rows=tuple(rows),
            variables=tuple(_variables(context, document, spec.spec.variables)),
            cloudwatch=said,
            where=where,
        )


def _variables(
    context: Context, document: Document, variables: list[ours.VariableSpec]
) -> Iterator[Variable]:
    seen: set[str] = set()
    for i, variable in enumerate(variables):
        at = document.span("spec", "variables", i)
        if variable.name in seen:
            context.report(fault.variable_twice(at, variable.name))
        if variable.default is not None and variable.values and variable.default not in variable.values:
            context.report(fault.variable_default(at, variable.name, str(variable.default)))
        if variable.cloudwatch is None and variable.datadog is None:
            context.report(fault.variable_nowhere(at, variable.name))
        seen.add(variable.name)
        values = tuple(map(str, variable.values))
        default = str(variable.default) if variable.default is not None else next(iter(values), None)
        yield Variable(
            name=variable.name,
            title=variable.title or variable.name,
            values=values,
            default=default,
            cloudwatch=variable.cloudwatch,
            datadog=variable.datadog,
        )


def _of_pack(context: Context, opened: packs.Opened, panel: ours.PanelSpec) -> Panel:
    for name in panel.signals:
        context.signal(name, opened.document.span("spec", "use"))
    return _shown(panel, panel.signals)


def _panel(
    context: Context,
    document: Document,
    panel: ours.PanelSpec,
    place: tuple[int, int],
    slos: Collection[str],
    alerts: Collection[str],
) -> Panel:
    path: Path = ("spec", "rows", *place)
    shown = list(panel.signals)
    for i, name in enumerate(panel.signals):
        context.signal(name, document.span(*path, "signals", i))
    if panel.expr is not None:
        minted = names.panel_signal(document.name, *place)
        at = document.span(*path, "expr")
        made = signals.inline(context, minted, panel.expr, at, panel.unit, panel.title)
        shown += [minted] if made else []
    for i, name in enumerate(panel.slos):
        if name not in slos:
            context.report(fault.unknown_slo(document.span(*path, "slos", i), name, slos))
    for i, name in enumerate(panel.alerts):
        context.alert(name, document.span(*path, "alerts", i), alerts)
    return _shown(panel, shown)


def _shown(panel: ours.PanelSpec, reads: list[str]) -> Panel:
    return Panel(
        kind=panel.kind,
        title=panel.title,
        width=panel.width,
        height=panel.height,
        signals=tuple(reads),
        slos=tuple(panel.slos),
        alerts=tuple(panel.alerts),
        text=panel.text,
        unit=panel.unit,
        period=panel.period,
    )
