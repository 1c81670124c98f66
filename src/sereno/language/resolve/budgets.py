"""Budget policies: their rules, who let a release through and until when, and declared maintenance."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sereno.language.faults import budgets as fault
from sereno.language.faults import documents
from sereno.language.load import Document
from sereno.language.model import BudgetAdjustment, BudgetOverride, BudgetPolicy, BudgetRule
from sereno.language.moments import epoch
from sereno.language.resolve.context import Context
from sereno.language.spec import ours
from sereno.language.text import Path


def resolve(context: Context, slos: Collection[str]) -> Iterator[BudgetPolicy]:
    for document, whole in context.of("BudgetPolicy"):
        spec: ours.BudgetPolicySpec = whole.spec
        yield BudgetPolicy(
            name=document.name,
            description=spec.description,
            rules=tuple(_rule(context, document, i, rule) for i, rule in enumerate(spec.rules)),
            no_data=spec.no_data,
            match=dict(spec.match),
            exempt=dict(spec.exempt),
            overrides=tuple(
                _override(context, document, i, one, slos) for i, one in enumerate(spec.overrides)
            ),
            adjustments=tuple(
                _adjustment(context, document, i, one, slos) for i, one in enumerate(spec.adjustments)
            ),
            where=document.span("metadata", "name"),
        )


def _rule(context: Context, document: Document, i: int, rule: ours.BudgetRule) -> BudgetRule:
    by_burn = (rule.burn is not None, rule.over is not None)
    if by_burn != (rule.budget_left is None,) * 2:
        context.report(fault.budget_rule(document.span("spec", "rules", i)))
    return BudgetRule(action=rule.action, left=rule.budget_left, burn=rule.burn, over=rule.over)


def _override(
    context: Context, document: Document, i: int, one: ours.BudgetOverride, slos: Collection[str]
) -> BudgetOverride:
    path = ("spec", "overrides", i)
    _known(context, document, (*path, "slo"), one.slo, slos)
    until = _moment(context, document, (*path, "until"), one.until)
    return BudgetOverride(slo=one.slo, by=one.by, reason=one.reason, until=until)


def _adjustment(
    context: Context, document: Document, i: int, one: ours.BudgetAdjustment, slos: Collection[str]
) -> BudgetAdjustment:
    path = ("spec", "adjustments", i)
    for n, name in enumerate(one.slos):
        _known(context, document, (*path, "slos", n), name, slos)
    start = _moment(context, document, (*path, "start"), one.start)
    end = _moment(context, document, (*path, "end"), one.end)
    if start and end and end <= start:
        context.report(fault.empty_adjustment(document.span(*path, "end")))
    return BudgetAdjustment(slos=tuple(one.slos), start=start, end=end, reason=one.reason)


def _known(context: Context, document: Document, path: Path, name: str, slos: Collection[str]) -> None:
    if name not in slos:
        context.report(documents.unknown_reference(document.span(*path), "SLO", name, slos))


def _moment(context: Context, document: Document, path: Path, text: str) -> int:
    """Epoch seconds; 0 beside a problem."""
    found = epoch(text)
    if found is None:
        context.report(fault.bad_moment(document.span(*path), str(path[-1]), text))
    return found or 0
