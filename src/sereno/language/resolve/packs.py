"""Packs in use: what each `Use` takes of a pack, changes and drops."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import Alert
from sereno.language.problem import Problem
from sereno.language.resolve import alerts, signals
from sereno.language.resolve.context import ANY, Context
from sereno.language.resolve.packfiles import names, pack, parameters
from sereno.language.resolve.packfiles import policies as policies
from sereno.language.spec import ours


class Opened:
    """A `Use` document with its pack."""

    def __init__(self, document: Document, use: ours.Use, pack: ours.Pack) -> None:
        self.document, self.use, self.pack = document, use, pack


def opened(context: Context) -> Iterator[Opened]:
    """Every pack in use, its parameters checked; what the pack asks for and is not given is reported."""
    for document, use in context.of("Use"):
        if use.spec.use not in names():
            at = document.span("spec", "use")
            context.report(fault.unknown_pack(at, use.spec.use, names()))
            context.doubtful.add(ANY)
        elif _given(context, document, use):
            found, problems = pack(use.spec.use, use.spec.with_)
            for problem in problems:
                context.report(
                    Problem(document.span("spec", "with"), problem.code, problem.message, problem.help)
                )
            if found is None:
                context.doubtful.add(ANY)
            else:
                yield Opened(document, use, found)


def _given(context: Context, document: Document, use: ours.Use) -> bool:
    wanted = parameters(use.spec.use)
    known = {name: parameter.description for name, parameter in wanted.items()}
    missing = [n for n, p in wanted.items() if p.default is None and n not in use.spec.with_]
    for name in missing:
        at = document.span("spec", "with", key=True)
        context.report(fault.pack_parameter(at, use.spec.use, name, known, missing=True))
    for name in use.spec.with_.keys() - wanted.keys():
        at = document.span("spec", "with", name, key=True)
        context.report(fault.pack_parameter(at, use.spec.use, name, known, missing=False))
    context.doubtful |= {ANY} if missing else set()
    return not missing


def declare_signals(context: Context, used: list[Opened]) -> None:
    """The packs' signals. Where a document of the project declares the same name, the project's holds."""
    for each in used:
        needed = _needed(each)
        for name, signal in each.pack.spec.signals.items():
            if name not in context.signals and name in needed:
                signals.declare(context, name, signal, each.document, ("spec", "use"))


def _needed(opened: Opened) -> set[str]:
    """The pack's signals that a kept alert reads, or a panel that is shown."""
    spec, use = opened.pack.spec, opened.use.spec
    texts = [
        f"{a.signal} {a.expr} {a.guard and a.guard.signal}"
        for n, a in spec.alerts.items()
        if n not in use.drop
    ]
    texts += [f"{' '.join(p.signals)} {p.expr}" for p in spec.panels] if use.dashboard else []
    texts += [str(s.expr) for s in spec.signals.values()]
    return {word for text in texts for word in text.split()}


def rows(used: list[Opened]) -> dict[str, list[tuple[Opened, list[ours.PanelSpec]]]]:
    """Dashboard -> the rows that packs add to it."""
    found: dict[str, list[tuple[Opened, list[ours.PanelSpec]]]] = {}
    for each in used:
        if each.use.spec.dashboard and each.pack.spec.panels:
            found.setdefault(each.use.spec.dashboard, []).append((each, each.pack.spec.panels))
    return found


def resolve(context: Context, used: list[Opened]) -> Iterator[Alert]:
    """The packs' alerts, with what each `Use` overrides and drops."""
    for each in used:
        spec = each.use.spec
        made = each.pack.spec.alerts
        for part in ("override", "drop"):
            for name in getattr(spec, part).keys() - made.keys():
                at = each.document.span("spec", part, name, key=True)
                context.report(fault.pack_alert(at, spec.use, name, made))
        for name, alert in made.items():
            if name not in spec.drop:
                changed = alerts.changed(alert, spec.override.get(name))
                labels = dict(each.use.metadata.labels or {})
                change = context.overrides.alerts.get(name)
                found = alerts.build(context, each.document, changed, change, labels, name)
                if found:
                    yield found
                else:
                    context.doubtful.add(name)
