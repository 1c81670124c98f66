"""Drills and alert tests: what must fire, and what must not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sereno.language import covering, names
from sereno.language import expr as expressions
from sereno.language.faults import documents as fault
from sereno.language.load import Document
from sereno.language.model import (
    Alert,
    AlertTest,
    Backend,
    BudgetPolicy,
    Drill,
    Expectation,
    ExpectedState,
    InputSeries,
    Slo,
)
from sereno.language.resolve.context import Context
from sereno.language.text import Path

BACKENDS: dict[str, tuple[Backend, ...]] = {
    "cloudwatch": ("cloudwatch",),
    "datadog": ("datadog",),
    "both": ("cloudwatch", "datadog"),
}


def references(
    context: Context, slos: list[Slo], alerts: list[Alert], policies: Sequence[BudgetPolicy]
) -> set[str]:
    """What may be named as an alert: `NAME`, `SLO/page`, `SLO/no-data`, `SLO/budget-25`, and single pairs."""
    found = {alert.name for alert in alerts}
    for slo in slos:
        for pair in slo.policies:
            found.add(names.burn(slo.name, pair.severity).removeprefix("slo/"))
            found |= {names.pair(slo.name, o, pair).removeprefix("slo/") for o in objective_words(slo)}
        for telling in covering.told(policies, slo):
            budgets = (names.budget(slo.name, o, telling.left) for o in objective_words(slo))
            found |= {address.removeprefix("slo/") for address in budgets}
        if watched_for_silence(context, slo):
            found.add(names.silence(slo.name).removeprefix("slo/"))
    return found


def objective_words(slo: Slo) -> list[str]:
    """What an objective adds to an address: nothing where there is only one."""
    return [o.name for o in slo.objectives] if len(slo.objectives) > 1 else [""]


def watched_for_silence(context: Context, slo: Slo) -> bool:
    """Whether the compilers make a no-data alert: something it is read from must always have data."""
    from sereno.language.resolve.slos import read_by

    reads = [name for o in slo.objectives for name in read_by(o.indicator)]
    return any(context.signals[leaf].always for name in reads for leaf in leaves(context, name))


def leaves(context: Context, name: str) -> Iterator[str]:
    """The read signals below a signal; cycles have been reported, and are not followed."""
    seen: set[str] = set()
    stack = [name]
    while stack:
        signal = context.signals.get(stack.pop())
        if signal is None or signal.name in seen:
            continue
        seen.add(signal.name)
        if signal.expr is None:
            yield signal.name
        else:
            stack.extend(expressions.names(signal.expr))


def drills(context: Context, known: Collection[str]) -> Iterator[Drill]:
    for document, spec in context.of("Drill"):
        drill = spec.spec
        for i, expectation in enumerate(drill.expect):
            _receivers(context, document, expectation.receivers, ("spec", "expect", i, "receivers"))
            context.alert(expectation.alert, document.span("spec", "expect", i, "alert"), known)
        for i, name in enumerate(drill.silent):
            context.alert(name, document.span("spec", "silent", i), known)
        yield Drill(
            name=document.name,
            description=drill.description,
            fault=drill.fault,
            parameters=dict(drill.with_),
            hold=drill.hold,
            expect=tuple(
                Expectation(alert=names.referred(e.alert), within=e.within, receivers=tuple(e.receivers))
                for e in drill.expect
            ),
            silent=tuple(names.referred(name) for name in drill.silent),
            recovered=drill.recovered,
            where=document.span("metadata", "name"),
        )


def tests(context: Context, known: Collection[str]) -> Iterator[AlertTest]:
    for document, spec in context.of("AlertTest"):
        test = spec.spec
        series = [
            InputSeries(
                values=each.values,
                signal=each.signal,
                metric=each.metric,
                where=document.span("spec", "input_series", i, "values"),
            )
            for i, each in enumerate(test.input_series)
        ]
        for i, each in enumerate(test.input_series):
            at = document.span("spec", "input_series", i)
            if (each.signal is None) == (each.metric is None):
                context.report(fault.series_source(at))
            elif each.signal is not None:
                context.signal(each.signal, document.span("spec", "input_series", i, "signal"))
        for i, state in enumerate(test.alert_rule_test):
            context.alert(state.alert, document.span("spec", "alert_rule_test", i, "alert"), known)
            _receivers(context, document, state.receivers or [], ("spec", "alert_rule_test", i, "receivers"))
        yield AlertTest(
            name=document.name,
            description=test.description,
            interval=test.interval,
            series=tuple(series),
            expected=tuple(
                ExpectedState(
                    at=s.eval_time,
                    alert=names.referred(s.alert),
                    state=s.state,
                    receivers=None if s.receivers is None else tuple(s.receivers),
                    description=s.description,
                    backends=BACKENDS[s.backend or test.backend],
                    where=document.span("spec", "alert_rule_test", i, "alert"),
                )
                for i, s in enumerate(test.alert_rule_test)
            ),
            where=document.span("metadata", "name"),
        )


def _receivers(context: Context, document: Document, wanted: list[str], path: Path) -> None:
    for i, name in enumerate(wanted):
        if name not in context.receivers:
            context.report(fault.unknown_receiver(document.span(*path, i), name, context.receivers))
