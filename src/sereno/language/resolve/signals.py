"""Signals: declared, minted for inline expressions, and those of raw sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sereno.language import expr as expressions
from sereno.language.faults import documents as fault
from sereno.language.load import VARIABLE, Document
from sereno.language.model import CloudWatchMetric, DatadogMetric, Signal
from sereno.language.problem import Problem, Span
from sereno.language.resolve.context import Context
from sereno.language.spec import ours


def resolve(context: Context) -> None:
    """Every declared signal, then the references between them."""
    for document in context.documents:
        if document.kind == "Signals" and document.spec is None:
            spec = document.tree.get("spec")
            context.unread |= set(spec) if isinstance(spec, dict) else set()
    for document, spec in context.every("Signals"):
        for name, signal in spec.spec.items():
            declare(context, name, signal, document, ("spec", name))
    check_references(context)


def declare(
    context: Context, name: str, spec: ours.Signal, document: Document, path: tuple[str | int, ...]
) -> None:
    """One signal of a Signals document or a pack."""
    at = document.span(*path, key=True)
    if name in context.signals:
        context.report(fault.two_of_a_name(at, "signal", name, context.signals[name].where))
        return
    parsed = None if spec.expr is None else parse(context, spec.expr, document.span(*path, "expr"))
    if spec.expr is not None and parsed is None:
        context.unread.add(name)
        return
    source = spec.cloudwatch
    context.signals[name] = Signal(
        name=name,
        unit=spec.unit,
        description=spec.description,
        emitted_by=spec.emitted_by or "",
        always=spec.always,
        cloudwatch=cloudwatch(source) if source else None,
        datadog=DatadogMetric(query=spec.datadog.query) if spec.datadog else None,
        expr=parsed,
        where=at,
    )


def cloudwatch(source: ours.CloudWatchSource) -> CloudWatchMetric:
    return CloudWatchMetric(
        namespace=source.namespace,
        metric=source.metric,
        dimensions=tuple(sorted(source.dimensions.items())),
        stat=source.stat,
        region=source.region,
        account=source.account,
    )


def parse(context: Context, text: str, at: Span) -> expressions.Expr | None:
    """The expression, or None and a problem that points into it."""
    try:
        found = expressions.parse(VARIABLE.sub(lambda m: _absent(context, m), text))
    except expressions.NotAnExpression as error:
        context.report(fault.bad_expression(_inside(at, text, error.offset), error.reason, error.hint))
        return None
    if expressions.divides_by_zero(found):
        context.report(fault.bad_expression(at, "it divides by 0, so it never has a value", "divide by more"))
        return None
    return found


def _absent(context: Context, found: re.Match[str]) -> str:
    """A variable that nothing gives, which is told at its place, is any number."""
    return found[0] if found[2] in context.environment.variables else "1"


def _inside(at: Span, text: str, offset: int) -> Span:
    """The column within the text, where it stands on one line as it is."""
    if at.end - at.column != len(text) or offset >= len(text):
        return at
    return Span(at.file, at.line, at.column + offset, at.column + offset + 1)


def inline(context: Context, name: str, text: str, at: Span, unit: str = "", description: str = "") -> bool:
    """Makes a signal of an expression written in place; False if it is none."""
    parsed = parse(context, text, at)
    if parsed is None:
        return False
    used = [context.signal(n, at) for n in expressions.names(parsed)]
    if not all(used):
        return False
    always = all(context.signals[n].always for n in expressions.names(parsed))
    context.signals[name] = Signal(
        name=name, unit=unit, description=description, emitted_by="", always=always, expr=parsed, where=at
    )
    return True


def check_references(context: Context) -> None:
    """Names in expressions that are not declared, and expressions that lead back to themselves."""
    for signal in list(context.signals.values()):
        if signal.expr is not None:
            for name in expressions.names(signal.expr):
                context.signal(name, signal.where)
    for problem in _cycles(context.signals):
        context.report(problem)


def _cycles(signals: dict[str, Signal]) -> Iterator[Problem]:
    """Depth first, without recursion; each cycle once, at its first signal."""
    done: set[str] = set()
    for start in signals:
        path: list[str] = []
        stack = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                done.add(path.pop())
                continue
            if name in path:
                cycle = [*path[path.index(name) :], name]
                yield fault.signal_cycle(signals[name].where, cycle)
                continue
            signal = signals.get(name)
            if name in done or signal is None or signal.expr is None:
                continue
            path.append(name)
            stack.append((name, True))
            stack.extend((below, False) for below in expressions.names(signal.expr))
