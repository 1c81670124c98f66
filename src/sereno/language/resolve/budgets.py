"""Error-budget policies: texts of times become moments."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from sereno.language.faults import budgets as fault
from sereno.language.faults.documents import unknown_slo
from sereno.language.load import Document
from sereno.language.model import BudgetAdjustment, BudgetOverride, BudgetPolicy, BudgetRule
from sereno.language.resolve.context import Context
from sereno.language.spec import ours
from sereno.language.text import Path


def resolve(context: Context, slos: Collection[str]) -> Iterator[BudgetPolicy]:
    for document, spec in context.of("BudgetPolicy"):
        policy = spec.spec
        yield BudgetPolicy(
            name=document.name,
            description=policy.description,
            rules=tuple(_rules(context, document, policy.rules)),
            no_data=policy.no_data,
            match=dict(policy.match),
            exempt=dict(policy.exempt),
            overrides=tuple(_overrides(context, document, policy.overrides, slos)),
            adjustments=tuple(_adjustments(context, document, policy.adjustments, slos)),
            where=document.span("metadata", "name"),
        )


def _rules(context: Context, document: Document, rules: list[ours.BudgetRule]) -> Iterator[BudgetRule]:
    if not rules:
        context.report(fault.budget_without_rules(document.span("spec", "rules")))
    for i, rule in enumerate(rules):
        _ranges(context, document, i, rule)
        by_burn = rule.burn is not None and rule.over is not None
        whole = (rule.burn is None) == (rule.over is None)
        if not whole or (rule.budget_left is not None) == by_burn:
            context.report(fault.budget_rule(document.span("spec", "rules", i)))
        else:
            if rule.notify and rule.budget_left is None:
                context.report(fault.budget_notify(document.span("spec", "rules", i, "notify")))
            yield BudgetRule(
                action=rule.action, left=rule.budget_left, burn=rule.burn, over=rule.over, notify=rule.notify
            )


def _ranges(context: Context, document: Document, i: int, rule: ours.BudgetRule) -> None:
    if rule.budget_left is not None and rule.budget_left > 1:
        at = document.span("spec", "rules", i, "budgetLeft")
        context.report(fault.budget_left_range(at, rule.budget_left))
    if rule.burn is not None and rule.burn < 0:
        context.report(fault.budget_burn_range(document.span("spec", "rules", i, "burn"), rule.burn))


def _overrides(
    context: Context, document: Document, overrides: list[ours.BudgetOverride], slos: Collection[str]
) -> Iterator[BudgetOverride]:
    for i, override in enumerate(overrides):
        path: Path = ("spec", "overrides", i)
        if override.slo not in slos:
            context.report(unknown_slo(document.span(*path, "slo"), override.slo, slos))
        until = _moment(context, document, (*path, "until"), override.until)
        if until is not None:
            yield BudgetOverride(slo=override.slo, by=override.by, reason=override.reason, until=until)


def _adjustments(
    context: Context, document: Document, adjustments: list[ours.BudgetAdjustment], slos: Collection[str]
) -> Iterator[BudgetAdjustment]:
    for i, adjustment in enumerate(adjustments):
        path: Path = ("spec", "adjustments", i)
        if not adjustment.slos:
            context.report(fault.adjustment_without_slos(document.span(*path, "slos")))
        for j, name in enumerate(adjustment.slos):
            if name not in slos:
                context.report(unknown_slo(document.span(*path, "slos", j), name, slos))
        start = _moment(context, document, (*path, "start"), adjustment.start)
        end = _moment(context, document, (*path, "end"), adjustment.end)
        if start is not None and end is not None:
            if start >= end:
                context.report(fault.empty_adjustment(document.span(*path, "end")))
            yield BudgetAdjustment(
                slos=tuple(adjustment.slos), start=start, end=end, reason=adjustment.reason
            )


def _moment(context: Context, document: Document, path: Path, text: str) -> int | None:
    """Epoch seconds of an RFC 3339 time or a day, which begins at midnight UTC."""
    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        context.report(fault.bad_moment(document.span(*path), str(path[-1]), text))
        return None
